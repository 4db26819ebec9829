package dev.logweir.benchmarks;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The design before the one of {@link PlainPort}, ported plainly: a buffer that grows as it has to,
 * and a tick that makes a {@code String} of each whole line in it and sends batches of them itself.
 * While a send hangs, the buffer takes all that is written.
 */
final class SynchronousPort implements AutoCloseable {
  private final int maxSize;
  private final PlainBuffer buffer = new PlainBuffer(Integer.MAX_VALUE);
  private final ScheduledExecutorService ticks = Executors.newSingleThreadScheduledExecutor();

  /**
   * Starts the ticks.
   *
   * @param maxSize bound of a batch, in bytes of text
   */
  SynchronousPort(int maxSize, Duration tick, Consumer<List<String>> sender) {
    this.maxSize = maxSize;
    var unused =
        ticks.scheduleWithFixedDelay(
            () -> drain(sender), tick.toNanos(), tick.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Returns what the job writes to: it takes everything. */
  PlainBuffer stdout() {
    return buffer;
  }

  private void drain(Consumer<List<String>> sender) {
    List<String> batch = new ArrayList<>();
    int bytes = 0;
    for (String line = buffer.takeLine(); line != null; line = buffer.takeLine()) {
      if (bytes + line.length() >= maxSize) {
        sender.accept(batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(line);
      bytes += line.length() + 1;
    }
    if (!batch.isEmpty()) {
      sender.accept(batch);
    }
  }

  /** Ends the ticks, with what was not sent yet. */
  @Override
  public void close() {
    ticks.shutdownNow();
  }
}
