package dev.logweir.kubernetes;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** What a watch does next, one task at a time, until the watch has ended. Thread-safe. */
final class WatchTimer {
  private final ReentrantLock lock = new ReentrantLock();

  @GuardedBy("lock")
  private @Nullable ScheduledFuture<?> next;

  @GuardedBy("lock")
  private boolean over;

  /** Runs a task once its time has come, in place of the one before if that has not begun. */
  void schedule(Runnable task, long nanos) {
    lock.lock();
    try {
      if (over) {
        return;
      }
      if (next != null) {
        next.cancel(false);
      }
      next = ExecTimer.schedule(task, nanos);
    } finally {
      lock.unlock();
    }
  }

  /** From now on no task begins. */
  void end() {
    lock.lock();
    try {
      over = true;
      if (next != null) {
        next.cancel(false);
      }
    } finally {
      lock.unlock();
    }
  }
}
