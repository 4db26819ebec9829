package dev.logweir.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Compares what is held since the meter was made with a formula, again and again, and keeps the
 * worst comparison. Thread-safe.
 */
final class HeapMeter {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final ReentrantLock lock = new ReentrantLock();
  private final AtomicInteger occasions = new AtomicInteger();
  private final long base = HeapUse.settled();
  private LongSupplier formula = () -> 0;
  private long allocated;
  private Look worst = new Look(0, 1, 0);

  HeapMeter() {}

  /** Begins to compare: what is given answers the most that may be held, in bytes. */
  void compareWith(LongSupplier limit) {
    lock.lock();
    try {
      formula = limit;
    } finally {
      lock.unlock();
    }
  }

  /** Looks now. */
  Look look() {
    lock.lock();
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      // The formula first: as long as jobs are there it only grows.
      long allowed = formula.getAsLong();
      Look seen = new Look(heldNow(), allowed, worst.number + 1);
      worst = (seen.ratio() > worst.ratio() ? seen : worst).numbered(seen.number);
      return seen;
    } finally {
      allocated += THREADS.getCurrentThreadAllocatedBytes() - before;
      lock.unlock();
    }
  }

  /** Looks at the first occasion, the second, the fourth, and so on. */
  void lookNowAndThen() {
    if (Integer.bitCount(occasions.incrementAndGet()) == 1) {
      look();
    }
  }

  /** Collects, and returns how much more there is than when this was made. */
  long heldNow() {
    return HeapUse.afterCollection() - base;
  }

  /** Returns how much the looks have allocated themselves. */
  long allocatedBytes() {
    lock.lock();
    try {
      return allocated;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the worst comparison so far, with the number of all. */
  Look worst() {
    lock.lock();
    try {
      return worst;
    } finally {
      lock.unlock();
    }
  }

  /**
   * One comparison.
   *
   * @param held bytes that were held
   * @param formula bytes that may be held
   * @param number of the looks so far
   */
  record Look(long held, long formula, int number) {
    double ratio() {
      return (double) held / formula;
    }

    private Look numbered(int looks) {
      return new Look(held, formula, looks);
    }
  }
}
