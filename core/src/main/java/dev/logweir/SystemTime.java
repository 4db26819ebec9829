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
    try {
      ScheduledFuture<?> future = timer.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
      return () -> future.cancel(false);
    } catch (RejectedExecutionException | OutOfMemoryError ignored) {
      // Closed, or no thread to be had: who waits for a deadline looks at the clock itself too.
      return null;
    }
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    return latch.await(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
