package dev.logweir.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.results.RunResult;

/** Makes tables, and JSON, of what {@link SpeedRun} measured. */
final class SpeedReport {
  private static final String FLOOR = "floorCount";
  private static final double NANOS_PER_MICRO = 1e3;

  private final List<SpeedRow> rows;
  private final List<OtherRow> others;
  private final List<ForkedRun> runs;
  private final String command;
  private final StringBuilder text = new StringBuilder();

  SpeedReport(Collection<RunResult> results, List<ForkedRun> runs, boolean quick) {
    rows = results.stream().filter(SpeedRow::isOne).map(SpeedRow::of).toList();
    others = results.stream().filter(r -> !SpeedRow.isOne(r)).map(OtherRow::of).toList();
    this.runs = runs;
    command = "benchmarks/run speed" + (quick ? " --quick" : "");
  }

  /** Returns a figure with two or three digits that count. */
  static String number(double figure) {
    if (Double.isNaN(figure)) {
      return "–";
    }
    double size = Math.abs(figure);
    String format = size >= 100 ? "%,.0f" : size >= 10 ? "%.1f" : size >= 0.1 ? "%.2f" : "%.3f";
    return String.format(Locale.ROOT, format, figure);
  }

  String markdown() {
    text.setLength(0);
    line("# Speed");
    line("");
    line(Machine.describe());
    line(
        "Command: `" + command + "`. Errors are JMH's, at 99.9 %. The floor of a table is that of");
    line("the same lines in chunks of 4 KiB.");
    aims();
    costs();
    others();
    latencies();
    overloads();
    closes();
    return text.toString();
  }

  private void aims() {
    section("Aims, for lines of 100 B in chunks of 4 KiB");
    line("| aim | figure | |");
    line("|---|---|---|");
    SpeedAims.of(rows, others, runs).forEach(this::line);
  }

  private void costs() {
    Map<String, List<SpeedRow>> tables =
        rows.stream()
            .filter(SpeedRow::isPeer)
            .collect(
                Collectors.groupingBy(
                    row -> row.line() + " " + row.chunk(),
                    LinkedHashMap::new,
                    Collectors.toList()));
    tables.values().forEach(this::costs);
  }

  private void costs(List<SpeedRow> peers) {
    String line = peers.get(0).line();
    String lines = line.equals("build") ? "Build output" : "Lines of " + line + " B";
    String chunk = peers.get(0).chunk();
    section(lines + " in chunks of " + (chunk.equals("line") ? "a line" : "4 KiB"));
    line(
        "| | writer, ns a line | × floor | CPU of all threads, ns a line | × floor"
            + " | allocated, B a line | million lines a second |");
    line("|---|---|---|---|---|---|---|");
    List<SpeedRow> others =
        rows.stream().filter(row -> !row.isPeer() && row.line().equals(line)).toList();
    SpeedRow floor =
        others.stream().filter(row -> row.name().equals(FLOOR)).findFirst().orElse(null);
    others.forEach(row -> cost(row, floor));
    peers.forEach(row -> cost(row, floor));
  }

  private void cost(SpeedRow row, @Nullable SpeedRow floor) {
    line(
        String.format(
            Locale.ROOT,
            "| %s | %s ± %s | %s | %s ± %s | %s | %s | %s |",
            row.title(),
            number(row.time()),
            number(row.timeError()),
            floor == null ? "–" : number(row.time() / floor.time()),
            number(row.cpu()),
            number(row.cpuError()),
            floor == null ? "–" : number(row.cpu() / floor.cpu()),
            number(row.allocated()),
            number(NANOS_PER_MICRO / row.time())));
  }

  private void others() {
    section("Other benchmarks");
    line("| | | an operation | unit | CPU of all threads, ns | allocated, B |");
    line("|---|---|---|---|---|---|");
    for (OtherRow row : others) {
      String time = number(row.score()) + " ± " + number(row.error());
      String profiled = number(row.cpu()) + " | " + number(row.allocated());
      String names = row.name() + " | " + row.parameters();
      line("| " + names + " | " + time + " | " + row.unit() + " | " + profiled + " |");
    }
  }

  private void latencies() {
    section("From write to send");
    line("Lines of 100 B, each set up for the least time: one each millisecond; 100 at once.");
    line("");
    figures(
        "latency",
        "calm p50 ms",
        "calm p99 ms",
        "calm p99.9 ms",
        "burst p50 ms",
        "burst p99 ms",
        "burst p99.9 ms",
        "lines lost");
  }

  private void overloads() {
    section("Overload");
    line("Lines of 100 B, as fast as they are taken, to a sender of 20 MB/s; each by default.");
    line("");
    figures(
        "overload",
        "offered MB/s",
        "arrived MB",
        "arrived % of offered",
        "arrived % of what the sender could take",
        "held MB");
  }

  private void closes() {
    section("Close with a sender that hangs");
    line("Each by default; a thread counts as left when it still runs a second later.");
    line("");
    line("| | close, s | threads left |");
    line("|---|---|---|");
    for (ForkedRun run : runs) {
      if (run.kind().equals("close") && !run.figures().isEmpty()) {
        Map<String, Double> figures = run.figures();
        String more = figures.getOrDefault("close returned", 0.0) == 1 ? "" : "> ";
        line(
            String.format(
                Locale.ROOT,
                "| %s | %s%s | %.0f |",
                run.peer().title,
                more,
                number(figures.getOrDefault("close s", Double.NaN)),
                figures.getOrDefault("threads left", Double.NaN)));
      }
    }
  }

  private void figures(String kind, String... names) {
    line("| | " + String.join(" | ", names) + " |");
    line("|---".repeat(names.length + 1) + "|");
    for (ForkedRun run : runs) {
      if (run.kind().equals(kind)) {
        StringJoiner cells = new StringJoiner(" | ", "| ", " |").add(run.peer().title);
        for (String name : names) {
          cells.add(number(run.figures().getOrDefault(name, Double.NaN)));
        }
        line(cells.toString());
      }
    }
  }

  private void section(String title) {
    line("");
    line("## " + title);
    line("");
  }

  private void line(String line) {
    text.append(line).append('\n');
  }

  /** Returns the figures of latency, overload and close. */
  String json() throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      Machine.write(json);
      json.writeStringField("command", command);
      json.writeArrayFieldStart("runs");
      for (ForkedRun run : runs) {
        json.writeStartObject();
        json.writeStringField("run", run.kind());
        json.writeStringField("peer", run.peer().name());
        for (Map.Entry<String, Double> figure : run.figures().entrySet()) {
          json.writeNumberField(figure.getKey(), figure.getValue());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return text.append('\n').toString();
  }
}
