package dev.logweir.benchmarks;

import java.util.Arrays;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;

/**
 * What a line cost in one benchmark of {@link PeerBenchmark}: times in nanoseconds, with JMH's
 * errors at 99.9 %.
 *
 * @param name name of a {@link Peer} or of another benchmark
 * @param line as {@link PeerState#line}
 * @param chunk as {@link PeerState#chunk}; 4096 where it makes no difference
 */
record SpeedRow(
    String name,
    String line,
    String chunk,
    double time,
    double timeError,
    double cpu,
    double cpuError,
    double allocated) {

  static SpeedRow of(RunResult result) {
    String benchmark = result.getParams().getBenchmark();
    String method = benchmark.substring(benchmark.lastIndexOf('.') + 1);
    Result<?> time = result.getPrimaryResult();
    Result<?> cpu = result.getSecondaryResults().get("cpu");
    return new SpeedRow(
        method.equals("peer") ? result.getParams().getParam("peer") : method,
        result.getParams().getParam("line"),
        method.equals("peer") ? result.getParams().getParam("chunk") : "4096",
        time.getScore(),
        time.getScoreError(),
        secondary(result, "cpu"),
        cpu == null ? Double.NaN : cpu.getScoreError(),
        secondary(result, "gc.alloc.rate.norm"));
  }

  /** Returns a profiler's figure, {@code NaN} if there is none. */
  static double secondary(RunResult result, String name) {
    Result<?> figure = result.getSecondaryResults().get(name);
    return figure == null ? Double.NaN : figure.getScore();
  }

  static boolean isOne(RunResult result) {
    return result.getParams().getBenchmark().contains(PeerBenchmark.class.getSimpleName() + ".");
  }

  /** Returns whether it is one of a {@link Peer}. */
  boolean isPeer() {
    return Arrays.stream(Peer.values()).anyMatch(peer -> peer.name().equals(name));
  }

  String title() {
    return switch (name) {
      case "floorCopy" -> "a copy of the bytes";
      case "floorCount" -> "**floor**: the copy, and a count of the line ends";
      case "floorFind" -> "the copy, and the place of each line end";
      case "stringLoop" -> "bare `String` loop";
      default -> Peer.valueOf(name).title;
    };
  }
}
