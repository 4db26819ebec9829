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
    "a|b|c|, a|[logweir] 1 line (2 bytes) dropped here: queue_full|c|",
    "a|b|c|, [logweir] 2 lines (4 bytes) dropped here: buffer_full|c|",
    "a|b|c, a|[logweir] 2 lines (3 bytes) dropped here: send_failed|",
    "abcdef|g|, abc [logweir: continued]|def|g|",
    "abcdef|g|, abc [logweir: cut]|[logweir] 1 line (4 bytes) dropped here: buffer_full|g|",
    "abcdef|g|, a [logweir: continued]|[logweir] 0 lines (4 bytes) dropped here: queue_full|f|g|",
    "'', ''",
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
    "a|bc|d|, a|[logweir] 2 lines (3 bytes) dropped here: queue_full|d|, the gap has 1 lines",
    "a|b|d|, a|[logweir] 1 line (4 bytes) dropped here: queue_full|, the gap has 2 lines",
    "a|, a|[logweir] 1 line (4 bytes) dropped here: queue_full|, the gap is larger",
    "abc|d|, a [logweir: cut]|d|, a cut line is not followed",
  })
  void anyOtherDifference_isSaidWithItsPlace(String written, String arrived, String said)
      throws Exception {
    assertThat(difference(written, arrived, false)).contains(said).startsWith("line ");
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
    return GapCheck.difference(file("written", written), file("arrived", arrived), mayEndEarly);
  }

  private Path file(String name, String text) throws IOException {
    return Files.write(folder.resolve(name), text.replace('|', '\n').getBytes(UTF_8));
  }
}
