package dev.logweir.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was aimed at, beside what was measured, for lines of 100 B in chunks of 4 KiB unless it says
 * otherwise; shown, never asserted. An aim whose figures are missing is left out.
 */
final class SpeedAims {
  private static final String LOGWEIR = Peer.LOGWEIR.name();
  private static final String FLOOR = "floorCount";
  private static final String LINES = "line=100";
  private static final String HUNDRED = "100";
  private static final String TEN = "10";
  private static final double BYTES_THAT_ARE_NONE = 0.5;
  private static final double BYTES_WITH_PROCESSORS = 0.1;
  private static final double HITS = 1.3;
  private static final double MILLIS_AT_99 = 2;
  private static final double WRITE = 1.3;
  private static final double JOB_MICROS = 20;
  private static final double JOBS_FLAT = 1.5;
  private static final int FASTER_THAN_REPLACE = 10;
  private static final int SCANS_OF_A_MASKER = 5;

  private final List<SpeedRow> rows;
  private final List<OtherRow> others;
  private final List<ForkedRun> runs;
  private final List<String> table = new ArrayList<>();

  private SpeedAims(List<SpeedRow> rows, List<OtherRow> others, List<ForkedRun> runs) {
    this.rows = rows;
    this.others = others;
    this.runs = runs;
  }

  /** Returns the rows of a Markdown table: aim, figure, whether it was met. */
  static List<String> of(List<SpeedRow> rows, List<OtherRow> others, List<ForkedRun> runs) {
    SpeedAims aims = new SpeedAims(rows, others, runs);
    aims.write();
    aims.cost();
    aims.processors();
    aims.latency();
    aims.series();
    return aims.table;
  }

  private void write() {
    String benchmark = WriteBenchmark.class.getSimpleName();
    double scan = score(benchmark + ".copyAndCount", LINES);
    double toBuffer = score(benchmark + ".toBuffer", LINES) / scan;
    double toBatch = score(benchmark + ".toBatch", LINES) / scan;
    add("a write of 4 KiB to a buffer at most 1.3 × copy and scan", toBuffer, "×", WRITE, false);
    add("one past the buffer at most 1.3 × copy and scan", toBatch, "×", WRITE, false);
    double silent = score(LifeCycleBenchmark.class.getSimpleName() + ".silent", "");
    add("a job without output under 20 µs", silent, " µs", JOB_MICROS, false);
  }

  private void cost() {
    SpeedRow own = row(LOGWEIR);
    SpeedRow floor = row(FLOOR);
    if (own == null || floor == null) {
      return;
    }
    add("writer's time at most 3 × the floor", own.time() / floor.time(), "×", 3, false);
    add("CPU of all threads at most 3 × the floor", own.cpu() / floor.cpu(), "×", 3, false);
    add("0 B a line in steady state", own.allocated(), " B", BYTES_THAT_ARE_NONE, false);
    cheaperThan(10, own, Peer.OPENTELEMETRY, Peer.LOGBACK, Peer.LOKI4J);
    cheaperThan(5, own, Peer.ZIPKIN_16K, Peer.PLAIN_PORT_1MS);
    cheaperThan(2, own, Peer.PIPE);
    SpeedRow loop = row("stringLoop");
    if (loop != null) {
      add("less CPU than the bare `String` loop", loop.cpu() / own.cpu(), "×", 1, true);
    }
  }

  /** The path that users take: all mask, and most have a prefix and variables. */
  private void processors() {
    double masked = cpu(Peer.LOGWEIR_MASKED, HUNDRED);
    times("50 secrets, none found: at most 6 × the floor", masked, cpuOf(FLOOR, HUNDRED), 6);
    times("at most 2 × the path without processors", masked, cpu(Peer.LOGWEIR, HUNDRED), 2);
    double small = cpu(Peer.LOGWEIR_MASKED, TEN);
    times("the same, lines of 10 B: at most 15 × the floor", small, cpuOf(FLOOR, TEN), 15);
    times("at most 2 × the path without processors, 10 B", small, cpu(Peer.LOGWEIR, TEN), 2);
    double hits = cpu(Peer.LOGWEIR_MASKED, HUNDRED + "/1");
    times("a secret in 1 % of the lines: at most 1.3 × none", hits, masked, HITS);
    double all = cpu(Peer.LOGWEIR_ALL, HUNDRED);
    times("variables, secrets and prefix: at most 12 × the floor", all, cpuOf(FLOOR, HUNDRED), 12);
    double own = cpu(Peer.LOGWEIR_OWN, HUNDRED);
    times("a user's own processor: at most 8 × the floor", own, cpuOf(FLOOR, HUNDRED), 8);
    for (Peer peer : List.of(Peer.OPENTELEMETRY_MASKED, Peer.LOGBACK_MASKED)) {
      String aim = "50 secrets: CPU at least 10 × less than " + peer.title;
      add(aim, cpu(peer, HUNDRED) / masked, "×", 10, true);
    }
    SpeedRow allocating = row(Peer.LOGWEIR_ALL.name(), HUNDRED);
    if (allocating != null) {
      double bytes = allocating.allocated();
      add("all three: at most 0.1 B allocated a line", bytes, " B", BYTES_WITH_PROCESSORS, false);
    }
  }

  private void times(String aim, double cpu, double of, double bound) {
    add(aim, cpu / of, "×", bound, false);
  }

  private double cpu(Peer peer, String line) {
    return cpuOf(peer.name(), line);
  }

  private void cheaperThan(int times, SpeedRow own, Peer... peers) {
    for (Peer peer : peers) {
      SpeedRow row = row(peer.name());
      if (row != null) {
        String aim = "CPU at least " + times + " × less than " + peer.title;
        add(aim, row.cpu() / own.cpu(), "×", times, true);
      }
    }
  }

  private void latency() {
    for (String pattern : List.of("calm", "burst")) {
      for (String percentile : List.of("p50", "p99")) {
        String name = pattern + " " + percentile + " ms";
        String aim = "write to send, " + pattern + ", " + percentile + " at most Logback's";
        add(aim, latency(Peer.LOGWEIR, name), " ms", latency(Peer.LOGBACK, name), false);
      }
      double worst = latency(Peer.LOGWEIR, pattern + " p99 ms");
      add("write to send, " + pattern + ", p99 under 2 ms", worst, " ms", MILLIS_AT_99, false);
    }
  }

  private void series() {
    double few = cpu("ScalingBenchmark.jobs", "jobs=10");
    double many = cpu("ScalingBenchmark.jobs", "jobs=10000");
    add("a line of 10,000 jobs at most 1.5 × one of 10, CPU", many / few, "×", JOBS_FLAT, false);
    String plain = "encoded=false, hits=0, secrets=50";
    double masker = score("MaskerBenchmark.masker", plain);
    double replace = score("MaskerBenchmark.replace", plain) / masker;
    add("50 secrets at least 10 × faster than replace", replace, "×", FASTER_THAN_REPLACE, true);
    double scans = masker / score("MaskerBenchmark.newlineScan", plain);
    add("50 secrets at most 5 × the newline scan", scans, "×", SCANS_OF_A_MASKER, false);
  }

  private double score(String name, String parameters) {
    return others(name, parameters).mapToDouble(OtherRow::score).findFirst().orElse(Double.NaN);
  }

  /** Returns the CPU of a line of a peer or a floor; not a number if there is no such row. */
  private double cpuOf(String name, String line) {
    SpeedRow row = row(name, line);
    return row == null ? Double.NaN : row.cpu();
  }

  private double cpu(String name, String parameters) {
    return others(name, parameters).mapToDouble(OtherRow::cpu).findFirst().orElse(Double.NaN);
  }

  private Stream<OtherRow> others(String name, String parameters) {
    return others.stream()
        .filter(row -> row.name().equals(name) && row.parameters().equals(parameters));
  }

  private void add(String aim, double figure, String unit, double bound, boolean atLeast) {
    if (Double.isNaN(figure) || Double.isNaN(bound)) {
      return;
    }
    boolean met = atLeast ? figure >= bound : figure <= bound;
    table.add(
        String.format(
            Locale.ROOT,
            "| %s | %s%s (%s %s) | %s |",
            aim,
            SpeedReport.number(figure),
            unit,
            atLeast ? "≥" : "≤",
            SpeedReport.number(bound),
            met ? "met" : "**not met**"));
  }

  private @Nullable SpeedRow row(String name) {
    return row(name, HUNDRED);
  }

  private @Nullable SpeedRow row(String name, String line) {
    return rows.stream()
        .filter(row -> row.name().equals(name))
        .filter(row -> row.line().equals(line) && row.chunk().equals("4096"))
        .findFirst()
        .orElse(null);
  }

  private double latency(Peer peer, String figure) {
    return runs.stream()
        .filter(run -> run.kind().equals("latency") && run.peer() == peer)
        .map(run -> run.figures().getOrDefault(figure, Double.NaN))
        .findFirst()
        .orElse(Double.NaN);
  }
}
