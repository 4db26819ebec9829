package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogProcessor;
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
 * A job of Logweir with one sink, whose writer keeps so far ahead of its sender as loses nothing:
 * at most 2 × {@code maxSize} of text on its way, with what processors add to it, of which at most
 * half of {@code maxSize}, as it calls {@code drain()} that often, is still in the buffer.
 */
final class LogweirJob implements BatchSender, Pipeline {
  private static final Duration END_WITHIN = Duration.ofSeconds(60);

  /** Length of time and number before a line, the number of one digit. */
  private static final int PREFIX_BYTES = "2026-11-23T22:57:01Z [1] ".length();

  private final LineSink sink;
  private final int maxSize;

  /** How much of what was written may be on its way: less where a prefix makes more of it. */
  private volatile long window;

  private final Plan plan;
  private final Queue<Runnable> sends = new ConcurrentLinkedQueue<>();
  private final ExecutorService lastSends = Executors.newCachedThreadPool();
  private final LogweirEngine engine;
  private final LogStreamer log;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition sent = lock.newCondition();
  private long sentBytes;
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
   * @param processors what looks at the lines, and leaves these as they are
   * @param numbered whether the last of them puts time and number before each line
   */
  record Plan(
      Duration maxInterval,
      int bytesPerDrain,
      boolean sendsHere,
      boolean byLine,
      List<LogProcessor> processors,
      boolean numbered) {}

  /** Starts the job. */
  LogweirJob(int maxSize, Plan plan, LineSink sink) {
    this.plan = plan;
    this.sink = sink;
    this.maxSize = maxSize;
    window = plan.numbered ? maxSize / 4 : 2L * maxSize; // until a batch has come
    LogweirEngine.Builder builder = LogweirEngine.builder();
    engine = (plan.sendsHere ? builder.sendExecutor(this::defer) : builder).build();
    LogStreamer.Builder job = LogStreamer.builder(this).engine(engine).maxSize(maxSize);
    plan.processors.forEach(job::processor);
    log = job.maxInterval(plan.maxInterval).start();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
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
    // What was written: a window of more would let the writer run ahead and lose lines.
    long bytes = batch.byteCount() - (plan.numbered ? prefixBytes(batch) : 0);
    window = 2L * maxSize * bytes / Math.max(1, batch.byteCount());
    if (plan.byLine) {
      sink.lineByLine(batch);
    } else {
      sink.batch(batch);
    }
    sink.sent();
    lock.lock();
    try {
      sentBytes += bytes;
      delivered = sentBytes;
      sent.signalAll(); // the writer in awaitRoom
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void finish() {
    finishing = true;
    runSends();
    LogReport report = log.finish(END_WITHIN);
    engine.close();
    lastSends.shutdown();
    if (!report.isComplete()) {
      throw new IllegalStateException(report.toString());
    }
  }

  @Override
  public void stop() {
    finish();
  }

  private static long prefixBytes(LogBatch batch) {
    long lines = batch.size();
    long last = batch.firstLine() + lines - 1;
    long bytes = lines * PREFIX_BYTES;
    for (long more = 10; more <= last; more *= 10) {
      bytes += Math.min(lines, last - more + 1); // a digit more from here on
    }
    return bytes;
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
