package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

/**
 * Question: how long does a line take from the write to the send, while the sender is free?
 *
 * <p>Workload: lines of 100 B, one each millisecond, then 100 at once each 50 ms, each line a write
 * of its own; every pipeline set up for the least time ({@link Mode#PROMPT}). Before that, and not
 * counted, five times as many bursts, for the compiler, and as many calm lines. A line's time is
 * from the begin of its write to its arrival at the sender; lines that were lost have none.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.LatencyRun
 * LOGWEIR 5}; the number is that of seconds for each pattern.
 */
final class LatencyRun {
  private static final int LINE = 100;
  private static final int BURST = 100;
  private static final long HOT_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long CALM_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long BURST_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final int ARRIVE_SECONDS = 10;

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
    Outcome.begin();
    int seconds = Integer.parseInt(args[1]);
    int hot = seconds * 100 * BURST;
    int calm = seconds * 1_000;
    int bursts = seconds * 20 * BURST;
    LatencyRun run = new LatencyRun(Peer.valueOf(args[0]), hot + 2 * calm + bursts);
    run.write(hot, BURST, HOT_NANOS);
    run.write(calm, 1, CALM_NANOS);
    int from = run.written;
    run.write(calm, 1, CALM_NANOS);
    int to = run.written;
    run.write(bursts, BURST, BURST_NANOS);
    boolean complete = run.sink.missing().await(ARRIVE_SECONDS, TimeUnit.SECONDS);
    Outcome.figure("lines lost", complete ? 0 : (double) run.sink.missing().getCount());
    run.report("calm", from, to);
    run.report("burst", to, run.written);
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
    long[] nanos =
        IntStream.range(from, to)
            .filter(line -> sink.arrival(line) != 0)
            .mapToLong(line -> sink.arrival(line) - begun[line])
            .sorted()
            .toArray();
    Outcome.figure(pattern + " p50 ms", millis(nanos, 0.5));
    Outcome.figure(pattern + " p99 ms", millis(nanos, 0.99));
    Outcome.figure(pattern + " p99.9 ms", millis(nanos, 0.999));
    Outcome.figure(pattern + " max ms", millis(nanos, 1));
  }

  private static double millis(long[] sorted, double share) {
    int index = (int) Math.ceil(share * sorted.length) - 1;
    return index < 0 ? Double.NaN : sorted[index] / (double) TimeUnit.MILLISECONDS.toNanos(1);
  }
}
