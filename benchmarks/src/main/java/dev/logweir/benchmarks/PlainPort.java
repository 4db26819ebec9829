package dev.logweir.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The design that Logweir's began as, ported plainly: a byte array with a cap that the job writes
 * to, a tick that makes a {@code String} of each whole line in it, batches of them as a {@code
 * List<String>} of at most {@code maxSize} bytes of text, a queue of 2 batches, and a thread that
 * sends.
 *
 * <p>It is given every chance: a batch without room in the queue waits instead of being dropped,
 * and a writer may wait for room. One stream, one writer.
 */
final class PlainPort {
  private static final int QUEUED_BATCHES = 2;

  private final int maxSize;
  private final boolean sendsEachTick;
  private final PlainBuffer buffer;
  private final BlockingQueue<List<String>> queue = new ArrayBlockingQueue<>(QUEUED_BATCHES);
  private final ScheduledExecutorService ticks;
  private final ExecutorService sends;
  private final Future<?> sending;

  private List<String> batch = new ArrayList<>();
  private int batchBytes;

  /**
   * Starts the ticks and the sending thread.
   *
   * @param maxSize bound of the buffer and of a batch, in bytes of text
   * @param sendsEachTick whether a batch goes with the tick, and not only when it is full
   */
  PlainPort(int maxSize, Duration tick, boolean sendsEachTick, Consumer<List<String>> sender) {
    this.maxSize = maxSize;
    this.sendsEachTick = sendsEachTick;
    buffer = new PlainBuffer(maxSize);
    sends = Executors.newSingleThreadExecutor();
    sending = sends.submit(() -> sendAll(sender));
    ticks = Executors.newSingleThreadScheduledExecutor();
    var unused =
        ticks.scheduleWithFixedDelay(
            this::drain, tick.toNanos(), tick.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Returns what the job writes to: it never blocks, and drops what does not fit. */
  PlainBuffer stdout() {
    return buffer;
  }

  /** Sends the rest and ends the threads. Nothing may be written any more. */
  void finish() throws InterruptedException, ExecutionException {
    ticks.shutdown();
    ticks.awaitTermination(Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    drain();
    String rest = buffer.takeRest();
    if (!rest.isEmpty()) {
      add(rest);
    }
    seal();
    queue.put(List.of());
    sends.shutdown();
    sending.get();
  }

  private void drain() {
    try {
      for (String line = buffer.takeLine(); line != null; line = buffer.takeLine()) {
        add(line);
      }
      if (sendsEachTick) {
        seal();
      }
      buffer.signalRoom();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void add(String line) throws InterruptedException {
    int bytes = line.length() + 1;
    if (batchBytes + bytes > maxSize) {
      seal();
    }
    batch.add(line);
    batchBytes += bytes;
  }

  private void seal() throws InterruptedException {
    if (!batch.isEmpty()) {
      queue.put(batch);
      batch = new ArrayList<>();
      batchBytes = 0;
    }
  }

  private @Nullable Void sendAll(Consumer<List<String>> sender) throws InterruptedException {
    for (List<String> lines = queue.take(); !lines.isEmpty(); lines = queue.take()) {
      sender.accept(lines);
    }
    return null;
  }
}
