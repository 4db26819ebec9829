package dev.logweir.opslevel;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Runs tasks later, each short. */
interface DeadlineTimer extends AutoCloseable {
  /**
   * Runs a task after a delay, unless the result is cancelled.
   *
   * @throws RejectedExecutionException if this is closed
   */
  Future<?> schedule(Runnable task, Duration delay);

  /** Drops all tasks and ends the thread. */
  @Override
  void close();

  /** Returns a timer with one daemon thread, which ends when it has been idle for 5 s. */
  static DeadlineTimer onOneThread() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "logweir-opslevel-deadline");
              thread.setDaemon(true);
              return thread;
            });
    executor.setRemoveOnCancelPolicy(true);
    executor.setKeepAliveTime(5, TimeUnit.SECONDS);
    executor.allowCoreThreadTimeOut(true);
    return new DeadlineTimer() {
      @Override
      public Future<?> schedule(Runnable task, Duration delay) {
        return executor.schedule(task, delay.toNanos(), TimeUnit.NANOSECONDS);
      }

      @Override
      public void close() {
        executor.shutdownNow();
      }
    };
  }
}
