package dev.logweir;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs tasks on other threads, but only when the test says so, and until each has ended or stands
 * still in {@link #park}: nothing happens side by side.
 */
final class SteppedSends implements Executor {
  private static final ExecutorService THREADS =
      Executors.newCachedThreadPool(DaemonThreads.platform("test-send-"));
  private static final long FAILED_AFTER_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Runnable> tasks = new ArrayDeque<>();
  private boolean closed;
  private boolean stubborn;
  private int running;
  private int parked;

  @Override
  public void execute(Runnable task) {
    lock.lock();
    try {
      tasks.add(task);
    } finally {
      lock.unlock();
    }
  }

  int waiting() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }

  /** Runs what was handed over; returns whether there was anything. */
  boolean runAll() {
    boolean any = false;
    lock.lock();
    try {
      while (!tasks.isEmpty()) {
        Runnable task = tasks.remove();
        any = true;
        running++;
        THREADS.execute(() -> run(task));
        awaitQuiet();
      }
    } finally {
      lock.unlock();
    }
    return any;
  }

  private void run(Runnable task) {
    try {
      task.run();
    } finally {
      lock.lock();
      try {
        running--;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /** From now on {@link #park} stands still, or lets all go on. */
  void close(boolean closeNow) {
    lock.lock();
    try {
      closed = closeNow;
      if (!closeNow) {
        running += parked;
        parked = 0;
        changed.signalAll();
        awaitQuiet();
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** From now on who stands still ignores interrupts. */
  void ignoreInterrupts() {
    lock.lock();
    try {
      stubborn = true;
    } finally {
      lock.unlock();
    }
  }

  /** Stands still as long as the way is closed; called on a task's thread. */
  void park() throws InterruptedException {
    lock.lock();
    try {
      if (!closed) {
        return;
      }
      running--;
      parked++;
      changed.signalAll();
      while (closed) {
        try {
          changed.await();
        } catch (InterruptedException e) {
          if (closed && stubborn) {
            continue;
          }
          if (closed) {
            parked--;
            running++;
          }
          throw e;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  int parked() {
    lock.lock();
    try {
      return parked;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until those who were interrupted have left, unless they ignore that. */
  void awaitInterrupted() {
    lock.lock();
    try {
      if (!stubborn) {
        await(() -> parked == 0 && running == 0);
      }
    } finally {
      lock.unlock();
    }
  }

  private void awaitQuiet() {
    await(() -> running == 0);
  }

  /** A state that comes without the test's doing. */
  private interface Check {
    boolean holds();
  }

  private void await(Check check) {
    long left = FAILED_AFTER_NANOS;
    boolean interrupted = false;
    while (!check.holds()) {
      if (left <= 0) {
        throw new AssertionError("waited in vain: " + running + " running, " + parked + " parked");
      }
      try {
        left = changed.awaitNanos(left);
      } catch (InterruptedException ignored) {
        interrupted = true; // a cancellation under test
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
