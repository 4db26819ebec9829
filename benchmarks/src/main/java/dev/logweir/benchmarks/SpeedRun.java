package dev.logweir.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs all benchmarks of speed one after the other, and writes into a folder what came out: {@code
 * speed-jmh.json} in JMH's format, {@code speed-runs.json} for latency, overload and close, {@code
 * speed.md} with tables and what was aimed at, and the logs of the runs. Ends with 1 if a benchmark
 * failed.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.SpeedRun
 * [--quick] OUTDIR}
 */
public final class SpeedRun {
  private static final String[] MAIN_PEERS = {
    "LOGWEIR",
    "LOGWEIR_MASKED",
    "LOGWEIR_ENCODED",
    "LOGWEIR_PREFIXED",
    "LOGWEIR_ALL",
    "LOGWEIR_OWN",
    "LOGWEIR_ONE_THREAD",
    "PIPE",
    "PLAIN_PORT_1MS",
    "PLAIN_PORT_MASKED",
    "ZIPKIN_16K",
    "OPENTELEMETRY",
    "OPENTELEMETRY_MASKED",
    "LOGBACK",
    "LOGBACK_MASKED",
    "LOKI4J"
  };
  private static final List<Peer> RUN_PEERS =
      List.of(
          Peer.LOGWEIR,
          Peer.PIPE,
          Peer.PLAIN_PORT,
          Peer.PLAIN_PORT_1MS,
          Peer.ZIPKIN_16K,
          Peer.OPENTELEMETRY,
          Peer.LOGBACK,
          Peer.LOKI4J);

  /** Further benchmarks, of lines of 100 B where they have lines. */
  private static final List<String> OTHERS = List.of("WriteBenchmark", "LifeCycleBenchmark");

  /** Those that a short run leaves out. */
  private static final List<String> SERIES = List.of("ScalingBenchmark", "MaskerBenchmark");

  private static final String FAILURE = "<failure>";

  private final boolean quick;
  private final Path out;
  private final List<RunResult> results = new ArrayList<>();
  private final List<ForkedRun> runs = new ArrayList<>();
  private boolean failed;

  private SpeedRun(boolean quick, Path out) {
    this.quick = quick;
    this.out = out;
  }

  /**
   * Runs.
   *
   * @param args {@code --quick} for a run of less than 3 minutes, and the folder to write to
   */
  public static void main(String[] args) throws Exception {
    List<String> rest = new ArrayList<>(List.of(args));
    boolean quick = rest.remove("--quick");
    if (rest.size() != 1) {
      System.err.println("usage: SpeedRun [--quick] OUTDIR");
      System.exit(2);
    }
    SpeedRun run = new SpeedRun(quick, Files.createDirectories(Path.of(rest.get(0))));
    run.benchmarks();
    run.forks();
    run.write();
    System.exit(run.failed ? 1 : 0);
  }

  private void benchmarks() throws RunnerException, IOException {
    ChainedOptionsBuilder main = options("PeerBenchmark", "100", "4096");
    run(
        "lines of 100 B in chunks of 4 KiB",
        2,
        4,
        5,
        quick ? main.param("peer", MAIN_PEERS) : main);
    for (String other : OTHERS) {
      run(other, 1, 4, 5, options(other, "100", "4096"));
    }
    if (quick) {
      run("100 in chunks of a line", 1, 2, 3, peers("100", "line", "LOGWEIR", "PIPE", "LOGBACK"));
      return;
    }
    for (String series : SERIES) {
      run(series, 1, 3, 4, options(series, "100", "4096").param("hits", "0"));
    }
    String[] maskers = {"LOGWEIR_MASKED", "LOGWEIR_ALL", "OPENTELEMETRY_MASKED", "LOGBACK_MASKED"};
    for (String hits : List.of("100/1", "100/10")) {
      run(hits.replace('/', '-') + " % with a secret", 1, 3, 3, peers(hits, "4096", maskers));
    }
    for (String line : List.of("10", "1024", "build")) {
      ChainedOptionsBuilder floors = options("PeerBenchmark.(floorCount|stringLoop)", line, "4096");
      run(line + " in chunks of 4 KiB, floors", 1, 2, 3, floors);
      run(line + " in chunks of 4 KiB", 1, 3, 3, peers(line, "4096", MAIN_PEERS));
    }
    for (String line : List.of("100", "build")) {
      run(line + " in chunks of a line", 1, 3, 3, peers(line, "line", MAIN_PEERS));
    }
  }

  private static ChainedOptionsBuilder peers(String line, String chunk, String... peers) {
    return options("PeerBenchmark.peer", line, chunk).param("peer", peers);
  }

  private static ChainedOptionsBuilder options(String include, String line, String chunk) {
    return new OptionsBuilder().include("\\." + include).param("line", line).param("chunk", chunk);
  }

  private void run(
      String title, int forks, int warmups, int iterations, ChainedOptionsBuilder options)
      throws RunnerException, IOException {
    System.out.println("speed: " + title);
    Path log = out.resolve("speed-" + title.replace(' ', '-') + ".log");
    TimeValue time = quick ? TimeValue.milliseconds(500) : TimeValue.seconds(1);
    Collection<RunResult> part =
        new Runner(
                options
                    .addProfiler("gc")
                    .addProfiler(CpuProfiler.class)
                    .forks(quick ? 1 : forks)
                    .warmupIterations(quick ? 2 : warmups)
                    .warmupTime(time)
                    .measurementIterations(quick ? 3 : iterations)
                    .measurementTime(time)
                    .timeout(TimeValue.minutes(2))
                    .output(log.toString())
                    .build())
            .run();
    results.addAll(part);
    if (Files.readString(log).contains(FAILURE)) {
      System.out.println("speed: a benchmark failed, see " + log);
      failed = true;
    }
  }

  private void forks() throws IOException, InterruptedException {
    Path log = out.resolve("speed-runs.log");
    for (Peer peer : RUN_PEERS) {
      System.out.println("speed: latency and overload of " + peer.title);
      add(ForkedRun.of("latency", LatencyRun.class, peer, quick ? 1 : 5, log));
      add(ForkedRun.of("overload", OverloadRun.class, peer, quick ? 1 : 2, log));
    }
    System.out.println("speed: close");
    List<ForkedRun.Running> closing = new ArrayList<>();
    for (Peer peer : RUN_PEERS) {
      closing.add(ForkedRun.start(CloseRun.class, peer, closeSeconds(), log));
    }
    for (ForkedRun.Running running : closing) {
      add(running.await("close"));
    }
  }

  private int closeSeconds() {
    return quick ? 12 : 30;
  }

  private void add(ForkedRun run) {
    runs.add(run);
    if (run.figures().isEmpty()) {
      System.out.println("speed: " + run.kind() + " of " + run.peer().title + " failed");
      failed = true;
    }
  }

  private void write() throws IOException {
    ResultFormatFactory.getInstance(ResultFormatType.JSON, out.resolve("speed-jmh.json").toString())
        .writeOut(results);
    SpeedReport report = new SpeedReport(results, runs, quick);
    Files.writeString(out.resolve("speed-runs.json"), report.json());
    Files.writeString(out.resolve("speed.md"), report.markdown());
    System.out.println(report.markdown());
  }
}
