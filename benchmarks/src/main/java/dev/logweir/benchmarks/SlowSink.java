package dev.logweir.benchmarks;

import dev.logweir.LogBatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Reads all bytes, at a fixed rate at most: a send lasts as long as its bytes take. */
final class SlowSink implements LineSink {
  private static final long LEAD_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Delivery delivery = Delivery.sampled();
  private final double nanosPerByte;
  private long due = System.nanoTime();
  private long seen;
  private volatile long lines;

  SlowSink(long bytesPerSecond) {
    nanosPerByte = (double) TimeUnit.SECONDS.toNanos(1) / bytesPerSecond;
  }

  /** Returns how many lines arrived; from any thread. */
  long lineCount() {
    return lines;
  }

  @Override
  public void line(String line) {
    delivery.line(line);
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    delivery.line(bytes, offset, length);
  }

  @Override
  public void batch(LogBatch batch) {
    delivery.batch(batch);
  }

  @Override
  public void sent() {
    long bytes = delivery.bytes() - seen;
    seen += bytes;
    lines = delivery.lineCount();
    // Short sends would sleep too long each; one that was idle has not saved up a right to be
    // faster.
    long now = System.nanoTime();
    due = Math.max(due, now - LEAD_NANOS) + (long) (bytes * nanosPerByte);
    if (due - now < LEAD_NANOS) {
      return;
    }
    for (long left = due - now; left > 0; left = due - System.nanoTime()) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      LockSupport.parkNanos(this, left);
    }
  }
}
