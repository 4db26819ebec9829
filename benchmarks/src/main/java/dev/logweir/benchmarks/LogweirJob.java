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
  private final Plan plan;
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
   * How the job runs.
   *
   * @param maxInterval how long a batch waits to be filled
   * @param bytesPerDrain how many bytes are written between two calls of {@code drain()}, at most
   *     half of {@code maxSize}
   * @param sendsHere whether the writer also does the sends, after each {@code drain()}
   * @param byLine whether the sender takes the lines one by one, as one must that encodes each
   */
  record Plan(Duration maxInterval, int bytesPerDrain, boolean sendsHere, boolean byLine) {}

  /** Starts the job. */
  LogweirJob(int maxSize, Plan plan, Delivery delivery) {
    this.plan = plan;
    this.delivery = delivery;
    window = 2L * maxSize;
    LogweirEngine.Builder builder = LogweirEngine.builder();
    engine = (plan.sendsHere ? builder.sendExecutor(this::defer) : builder).build();
    log =
        LogStreamer.builder(this)
            .engine(engine)
            .maxSize(maxSize)
            .maxInterval(plan.maxInterval)
            .start();
  }

  void write(byte[] bytes, int offset, int length) throws InterruptedException {
    if (!plan.sendsHere && written + length - delivered > window) {
      awaitRoom(length);
    }
    log.stdout().write(bytes, offset, length);
    written += length;
    undrained += length;
    if (undrained >= plan.bytesPerDrain) {
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
    if (plan.byLine) {
      delivery.lines(batch.reader());
    } else {
      delivery.runs(batch);
    }
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
