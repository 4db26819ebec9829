package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A job of Logweir with one sink and no processor, whose writer keeps so far ahead of its sender as
 * loses nothing: at most 2 × {@code maxSize} of text on its way, of which at most half of {@code
 * maxSize}, as it calls {@code drain()} that often, is still in the buffer.
 */
final class LogweirJob implements BatchSender {
  private static final Duration END_WITHIN = Duration.ofSeconds(60);

  private final Delivery delivery;
  private final long window;
  private final int bytesPerDrain;
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final LogStreamer log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();
  private volatile long delivered;

  private long written;
  private long undrained;

  /**
   * Starts the job.
   *
   * @param bytesPerDrain how many bytes are written between two calls of {@code drain()}, at most
   *     half of {@code maxSize}
   */
  LogweirJob(int maxSize, Duration maxInterval, int bytesPerDrain, Delivery delivery) {
    this.delivery = delivery;
    this.bytesPerDrain = bytesPerDrain;
    window = 2L * maxSize;
    log =
        LogStreamer.builder(this).engine(engine).maxSize(maxSize).maxInterval(maxInterval).start();
  }

  void write(byte[] bytes, int offset, int length) throws InterruptedException {
    if (written + length - delivered > window) {
      awaitRoom(length);
    }
    log.stdout().write(bytes, offset, length);
    written += length;
    undrained += length;
    if (undrained >= bytesPerDrain) {
      log.drain();
      undrained = 0;
    }
  }

  @Override
  public void send(List<String> lines) {
    LogBatch batch = LogBatch.of(lines);
    delivery.lines(batch.reader());
    lock.lock();
    try {
      delivered = delivery.bytes();
      sent.signalAll(); // the writer in awaitRoom
    } finally {
      lock.unlock();
    }
  }

  /** Ends the job and returns its report. */
  LogReport finish() {
    LogReport report = log.finish(END_WITHIN);
    engine.close();
    return report;
  }

  private void awaitRoom(int length) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (written + length - delivered > window) {
        sent.await();
      }
    } finally {
      lock.unlock();
    }
  }
}
