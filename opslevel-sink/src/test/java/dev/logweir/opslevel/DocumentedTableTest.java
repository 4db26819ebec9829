package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.SendException;
import dev.logweir.sender.Repeat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The table of {@code docs/opslevel.md} says what the code does. */
class DocumentedTableTest {
  private static final Path DOCUMENT = Path.of("..", "docs", "opslevel.md");
  private static final String HEAD =
      "| what happens | outcome | tried again | at the end | counts for the circuit as |";

  @ParameterizedTest
  @EnumSource
  void row_isThatOfTheCode(ApiResult result) throws IOException {
    List<String[]> rows =
        rows().stream().filter(row -> row[2].equals("`" + result.tag() + "`")).toList();
    assertThat(rows).isNotEmpty();
    for (String[] row : rows) {
      assertThat(row[3].startsWith("yes")).isEqualTo(result.repeat() != Repeat.NEVER);
      assertThat(row[3].contains("as long as it takes")).isEqualTo(isAway(result));
      assertThat(row[4]).contains(end(result));
      assertThat(row[5])
          .isEqualTo(
              switch (result.server()) {
                case UP -> "up";
                case DOWN -> "down";
                case UNKNOWN -> "nothing";
              });
    }
  }

  private static boolean isAway(ApiResult result) {
    return result.repeat() == Repeat.WHILE_AWAY || result.repeat() == Repeat.WHILE_AWAY_TIMED;
  }

  private static String end(ApiResult result) {
    if (result == ApiResult.OK) {
      return "shipped";
    }
    if (result == ApiResult.INTERRUPTED) {
      return "flush_timeout";
    }
    return result.kind() == SendException.Kind.JOB_GONE
        ? "the job is gone"
        : "`send_" + result.kind().name().toLowerCase(java.util.Locale.ROOT) + "`";
  }

  @Test
  void table_hasNoOtherRows() throws IOException {
    assertThat(rows()).hasSizeGreaterThanOrEqualTo(ApiResult.values().length);
    assertThat(rows().stream().map(row -> row[2].replace("`", "")))
        .allMatch(
            outcome ->
                java.util.Arrays.stream(ApiResult.values())
                    .anyMatch(result -> result.tag().equals(outcome)));
  }

  /** Returns the cells of each row, from index 1. */
  private static List<String[]> rows() throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .dropWhile(line -> !line.equals(HEAD))
        .skip(2)
        .takeWhile(line -> line.startsWith("|"))
        .map(line -> line.split(" *\\| *", -1))
        .toList();
  }
}
