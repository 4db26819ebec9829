package dev.logweir;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The system's time, with one timer thread that exists while there is something to wait for. */
final class SystemTime implements Time {
  private static final long IDLE_SECONDS = 5;

  private final ScheduledThreadPoolExecutor timer;

  SystemTime(String threadName) {
    timer = new ScheduledThreadPoolExecutor(1, task -> DaemonThreads.thread(threadName, task));
    timer.setRemoveOnCancelPolicy(true);
    timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public @Nullable Entry schedule(Runnable task, long delayNanos) {
    Task entry = null;
    try {
      entry = new Task(task);
      entry.future = timer.schedule(entry, delayNanos, TimeUnit.NANOSECONDS);
      return entry;
    } catch (RejectedExecutionException | OutOfMemoryError ignored) {
      // Closed, or no thread or memory to be had: who waits for a deadline looks at the clock too.
      if (entry != null) {
        entry.cancel(); // it may be in the timer's queue all the same
      }
      return null;
    }
  }

  /** What is to be done, until it is cancelled. */
  private static final class Task implements Runnable, Entry {
    private volatile @Nullable Runnable action;
    private volatile @Nullable ScheduledFuture<?> future;

    Task(Runnable action) {
      this.action = action;
    }

    @Override
    public void run() {
      Runnable now = action;
      if (now != null) {
        now.run();
      }
    }

    @Override
    public void cancel() {
      action = null;
      ScheduledFuture<?> scheduled = future;
      if (scheduled != null) {
        scheduled.cancel(false);
      }
    }
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    return latch.await(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    try {
      timer.shutdownNow();
    } catch (OutOfMemoryError ignored) {
      timer.getQueue().clear();
      timer.shutdown(); // which makes no list of what is left
    }
  }
}
