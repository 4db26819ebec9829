package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncodedRunsTest {
  private static final String QUIET = "[INFO] compiled in 12 ms to target/classes\n";

  @Test
  void quietLines_arePassedOver_butThoseThatAFormMayGoOnBehind() {
    byte[] text = QUIET.repeat(80).getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(text.length - QUIET.length());
  }

  @Test
  void shortLines_areLeftAsManyAsAFormMayBeginIn() {
    byte[] text = (QUIET + "ab\n\ncd\nefgh\nijkl\n").getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(QUIET.length());
  }

  @Test
  void lineWithEscapesOfOtherThings_isPassedOver() {
    String line = "100% of \"a\\nb\" `at` C:\\new\\x41 &amp; a+b ^^ %2F ''\r\n";
    byte[] text = (line + QUIET).getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(line.length());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "correct%20horse",
        "correct+horse",
        "%63orrect horse",
        "c%6frrect horse",
        "cor\\u0072ect horse",
        "correct hors\\x65",
        "corr^ect horse",
        "corr`ect horse",
        "&#99;orrect horse",
        "co&#x72;rect horse"
      })
  void lineWithTheValueInEscapes_isNotPassedOver(String form) {
    byte[] text = (QUIET + QUIET + "a " + form + " b\n" + QUIET).getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(QUIET.length());
  }

  @Test
  void formOverEscapedLineEnds_isNotPassedOver() {
    String form = "Y29ycmVj\\n  dCBob3\\r\\nJzZQ==";
    byte[] text = (QUIET + QUIET + form + "\n" + QUIET).getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(2 * QUIET.length());
  }

  @Test
  void valueOverSeveralLines_asItIs_needsNoLineOneByOne() {
    SecretMasker masker = SecretMasker.of("-----BEGIN KEY-----\nabcdef\n-----END KEY-----");
    byte[] text = QUIET.repeat(80).getBytes(UTF_8);
    assertThat(new MaskerStream(masker::values).plainUntil(text, 0, text.length))
        .isEqualTo(text.length);
  }

  @Test
  void formThatBeginsWithTheByteOfABlank_isNotPassedOver() {
    byte[] wide = "\u0120bcdefgh".getBytes(UTF_16LE);
    byte[] text = Arrays.copyOf(QUIET.getBytes(UTF_8), QUIET.length() + wide.length + 1);
    System.arraycopy(wide, 0, text, QUIET.length(), wide.length);
    text[text.length - 1] = '\n';
    text = Arrays.copyOf(text, text.length + QUIET.length());
    System.arraycopy(QUIET.getBytes(UTF_8), 0, text, text.length - QUIET.length(), QUIET.length());
    assertThat(plainUntil("\u0120bcdefgh", text)).isLessThanOrEqualTo(QUIET.length());
  }

  private static int plainUntil(String value, byte[] text) {
    SecretMasker masker = SecretMasker.builder().add(value).encoded(true).build();
    return new MaskerStream(masker::values).plainUntil(text, 0, text.length);
  }
}
