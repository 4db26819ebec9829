package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTextTest {
  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "100", "65536", "endless", "multibyte", "random"})
  void sum_isThatOfTheTextWithItsSecretsReplaced(String line) {
    MemoryText text = MemoryText.of(line);
    String plain = new String(text.bytes(), ISO_8859_1);
    String masked = plain;
    for (String secret : text.secrets()) {
      masked = masked.replace(secret, "**********");
    }

    assertThat(text.sum(false)).isEqualTo(sum(plain));
    assertThat(text.sum(true)).isEqualTo(sum(masked));
    assertThat(masked.equals(plain)).isEqualTo(line.equals("1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "100", "65536"})
  void lines_areOfTheLengthAskedFor(String line) {
    String text = new String(MemoryText.of(line).bytes(), ISO_8859_1);

    assertThat(text.lines()).allMatch(each -> each.length() == Integer.parseInt(line));
    assertThat(text).endsWith("\n");
  }

  private static ByteSum.Value sum(String text) {
    byte[] bytes = text.replace("\n", "").getBytes(ISO_8859_1);
    ByteSum sum = new ByteSum();
    sum.add(bytes, 0, bytes.length);
    return sum.value();
  }
}
