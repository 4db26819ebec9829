package dev.logweir.kubernetes;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Runs what is due, of all commands in pods: on one thread that only waits, and on as many as there
 * are requests under way. All are daemons and end when they were idle for 10 s.
 */
final class ExecTimer {
  private static final int IDLE_SECONDS = 10;
  private static final ScheduledThreadPoolExecutor TIMER = timer();
  private static final ThreadPoolExecutor REQUESTS =
      new ThreadPoolExecutor(
          0,
          Integer.MAX_VALUE,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new SynchronousQueue<>(),
          task -> daemon("logweir-pod-request", task));

  private ExecTimer() {}

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor timer =
        new ScheduledThreadPoolExecutor(1, task -> daemon("logweir-pod-timer", task));
    timer.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    timer.allowCoreThreadTimeOut(true);
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Runs a task once, which may wait for an answer. */
  static ScheduledFuture<?> schedule(Runnable task, long nanos) {
    return TIMER.schedule(() -> REQUESTS.execute(task), nanos, TimeUnit.NANOSECONDS);
  }

  static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(null, task, name, 0, false);
    thread.setDaemon(true);
    thread.setContextClassLoader(ExecTimer.class.getClassLoader());
    return thread;
  }
}
