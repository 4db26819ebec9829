package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogBatch;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Question: does the end of a job that holds much hold up anybody at its deadline?
 *
 * <p>Workload: a job with a {@code maxSize} of 64 MiB full of lines of one byte, whose sender has
 * told that a part of a large batch arrived and then hangs. While the job ends within 500 ms, a
 * thread writes a line every millisecond, and another job of the same engine waits for its timer.
 * Measured are how long {@code finish} takes beyond its time, the longest write before the end and
 * in it, and how late the other job's line comes.
 *
 * <p>Command: {@code benchmarks/run end}. It fails if {@code finish} takes more than 50 ms beyond
 * its time, a write in the end more than 10 ms, or the other job's line is over 50 ms late, in each
 * of the rounds: a machine that is busy with something else delays one.
 */
final class EndRun {
  private static final int MAX_SIZE = 64 << 20;
  private static final int ROUNDS = 5;
  private static final Duration TIME = Duration.ofMillis(500);
  private static final Duration INTERVAL = Duration.ofMillis(300);
  private static final double MAX_OVERRUN_MILLIS = 50;
  private static final double MAX_WRITE_MILLIS = 10;
  private static final byte[] BLOCK = "x\n".repeat(32 << 10).getBytes(UTF_8);
  private static final byte[] LINE = "y\n".getBytes(UTF_8);

  private final CountDownLatch hung = new CountDownLatch(1);
  private final CountDownLatch never = new CountDownLatch(1);
  private final AtomicLong arrivedNanos = new AtomicLong();
  private final AtomicLong longestNanos = new AtomicLong();
  private final AtomicLong lateWriteNanos = new AtomicLong();
  private final AtomicBoolean stopped = new AtomicBoolean();

  private EndRun() {}

  /**
   * Runs.
   *
   * @param args ignored
   * @throws IllegalStateException if no round keeps the bounds
   */
  public static void main(String[] args) throws Exception {
    System.out.println("ms beyond finish's time | longest write before | in the end | timer late");
    boolean kept = false;
    for (int round = 0; round < ROUNDS; round++) {
      kept |= new EndRun().round();
    }
    if (!kept) {
      throw new IllegalStateException("no round kept the bounds");
    }
  }

  private boolean round() throws Exception {
    LogweirEngine engine = LogweirEngine.builder().build();
    LogStreamer log =
        LogStreamer.builder(this::hangInALargeBatch).engine(engine).maxSize(MAX_SIZE).start();
    log.stdout().write(LINE);
    for (long bytes = 0; hung.getCount() > 0 || bytes < 4L * MAX_SIZE; bytes += BLOCK.length) {
      log.stdout().write(BLOCK);
    }
    LogStreamer other =
        LogStreamer.builder(lines -> arrivedNanos.set(System.nanoTime()))
            .engine(engine)
            .maxInterval(INTERVAL)
            .start();
    other.stdout().write(LINE);
    Thread writer = new Thread(() -> writeOn(log), "end-writer");
    writer.start();
    TimeUnit.MILLISECONDS.sleep(500);
    double before = millis(longestNanos.getAndSet(0));

    long begun = System.nanoTime();
    Thread late = new Thread(() -> writeBeforeTheDeadline(other), "end-other");
    late.start();
    log.finish(TIME);
    double overrun = millis(System.nanoTime() - begun) - TIME.toMillis();
    late.join();
    long dueNanos = lateWriteNanos.get() + INTERVAL.toNanos();
    TimeUnit.MILLISECONDS.sleep(2 * INTERVAL.toMillis());
    stopped.set(true);
    writer.join();
    double inTheEnd = millis(longestNanos.get());
    double timerLate = Math.max(0, millis(arrivedNanos.get() - dueNanos));
    System.out.printf(
        Locale.ROOT, "%.1f | %.2f | %.2f | %.1f%n", overrun, before, inTheEnd, timerLate);
    never.countDown();
    other.close();
    engine.close(Duration.ofSeconds(1));
    return overrun <= MAX_OVERRUN_MILLIS
        && inTheEnd <= MAX_WRITE_MILLIS
        && timerLate <= MAX_OVERRUN_MILLIS;
  }

  /** So that its timer is due while the other job ends. */
  private void writeBeforeTheDeadline(LogStreamer other) {
    pause(TIME.toMillis() - INTERVAL.toMillis());
    lateWriteNanos.set(System.nanoTime());
    other.stdout().write(LINE);
  }

  private void hangInALargeBatch(List<String> lines) throws InterruptedException {
    LogBatch batch = LogBatch.of(lines);
    if (batch.size() > 1_000_000) {
      batch.call().delivered(1);
      hung.countDown();
      never.await();
    }
  }

  private void writeOn(LogStreamer log) {
    while (!stopped.get()) {
      long begun = System.nanoTime();
      log.stderr().write(LINE);
      longestNanos.accumulateAndGet(System.nanoTime() - begun, Math::max);
      pause(1);
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }
}
