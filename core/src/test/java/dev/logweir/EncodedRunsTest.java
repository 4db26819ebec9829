package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

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
  void lineWithAnEscape_isNotPassedOver() {
    byte[] text = (QUIET + QUIET + "100%\n" + QUIET).getBytes(UTF_8);
    assertThat(plainUntil("correct horse", text)).isEqualTo(QUIET.length());
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
