package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GapCheckTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "a|b|c|, a|b|c|",
    "a|b|c, a|b|c|",
    "a|b|c|, a|[logweir 3f2a9c1e] 1 line (2 bytes) dropped here: queue_full|c|",
    "a|b|c|, [logweir 3f2a9c1e] 2 lines (4 bytes) dropped here: buffer_full|c|",
    "a|b|c, a|[logweir 3f2a9c1e] 2 lines (3 bytes) dropped here: send_failed|",
    "abcdef|g|, abc [logweir 3f2a9c1e: continued]|def|g|",
    "abcdef|g|, abc [logweir 3f2a9c1e: cut]|[logweir 3f2a9c1e] 1 line (4 bytes) dropped here: buffer_full|g|",
    "abcdef|g|, a [logweir 3f2a9c1e: continued]|[logweir 3f2a9c1e] 0 lines (4 bytes) dropped here: queue_full|f|g|",
    "'', ''",
    "[logweir 00000000] 1 line (2 bytes) dropped here: queue_full|b|,"
        + " [logweir 00000000] 1 line (2 bytes) dropped here: queue_full|b|",
    "a [logweir 00000000: cut]|b|c|,"
        + " a [logweir 00000000: cut]|[logweir 3f2a9c1e] 1 line (2 bytes) dropped here: queue_full|c|",
    "a|[logweir [logweir 00000000: continued]|, a|[logweir [logweir 00000000: continued]|",
  })
  void whatIsOwnedUpTo_isInOrder(String written, String arrived) throws Exception {
    assertThat(difference(written, arrived, false)).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "a|b|c|, a|c|, byte 1 of the line is another",
    "a|b|c|, a|b|, more was written",
    "a|b|, a|b|c|, byte 1 of the line is another",
    "ab|, a|, the line ends early",
    "a|bc|d|, a|[logweir 3f2a9c1e] 2 lines (3 bytes) dropped here: queue_full|d|, the gap has 1 lines",
    "a|b|d|, a|[logweir 3f2a9c1e] 1 line (4 bytes) dropped here: queue_full|, the gap has 2 lines",
    "a|, a|[logweir 3f2a9c1e] 1 line (4 bytes) dropped here: queue_full|, the gap is larger",
    "a|b|c|, [logweir 3f2a9c1e] 1 line (2 bytes) dropped here: queue_full|b|"
        + "[logweir 00000000] 1 line (2 bytes) dropped here: queue_full|, byte 1 of the line",
    "[logweir 00000000] 1 line (2 bytes) dropped here: queue_full|a|b|,"
        + " [logweir 00000000] 1 line (2 bytes) dropped here: queue_full|b|, byte 1 of the line",
    "abc|d|, a [logweir 3f2a9c1e: cut]|d|, a cut line is not followed",
  })
  void anyOtherDifference_isSaidWithItsPlace(String written, String arrived, String said)
      throws Exception {
    assertThat(difference(written, arrived, false)).contains(said).startsWith("line ");
  }

  @Test
  void theTokenGiven_isTheOneOfMarkers() throws Exception {
    String written = "a|b|saw [logweir 3f2a9c1e] of this log|";
    String arrived =
        "[logweir 3f2a9c1e] 2 lines (4 bytes) dropped here: queue_full"
            + "|saw [logweir 3f2a9c1e] of this log|";
    assertThat(difference(written, arrived, false)).isNotNull();
    assertThat(difference(written, arrived, false, "3f2a9c1e")).isNull();
    assertThat(difference(written, arrived, false, "00000000")).isNotNull();
  }

  @Test
  void anEarlyEnd_isInOrderOnlyIfAllowed() throws Exception {
    assertThat(difference("a|b|c|", "a|", true)).isNull();
    assertThat(difference("ab|c|", "a|", true)).isNull();
    assertThat(difference("ab|c|", "a|c|", true)).isNotNull();
    assertThat(difference("a|b|c|", "b|", true)).isNotNull();
    assertThat(difference("a|b|c|", "a|", false)).isNotNull();
  }

  private String difference(String written, String arrived, boolean mayEndEarly)
      throws IOException {
    return difference(written, arrived, mayEndEarly, null);
  }

  private String difference(String written, String arrived, boolean mayEndEarly, String token)
      throws IOException {
    return GapCheck.difference(
        file("written", written), file("arrived", arrived), mayEndEarly, token);
  }

  private Path file(String name, String text) throws IOException {
    return Files.write(folder.resolve(name), text.replace('|', '\n').getBytes(UTF_8));
  }
}
