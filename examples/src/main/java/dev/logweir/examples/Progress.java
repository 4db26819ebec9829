package dev.logweir.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * How a run goes, on one line: rewritten twice a second on a terminal, else a new one every few
 * seconds. Also notes the most that was retained at one of its looks, twenty a second.
 */
final class Progress implements AutoCloseable {
  private static final long LOOK_MILLIS = 50;
  private static final long REWRITE_MILLIS = 500;
  private static final long LINE_MILLIS = 3_000;

  private final List<Job> jobs;
  private final LongSupplier retained;
  private final long limit;
  private final PrintWriter err;
  private final boolean terminal = isTerminal();
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

  private Progress(List<Job> jobs, LongSupplier retained, long limit, PrintWriter err) {
    this.jobs = jobs;
    this.retained = retained;
    this.limit = limit;
    this.err = err;
  }

  /** Starts looking; {@code limit} is what {@code retained} may not exceed, in bytes. */
  static Progress start(List<Job> jobs, LongSupplier retained, long limit, PrintWriter err) {
    Progress progress = new Progress(jobs, retained, limit, err);
    long period = progress.terminal ? REWRITE_MILLIS : LINE_MILLIS;
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

  /** Ends the line. */
  @Override
  public void close() {
    timer.shutdownNow();
    if (terminal) {
      err.print("\r\u001B[K");
      err.flush();
    }
  }

  private void look() {
    peak = Math.max(peak, retained.getAsLong());
  }

  private void show() {
    Totals totals = Totals.of(jobs);
    long now = System.nanoTime();
    double seconds = (now - lastNanos) / 1e9;
    long in = totals.accepted().bytes();
    long out = totals.shipped().bytes();
    String line =
        String.format(
            Locale.ROOT,
            "%d of %d jobs done, %d running | in %.1f MB/s, out %.1f MB/s"
                + " | retained %.1f of %.1f MiB | dropped %,d bytes",
            totals.done(),
            jobs.size(),
            totals.running(),
            (in - lastIn) / seconds / 1e6,
            (out - lastOut) / seconds / 1e6,
            mib(retained.getAsLong()),
            mib(limit),
            totals.dropped().bytes());
    lastNanos = now;
    lastIn = in;
    lastOut = out;
    if (terminal) {
      err.print("\r" + line + "\u001B[K");
    } else {
      err.println(line);
    }
    err.flush();
  }

  static double mib(long bytes) {
    return bytes / (double) (1 << 20);
  }

  /** Whether stderr is one: the JDK does not tell, Linux does. */
  private static boolean isTerminal() {
    try {
      String target = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }
}
