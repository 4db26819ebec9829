package dev.logweir;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Time that passes when a test says so; what is due runs on the test's thread. */
final class ManualTime implements Time {
  private static final long START_MILLIS = 1_790_000_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<Timer> tasks = new ArrayList<>();
  private int waiting;
  private long nanos;
  private int number;

  @Override
  public long nanoTime() {
    lock.lock();
    try {
      return nanos;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long currentTimeMillis() {
    return START_MILLIS + TimeUnit.NANOSECONDS.toMillis(nanoTime());
  }

  @Override
  public void set(Timer timer, long delayNanos) {
    lock.lock();
    try {
      tasks.remove(timer);
      timer.dueNanos = nanos + Math.max(0, delayNanos);
      timer.order = number++;
      tasks.add(timer);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel(Timer timer) {
    lock.lock();
    try {
      tasks.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  /** Runs what a test has to do at a time. */
  void schedule(Runnable action, long delayNanos) {
    set(
        new Timer() {
          @Override
          void run() {
            action.run();
          }
        },
        delayNanos);
  }

  /**
   * Waits for the latch whatever the time, unless there is none; the limit is reached only when the
   * test fails.
   */
  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    if (nanos <= 0) {
      return latch.await(0, TimeUnit.SECONDS);
    }
    countWaiting(1);
    try {
      return latch.await(30, TimeUnit.SECONDS);
    } finally {
      countWaiting(-1);
    }
  }

  private void countWaiting(int change) {
    lock.lock();
    try {
      waiting += change;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many threads are in {@link #await}; the limit is reached only by a failure. */
  void awaitWaiting(int threads) throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(30);
    lock.lock();
    try {
      while (waiting < threads) {
        if (left <= 0) {
          throw new AssertionError("waited in vain: " + waiting + " threads wait");
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      tasks.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a task is set for so long from now; the limit is reached only by a failure. */
  void awaitTask(Duration delay) throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(30);
    lock.lock();
    try {
      while (tasks.stream().noneMatch(task -> task.dueNanos == nanos + delay.toNanos())) {
        if (left <= 0) {
          throw new AssertionError("no task is set for " + delay + " from now");
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many tasks wait for their time. */
  int pending() {
    lock.lock();
    try {
      return tasks.size();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the nanoseconds to the next task, at most {@code limit}; 0 or less if it is due. */
  long nanosToNext(long limit) {
    lock.lock();
    try {
      return tasks.stream().mapToLong(task -> task.dueNanos - nanos).reduce(limit, Math::min);
    } finally {
      lock.unlock();
    }
  }

  /** Lets time pass, running what becomes due in its order. */
  void advance(Duration duration) {
    long end = nanoTime() + duration.toNanos();
    for (Timer task = nextDue(end); task != null; task = nextDue(end)) {
      task.run();
    }
    lock.lock();
    try {
      nanos = end;
    } finally {
      lock.unlock();
    }
  }

  private Timer nextDue(long end) {
    lock.lock();
    try {
      Timer next =
          tasks.stream()
              .filter(task -> task.dueNanos <= end)
              .min(Comparator.<Timer>comparingLong(t -> t.dueNanos).thenComparingInt(t -> t.order))
              .orElse(null);
      if (next != null) {
        tasks.remove(next);
        nanos = Math.max(nanos, next.dueNanos);
      }
      return next;
    } finally {
      lock.unlock();
    }
  }
}
