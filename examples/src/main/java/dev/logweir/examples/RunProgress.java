package dev.logweir.examples;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * How a run goes: redrawn twice a second on a terminal, else a line every few seconds. Also notes
 * the most that was retained at one of its looks, twenty a second.
 */
final class RunProgress {
  static final long LOOK_MILLIS = 50;
  private static final long REDRAW_MILLIS = 500;
  private static final long LINE_MILLIS = 3_000;

  private final List<ShippedJob> jobs;
  private final LongSupplier retained;
  private final LongConsumer looked;
  private final long limit;
  private final Console console;
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });
  private volatile long peak;
  private long lastNanos = System.nanoTime();
  private long lastIn;
  private long lastOut;

  private RunProgress(
      List<ShippedJob> jobs,
      LongSupplier retained,
      LongConsumer looked,
      long limit,
      Console console) {
    this.jobs = jobs;
    this.retained = retained;
    this.looked = looked;
    this.limit = limit;
    this.console = console;
  }

  /**
   * Starts looking.
   *
   * @param looked takes what was retained at each look, in bytes
   * @param limit what {@code retained} may not exceed, in bytes
   */
  static RunProgress start(
      List<ShippedJob> jobs,
      LongSupplier retained,
      LongConsumer looked,
      long limit,
      Console console) {
    RunProgress progress = new RunProgress(jobs, retained, looked, limit, console);
    long period = console.isTerminal() ? REDRAW_MILLIS : LINE_MILLIS;
    var looks =
        progress.timer.scheduleAtFixedRate(progress::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    var lines =
        progress.timer.scheduleAtFixedRate(progress::show, period, period, TimeUnit.MILLISECONDS);
    assert !looks.isCancelled() && !lines.isCancelled();
    return progress;
  }

  /** The most that was retained, in bytes. */
  long peak() {
    return peak;
  }

  /** Ends it, and takes it off a terminal. */
  void end() throws InterruptedException {
    timer.shutdownNow();
    boolean unused = timer.awaitTermination(1, TimeUnit.SECONDS);
    console.endProgress();
  }

  private void look() {
    long now = retained.getAsLong();
    peak = Math.max(peak, now);
    looked.accept(now);
  }

  private void show() {
    RunTotals totals = RunTotals.of(jobs);
    long now = System.nanoTime();
    double seconds = (now - lastNanos) / 1e9;
    long in = totals.accepted().bytes();
    long out = totals.shipped().bytes();
    console.progress(
        List.of(
            String.format(
                Locale.ROOT,
                "%d of %d jobs done, %d running",
                totals.done(),
                jobs.size(),
                totals.running()),
            String.format(
                Locale.ROOT,
                "in %.1f MB/s, out %.1f MB/s",
                (in - lastIn) / seconds / 1e6,
                (out - lastOut) / seconds / 1e6),
            String.format(
                Locale.ROOT, "retained %.1f of %.1f MiB", mib(retained.getAsLong()), mib(limit)),
            String.format(Locale.ROOT, "dropped %,d bytes", totals.dropped().bytes())));
    lastNanos = now;
    lastIn = in;
    lastOut = out;
  }

  static double mib(long bytes) {
    return bytes / (double) (1 << 20);
  }
}
