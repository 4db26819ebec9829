package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
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
  private final boolean sendsHere;
  private final Queue<Runnable> sends = new ConcurrentLinkedQueue<>();
  private final ExecutorService lastSends = Executors.newCachedThreadPool();
  private final LogweirEngine engine;
  private final LogStreamer log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();
  private volatile long delivered;
  private volatile boolean finishing;

  private long written;
  private long undrained;

  /**
   * Starts the job.
   *
   * @param bytesPerDrain how many bytes are written between two calls of {@code drain()}, at most
   *     half of {@code maxSize}
   * @param sendsHere whether the writer also does the sends, after each {@code drain()}
   */
  LogweirJob(
      int maxSize, Duration maxInterval, int bytesPerDrain, boolean sendsHere, Delivery delivery) {
    this.delivery = delivery;
    this.bytesPerDrain = bytesPerDrain;
    this.sendsHere = sendsHere;
    window = 2L * maxSize;
    LogweirEngine.Builder builder = LogweirEngine.builder();
    engine = (sendsHere ? builder.sendExecutor(this::defer) : builder).build();
    log =
        LogStreamer.builder(this).engine(engine).maxSize(maxSize).maxInterval(maxInterval).start();
  }

  void write(byte[] bytes, int offset, int length) throws InterruptedException {
    if (!sendsHere && written + length - delivered > window) {
      awaitRoom(length);
    }
    log.stdout().write(bytes, offset, length);
    written += length;
    undrained += length;
    if (undrained >= bytesPerDrain) {
      log.drain();
      undrained = 0;
      runSends();
    }
  }

  private void runSends() {
    for (Runnable send = sends.poll(); send != null; send = sends.poll()) {
      send.run();
    }
  }

  private void defer(Runnable send) {
    if (finishing) {
      lastSends.execute(send);
    } else {
      sends.add(send);
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
    finishing = true;
    runSends();
    LogReport report = log.finish(END_WITHIN);
    engine.close();
    lastSends.shutdown();
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
