package dev.logweir.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A lock whose changes others wait for. What is given to its methods runs under it. */
final class Monitor {
  /** How long a wait of a test lasts until it has failed. */
  static final long LIMIT_SECONDS = 30;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Does something that others may wait for. */
  void run(Runnable action) {
    lock.lock();
    try {
      action.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Does something that others may wait for, or only looks; returns what it returns. */
  <T extends @Nullable Object> T get(Supplier<T> action) {
    lock.lock();
    try {
      T result = action.get();
      changed.signalAll();
      return result;
    } finally {
      lock.unlock();
    }
  }

  /** Waits as long as it takes. */
  void await(BooleanSupplier condition) throws InterruptedException {
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits as long as it takes, also if interrupted. */
  void awaitUninterruptibly(BooleanSupplier condition) {
    lock.lock();
    try {
      while (!condition.getAsBoolean()) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a count is at least so much. */
  void awaitAtLeast(String what, IntSupplier count, int wanted) throws InterruptedException {
    await(what, count, wanted, () -> count.getAsInt() >= wanted);
  }

  /** Waits until a count is at most so much. */
  void awaitAtMost(String what, IntSupplier count, int wanted) throws InterruptedException {
    await(what, count, wanted, () -> count.getAsInt() <= wanted);
  }

  private void await(String what, IntSupplier count, int wanted, BooleanSupplier holds)
      throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    lock.lock();
    try {
      while (!holds.getAsBoolean()) {
        if (left <= 0) {
          throw new AssertionError(
              what + ": " + count.getAsInt() + " after " + LIMIT_SECONDS + " s, not " + wanted);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
