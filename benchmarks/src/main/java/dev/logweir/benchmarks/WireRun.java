package dev.logweir.benchmarks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Question: what does a MB of log cost on its way through a socket, beside a hand-written loop that
 * sends the same bytes and promises nothing?
 *
 * <p>Each figure is from a JVM of its own, the rows one after the other, the rounds around them;
 * what is told is the median. The server is a process of its own too, and reads and accepts all.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.WireRun
 * [--quick] OUTDIR}
 */
public final class WireRun {
  private static final List<Row> ROWS =
      List.of(
          new Row(WireLoad.of("OPSLEVEL", 1, "100"), "one job, lines of 100 B"),
          new Row(WireLoad.of("OPSLEVEL_PLAIN", 1, "100"), "the same without processors"),
          new Row(WireLoad.of("HTTP_LOOP", 1, "100"), "the bare HTTP loop"),
          new Row(WireLoad.of("OPSLEVEL", 1, "1024"), "one job, lines of 1 KiB"),
          new Row(WireLoad.of("HTTP_LOOP", 1, "1024"), "the bare HTTP loop"),
          new Row(WireLoad.of("OPSLEVEL", 1, "build"), "one job, build output"),
          new Row(WireLoad.of("HTTP_LOOP", 1, "build"), "the bare HTTP loop"),
          new Row(WireLoad.of("OPSLEVEL", 50, "100"), "50 jobs"),
          new Row(WireLoad.of("HTTP_LOOP", 50, "100"), "the bare HTTP loop"),
          new Row(WireLoad.paced("OPSLEVEL", 5_000), "10 jobs of 0.2 MB/s"),
          new Row(WireLoad.paced("HTTP_LOOP", 5_000), "the bare HTTP loop"),
          new Row(WireLoad.paced("OPSLEVEL", 1_000), "the same with an interval of 1 s"),
          new Row(WireLoad.paced("HTTP_LOOP", 1_000), "the bare HTTP loop"),
          new Row(WireLoad.of("FAKTORY", 100, "100"), "100 jobs into Faktory"),
          new Row(WireLoad.of("FAKTORY_LOOP", 4, "100"), "a plain producer, 4 connections"));

  private static final int FIRST_LINES = 1_000;

  private final boolean quick;
  private final Path out;
  private final Map<Row, Map<String, List<Double>>> figures = new LinkedHashMap<>();
  private boolean failed;

  private WireRun(boolean quick, Path out) {
    this.quick = quick;
    this.out = out;
  }

  /** A line of the table. */
  private record Row(WireLoad load, String title) {}

  /**
   * Runs.
   *
   * @param args {@code --quick} for a run of less than 3 minutes, and the folder to write to
   */
  public static void main(String[] args) throws Exception {
    List<String> rest = new ArrayList<>(List.of(args));
    boolean quick = rest.remove("--quick");
    if (rest.size() != 1) {
      System.err.println("usage: WireRun [--quick] OUTDIR");
      System.exit(2);
    }
    WireRun run = new WireRun(quick, Files.createDirectories(Path.of(rest.get(0))));
    run.loads();
    Map<String, List<Double>> senders = run.repeated(OpsLevelThroughput.class, quick ? 2 : 10);
    Map<String, List<Double>> first =
        run.repeated(FirstLines.class, quick ? 1 : 3, String.valueOf(FIRST_LINES));
    String table = run.table() + run.more(senders, first);
    System.out.println(table);
    Files.writeString(run.out.resolve("wire.md"), table);
    Files.writeString(run.out.resolve("wire.json"), run.json(senders, first));
    System.exit(run.failed ? 1 : 0);
  }

  private void loads() throws IOException, InterruptedException {
    for (int round = 0; round < (quick ? 1 : 3); round++) {
      for (Row row : ROWS) {
        System.out.println("wire: " + row.load.peer() + ", " + row.title);
        try (BareServer server = BareServer.start(row.load.protocol())) {
          Map<String, List<Double>> of = figures.computeIfAbsent(row, r -> new TreeMap<>());
          child(WireLoad.class, row.load.arguments(server.port(), quick), of);
          of.computeIfAbsent("server", name -> new ArrayList<>()).add((double) server.cpuMillis());
        }
      }
    }
  }

  private Map<String, List<Double>> repeated(Class<?> main, int times, String... arguments)
      throws IOException, InterruptedException {
    Map<String, List<Double>> of = new TreeMap<>();
    for (int i = 0; i < times; i++) {
      System.out.println("wire: " + main.getSimpleName());
      child(main, List.of(arguments), of);
    }
    return of;
  }

  /** Runs a class in a JVM of its own, and adds the figures that it prints. */
  private void child(Class<?> main, List<String> arguments, Map<String, List<Double>> to)
      throws IOException, InterruptedException {
    List<String> said = new ArrayList<>();
    int code = ChildJvm.run(List.of("-Xmx1g"), main, arguments, said::add);
    if (code != 0) {
      System.out.println("wire: failed with " + code + ": " + said);
      failed = true;
      return;
    }
    for (String line : said) {
      if (line.startsWith(Outcome.PREFIX)) {
        int blank = line.lastIndexOf(' ');
        to.computeIfAbsent(line.substring(Outcome.PREFIX.length(), blank), n -> new ArrayList<>())
            .add(Double.valueOf(line.substring(blank + 1)));
      }
    }
  }

  private String table() {
    StringBuilder text = new StringBuilder(Machine.describe());
    text.append("\n| | CPU ms a MB, warm | × the loop | from the process's start | MB/s |\n")
        .append("|---|---|---|---|---|\n");
    for (Map.Entry<Row, Map<String, List<Double>>> entry : figures.entrySet()) {
      WireLoad load = entry.getKey().load;
      double warm = median(entry.getValue(), "warm");
      text.append(
          String.format(
              Locale.ROOT,
              "| %s: %s | %.2f | %.2f | %.2f | %.1f |%n",
              load.peer(),
              entry.getKey().title,
              warm,
              warm / loop(load),
              median(entry.getValue(), "total"),
              median(entry.getValue(), "rate")));
    }
    return text.toString();
  }

  /** Returns what a MB costs the loop that does the same work. */
  private double loop(WireLoad load) {
    for (Map.Entry<Row, Map<String, List<Double>>> entry : figures.entrySet()) {
      WireLoad other = entry.getKey().load;
      if (other.isLoop() && other.isAs(load)) {
        return median(entry.getValue(), "warm");
      }
    }
    return Double.NaN;
  }

  private String more(Map<String, List<Double>> senders, Map<String, List<Double>> first) {
    double faktory = Double.NaN;
    double producer = Double.NaN;
    for (Map.Entry<Row, Map<String, List<Double>>> entry : figures.entrySet()) {
      if (entry.getKey().load.protocol() == BareServer.Protocol.FAKTORY) {
        if (entry.getKey().load.isLoop()) {
          producer = median(entry.getValue(), "pushes");
        } else {
          faktory = median(entry.getValue(), "pushes");
        }
      }
    }
    double[] cpu = sorted(senders, "warm");
    return String.format(
        Locale.ROOT,
        "%n- 100 senders at once, %d fresh processes: %.2f to %.2f ms a MB, the largest %.2f × the"
            + " smallest.%n- %,d first lines at once: %.0f threads more at most, the last line"
            + " delivered after %.0f ms.%n- Faktory: %.0f pushes a second, %.2f of the plain"
            + " producer's.%n",
        cpu.length,
        cpu[0],
        cpu[cpu.length - 1],
        cpu[cpu.length - 1] / cpu[0],
        FIRST_LINES,
        median(first, "threads"),
        median(first, "last"),
        faktory,
        faktory / producer);
  }

  private static double median(Map<String, List<Double>> figures, String name) {
    double[] values = sorted(figures, name);
    return values[values.length / 2];
  }

  private static double[] sorted(Map<String, List<Double>> figures, String name) {
    double[] values =
        figures.getOrDefault(name, List.of(Double.NaN)).stream()
            .mapToDouble(Double::doubleValue)
            .toArray();
    Arrays.sort(values);
    return values;
  }

  private String json(Map<String, List<Double>> senders, Map<String, List<Double>> first)
      throws IOException {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = new JsonFactory().createGenerator(text)) {
      json.useDefaultPrettyPrinter();
      json.writeStartObject();
      Machine.write(json);
      json.writeArrayFieldStart("loads");
      for (Map.Entry<Row, Map<String, List<Double>>> entry : figures.entrySet()) {
        WireLoad load = entry.getKey().load;
        json.writeStartObject();
        json.writeStringField("peer", load.peer());
        json.writeStringField("title", entry.getKey().title);
        json.writeNumberField("jobs", load.jobs());
        json.writeStringField("line", load.line());
        json.writeNumberField("bytesPerSecond", load.bytesPerSecond());
        json.writeNumberField("intervalMillis", load.intervalMillis());
        write(json, entry.getValue());
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeObjectFieldStart("hundredSenders");
      write(json, senders);
      json.writeEndObject();
      json.writeObjectFieldStart("firstLines");
      write(json, first);
      json.writeEndObject();
      json.writeEndObject();
    }
    return text.toString();
  }

  private static void write(JsonGenerator json, Map<String, List<Double>> figures) {
    figures.forEach(
        (name, values) -> {
          try {
            json.writeArrayFieldStart(name);
            for (double value : values) {
              json.writeNumber(value);
            }
            json.writeEndArray();
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }
}
