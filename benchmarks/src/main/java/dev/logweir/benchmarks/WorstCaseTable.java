package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Runs the rows of {@link WorstCaseMemoryBenchmark} one after the other in this process, whose JVM
 * options must be those of the benchmark: {@code WorstCaseTable all|few FOLDER}.
 *
 * <p>The heap is counted from a base of its own in each row, so a process for each would change
 * nothing but the time. Writes JMH's own result, one with a line for each row, and a table. Exit
 * code 1 if a row is over the formula or has no figures; each such row is named.
 */
final class WorstCaseTable {
  static final String JSON = "memory-worst-case.json";
  static final String JMH_JSON = "memory-worst-case-jmh.json";
  static final String MARKDOWN = "memory-worst-case.md";

  private static final String HEAD =
      """
      | maxSize | line | sender | processors | sinks | retained, B | formula, B | measured / formula \
      | after the jobs | left, B | allocated, B a line |
      |---|---|---|---|---|---|---|---|---|---|---|
      """;

  private final List<RunResult> results = new ArrayList<>();
  private final List<String> lines = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private double largest;
  private int rows;

  private WorstCaseTable() {}

  /** Runs and exits. */
  public static void main(String[] args) throws Exception {
    List<WorstCaseRow> rows = args[0].equals("all") ? WorstCaseRow.all() : WorstCaseRow.few();
    WorstCaseTable table = new WorstCaseTable();
    for (int i = 0; i < rows.size(); i++) {
      table.run(rows.get(i), i + 1 + "/" + rows.size());
    }
    table.write(Path.of(args[1]));
    System.exit(table.failed.isEmpty() ? 0 : 1);
  }

  private void run(WorstCaseRow row, String number) {
    rows++;
    try {
      RunResult result = new Runner(options(row)).run().iterator().next();
      results.add(result);
      double ratio = value(result, "measuredPerFormula");
      double afterJobs = value(result, "afterJobsPerFormula");
      double left = value(result, "leftBytes");
      largest = Math.max(largest, Math.max(ratio, afterJobs));
      boolean within = ratio <= 1 && afterJobs <= 1 && left <= WorstCase.LEFT_BYTES;
      lines.add(line(row, result));
      say(
          "%s %s: %.3f of the formula, %.3f after the jobs, %,.0f B left (%.1f s)%s",
          number,
          row,
          ratio,
          afterJobs,
          left,
          result.getPrimaryResult().getScore() / 1e3,
          within ? "" : ": OVER");
      if (!within) {
        failed.add(row.toString());
      }
    } catch (RunnerException e) {
      failed.add(row + ": " + rootOf(e).getMessage());
      say("%s %s: FAILED", number, row);
    }
  }

  private static Options options(WorstCaseRow row) {
    return new OptionsBuilder()
        .include(WorstCaseMemoryBenchmark.class.getName())
        .forks(0)
        .shouldFailOnError(true)
        .verbosity(VerboseMode.SILENT)
        .param("maxSize", Integer.toString(row.maxSize()))
        .param("line", row.line())
        .param("sender", row.sender().name())
        .param("processors", Boolean.toString(row.processors()))
        .param("sinks", Integer.toString(row.sinks()))
        .build();
  }

  private static double value(RunResult result, String name) {
    return Objects.requireNonNull(result.getSecondaryResults().get(name), name).getScore();
  }

  private static String line(WorstCaseRow row, RunResult result) {
    double perLine = value(result, "allocatedBytesPerLine");
    return String.format(
        Locale.ROOT,
        "| %d KiB | %s | %s | %s | %d | %,.0f | %,.0f | %.3f | %.3f | %,.0f | %s |",
        row.maxSize() >> 10,
        row.line(),
        row.sender().name().toLowerCase(Locale.ROOT),
        row.processors() ? "with" : "without",
        row.sinks(),
        value(result, "retainedBytes"),
        value(result, "formulaBytes"),
        value(result, "measuredPerFormula"),
        value(result, "afterJobsPerFormula"),
        value(result, "leftBytes"),
        Double.isNaN(perLine) ? "" : String.format(Locale.ROOT, "%,.1f", perLine));
  }

  private void write(Path folder) throws IOException {
    try (PrintStream out =
        new PrintStream(Files.newOutputStream(folder.resolve(JMH_JSON)), true, UTF_8)) {
      ResultFormatFactory.getInstance(ResultFormatType.JSON, out).writeOut(results);
    }
    try (JsonGenerator json =
        new JsonFactory().createGenerator(folder.resolve(JSON).toFile(), JsonEncoding.UTF8)) {
      json.writeStartObject();
      Machine.write(json);
      json.writeArrayFieldStart("rows");
      for (RunResult result : results) {
        json.writeRaw('\n');
        write(json, result);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    StringBuilder text = new StringBuilder();
    String sum =
        String.format(
            Locale.ROOT,
            "%d rows, the largest measured / formula %.3f, %d over the formula or without figures.",
            rows,
            largest,
            failed.size());
    text.append(sum).append("\n\n");
    failed.forEach(row -> text.append("- FAILED: ").append(row).append('\n'));
    text.append(failed.isEmpty() ? "" : "\n").append(HEAD);
    lines.forEach(line -> text.append(line).append('\n'));
    Files.writeString(folder.resolve(MARKDOWN), text);
    say("%s", sum);
    failed.forEach(row -> say("FAILED: %s", row));
  }

  private static void write(JsonGenerator json, RunResult result) throws IOException {
    json.writeStartObject();
    for (String name : result.getParams().getParamsKeys()) {
      json.writeStringField(name, result.getParams().getParam(name));
    }
    for (String name : result.getSecondaryResults().keySet()) {
      json.writeNumberField(name, value(result, name));
    }
    json.writeEndObject();
  }

  private static Throwable rootOf(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
  }
}
