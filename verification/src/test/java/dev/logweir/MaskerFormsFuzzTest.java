package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.net.URLEncoder;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;

/**
 * No encoded form of a value goes out, wherever in a line it stands. There is no simple model of
 * all that a masker of forms may mask beside them; this says what it must.
 */
class MaskerFormsFuzzTest {
  private static final String LETTERS =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/+&?\"\\'<>%=:;-_.~!"
          + " \u00e9\u20ac";

  private static final int MIN_LETTERS = 8;
  private static final int MAX_LETTERS = 32;
  private static final int FORMS = 7;

  @FuzzTest(maxDuration = "10m")
  void noForm_goesOut(FuzzedDataProvider data) {
    StringBuilder letters = new StringBuilder();
    int count = data.consumeInt(MIN_LETTERS, MAX_LETTERS);
    for (int i = 0; i < count; i++) {
      letters.append(LETTERS.charAt((data.consumeByte() & 0x7f) % LETTERS.length()));
    }
    // What stands around a value may be trimmed.
    String value = "v" + letters + "w";
    String form = form(value, data.consumeInt(0, FORMS - 1));
    String before = data.consumeAsciiString(20).replace('\n', ' ');
    String after = data.consumeAsciiString(20).replace('\n', ' ');
    String text = before + form + after;
    SecretMasker masker = SecretMasker.builder().encoded(true).add(value).build();

    assertThat(masker.mask(text)).doesNotContain(form);
    // What may go on with the next line is masked in a stream alone: a whole line beside its parts.
    byte[] bytes = text.getBytes(UTF_8);
    int broken = data.consumeInt(0, bytes.length);
    MaskedStream stream = new MaskedStream(masker);
    stream.part(Arrays.copyOf(bytes, broken), true, false, false);
    stream.part(Arrays.copyOfRange(bytes, broken, bytes.length), false, true, false);
    MaskedStream whole = new MaskedStream(masker);
    whole.part(bytes, true, true, false);
    String masked = whole.takeLine();
    assertThat(stream.takeLine()).isEqualTo(masked);
    assertThat(masked).doesNotContain(new String(form.getBytes(UTF_8), ISO_8859_1));
  }

  private static String form(String value, int kind) {
    byte[] bytes = value.getBytes(UTF_8);
    return switch (kind) {
      case 0 -> value;
      case 1 -> Base64.getEncoder().encodeToString(bytes);
      case 2 -> Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
      case 3 -> HexFormat.of().formatHex(bytes);
      case 4 -> HexFormat.of().withUpperCase().formatHex(bytes);
      case 5 -> URLEncoder.encode(value, UTF_8);
      default -> value.replace("\\", "\\\\").replace("\"", "\\\"");
    };
  }
}
