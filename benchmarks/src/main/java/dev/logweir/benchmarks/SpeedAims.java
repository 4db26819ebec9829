package dev.logweir.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What was aimed at, beside what was measured, for lines of 100 B in chunks of 4 KiB; shown, never
 * asserted. An aim whose figures are missing is left out.
 */
final class SpeedAims {
  private static final String LOGWEIR = Peer.LOGWEIR.name();
  private static final String FLOOR = "floorCount";
  private static final String LINES = "line=100";
  private static final double BYTES_THAT_ARE_NONE = 0.5;
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
    return row(name, parameters).mapToDouble(OtherRow::score).findFirst().orElse(Double.NaN);
  }

  private double cpu(String name, String parameters) {
    return row(name, parameters).mapToDouble(OtherRow::cpu).findFirst().orElse(Double.NaN);
  }

  private Stream<OtherRow> row(String name, String parameters) {
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
    return rows.stream()
        .filter(row -> row.name().equals(name))
        .filter(row -> row.line().equals("100") && row.chunk().equals("4096"))
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
