package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * The table of pods' limits in docs/operations.md is what the calculator says on two processors.
 */
class FleetTableTest {
  private static final int[] JOBS = {10, 20, 50, 100, 200, 500};
  private static final List<String> SIZES = List.of("64K", "256K", "1M");
  private static final String HEAD = "| jobs at once | `maxSize` 64 KiB | 256 KiB | 1 MiB |";

  @Test
  void table_isWhatTheCalculatorSays() throws Exception {
    // From then on sends need no threads of their own.
    assumeThat(Runtime.version().feature()).isLessThan(24);
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:ActiveProcessorCount=2",
                "-cp",
                System.getProperty("java.class.path"),
                FleetTableTest.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<String> rows =
        new String(child.getInputStream().readAllBytes(), US_ASCII).lines().toList();
    assertThat(child.waitFor()).isZero();

    List<String> page = Files.readAllLines(Path.of("..", "docs", "operations.md"));
    int head = page.indexOf(HEAD);
    assertThat(head).isPositive();
    assertThat(page.subList(head + 2, head + 2 + JOBS.length)).isEqualTo(rows);
  }

  /** Prints the rows. */
  public static void main(String[] args) {
    for (int jobs : JOBS) {
      List<String> row = new ArrayList<>(List.of(Integer.toString(jobs)));
      for (String size : SIZES) {
        row.add(String.format(Locale.ROOT, "%,d Mi", limit(jobs, size) >> 20));
      }
      System.out.println("| " + String.join(" | ", row) + " |");
    }
  }

  private static long limit(int jobs, String size) {
    StringWriter out = new StringWriter();
    CommandLine command = Size.commandLine().setOut(new PrintWriter(out, true));
    command.execute(
        "--jobs", Integer.toString(jobs), "--max-size", size, "--sink", "opslevel", "--only-limit");
    return Long.parseLong(out.toString().strip());
  }
}
