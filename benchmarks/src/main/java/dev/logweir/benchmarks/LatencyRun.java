package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Question: how long does a line take from the write to the send, while the sender is free?
 *
 * <p>Workload: lines of 100 B, first one each millisecond, then 100 at once each 50 ms, each line a
 * write of its own; every pipeline set up for the least time ({@link Mode#PROMPT}). The first
 * seconds, as many, are not counted. A line's time is from the begin of its write to its arrival at
 * the sender.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.LatencyRun
 * LOGWEIR 5}; the number is that of seconds for each pattern.
 */
final class LatencyRun {
  private static final int LINE = 100;
  private static final int BURST = 100;
  private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int ARRIVE_SECONDS = 30;

  private final Pipeline pipeline;
  private final LatencySink sink;
  private final long[] begun;
  private final byte[] line = new byte[LINE];
  private int written;

  private LatencyRun(Peer peer, int lines) throws Exception {
    sink = new LatencySink(lines);
    begun = new long[lines];
    pipeline = peer.open(sink, Mode.PROMPT);
    Arrays.fill(line, (byte) 'x');
    line[LINE - 1] = '\n';
  }

  /**
   * Runs.
   *
   * @param args the name of a {@link Peer}, the seconds of each pattern
   */
  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[1]);
    int warmup = seconds * 1_000;
    int calm = seconds * 1_000;
    int bursts = seconds * 20 * BURST;
    LatencyRun run = new LatencyRun(Peer.valueOf(args[0]), warmup + calm + bursts);
    run.write(warmup, 1, CALM_NANOS);
    run.write(calm, 1, CALM_NANOS);
    run.write(bursts, BURST, BURST_NANOS);
    if (!run.sink.missing().await(ARRIVE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException(run.sink.missing().getCount() + " lines did not arrive");
    }
    run.report("calm", warmup, warmup + calm);
    run.report("burst", warmup + calm, warmup + calm + bursts);
    Outcome.end();
  }

  private void write(int lines, int atOnce, long everyNanos) throws Exception {
    long due = System.nanoTime();
    for (int begin = 0; begin < lines; begin += atOnce) {
      due += everyNanos;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      for (int i = 0; i < atOnce; i++) {
        number(written);
        begun[written] = System.nanoTime();
        pipeline.write(line, 0, LINE);
        written++;
      }
    }
  }

  private void number(int number) {
    byte[] digits = String.format(Locale.ROOT, "%08d", number).getBytes(US_ASCII);
    System.arraycopy(digits, 0, line, 0, LatencySink.DIGITS);
  }

  private void report(String pattern, int from, int to) {
    long[] nanos = new long[to - from];
    for (int i = from; i < to; i++) {
      nanos[i - from] = sink.arrival(i) - begun[i];
    }
    Arrays.sort(nanos);
    Outcome.figure(pattern + " p50 ms", millis(nanos, 0.5));
    Outcome.figure(pattern + " p99 ms", millis(nanos, 0.99));
    Outcome.figure(pattern + " p99.9 ms", millis(nanos, 0.999));
    Outcome.figure(pattern + " max ms", millis(nanos, 1));
  }

  private static double millis(long[] sorted, double share) {
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return sorted[index] / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
