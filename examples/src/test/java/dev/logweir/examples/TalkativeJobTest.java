package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class TalkativeJobTest {
  @Test
  void sameNumber_givesTheSameBytes() throws Exception {
    assertThat(output(3, 100_000)).isEqualTo(output(3, 100_000));
    assertThat(output(3, 100_000)).isNotEqualTo(output(4, 100_000));
  }

  @Test
  void output_isOfManyKinds() throws Exception {
    String text = output(1, 1_000_000);

    assertThat(text.length()).isBetween(900_000, 1_100_000);
    assertThat(text)
        .contains("\r", "\u001B[", "\n\n", "{\"step\":", "größer", "警告", "🚀", "Bearer hunter2")
        .contains("\tat org.example.")
        .contains("\n::set-outcome-var bytes=");
    assertThat(text.lines().mapToInt(String::length).max().orElse(0)).isGreaterThan(8_000);
    assertThat(text.substring(0, text.indexOf("STDERR"))).endsWith("[INFO] BUILD SUCCESS");
  }

  private static String output(long number, long bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    TalkativeJob.talk(number, bytes, "hunter2", out, err);
    return out.toString(UTF_8) + "STDERR" + err.toString(UTF_8);
  }
}
