package dev.logweir.examples;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * What is left of the heap after a full collection: before the jobs, and at most while they run.
 */
final class HeapReport implements AutoCloseable {
  private final long before = afterCollection();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "heap-report");
            thread.setDaemon(true);
            return thread;
          });
  private volatile long peak = before;

  private HeapReport() {}

  /** Collects once at once, then every second. */
  static HeapReport start() {
    HeapReport report = new HeapReport();
    var unused = report.timer.scheduleWithFixedDelay(report::look, 0, 1, TimeUnit.SECONDS);
    return report;
  }

  private void look() {
    peak = Math.max(peak, afterCollection());
  }

  private static long afterCollection() {
    System.gc();
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getCollectionUsage();
      if (pool.getType() == MemoryType.HEAP && usage != null) {
        bytes += usage.getUsed();
      }
    }
    return bytes;
  }

  /** Ends the collecting and says the result, beside {@code limit}, what the library may retain. */
  String end(long limit) throws InterruptedException {
    close();
    boolean unused = timer.awaitTermination(1, TimeUnit.MINUTES);
    return String.format(
        Locale.ROOT,
        "heap after collections: %.1f MiB before the jobs, at most %.1f MiB while they ran:"
            + " %.1f MiB more, runner and endpoint included; the formula allows the library %.1f;"
            + " the heap may grow to %.1f MiB",
        RunProgress.mib(before),
        RunProgress.mib(peak),
        RunProgress.mib(peak - before),
        RunProgress.mib(limit),
        RunProgress.mib(Runtime.getRuntime().maxMemory()));
  }

  /** How much more was left at most than before the jobs; to be asked after the end. */
  long grownBytes() {
    return peak - before;
  }

  @Override
  public void close() {
    timer.shutdown();
  }
}
