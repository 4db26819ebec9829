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
        new ScheduledThreadPoolExecutor(1, DeadlineTimer::thread);
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

  /**
   * Makes a thread that outlives the job that needed it first, and so takes nothing from its maker:
   * no inheritable thread local, no context class loader, no thread group and no priority.
   */
  @SuppressWarnings("ThreadPriorityCheck") // the usual priority, not the maker's
  private static Thread thread(Runnable task) {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    Thread thread = new Thread(group, task, "logweir-opslevel-deadline", 0, false);
    thread.setContextClassLoader(DeadlineTimer.class.getClassLoader());
    thread.setPriority(Thread.NORM_PRIORITY);
    thread.setDaemon(true);
    return thread;
  }
}
