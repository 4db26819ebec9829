package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A hard ceiling over the segments of all jobs that share it.
 *
 * <p>When it is spent, a write drops lines as {@code budget} and never waits; each job keeps a
 * reserve of one segment per stream and one per sink, taken at its start. Thread-safe.
 */
public final class MemoryBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong gifts = new AtomicLong();

  /** Held for a few instructions, and within a place's lock. */
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.LEAF);

  private volatile @Nullable Waiter first;

  @GuardedBy("lock")
  private @Nullable Waiter last;

  @GuardedBy("lock")
  private long waits;

  private MemoryBudget(long limit) {
    this.limit = limit;
  }

  /**
   * Returns a budget.
   *
   * @param bytes heap bytes, at least 64 KiB
   * @throws IllegalArgumentException if {@code bytes} is out of range
   */
  public static MemoryBudget of(long bytes) {
    Checks.atLeast("budget", bytes, 64 << 10);
    return new MemoryBudget(bytes);
  }

  /** Returns the ceiling in heap bytes. */
  public long limitBytes() {
    return limit;
  }

  /**
   * Returns the heap bytes taken out of it: segments in use and the reserves of the jobs started.
   */
  public long usedBytes() {
    return used.get();
  }

  boolean take(long bytes) {
    long now = used.get();
    while (now + bytes <= limit) {
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
      now = used.get();
    }
    return false;
  }

  boolean hasRoom(long bytes) {
    return used.get() + bytes <= limit;
  }

  /** Returns how often bytes were given back: a waiter that missed one tries again. */
  long gifts() {
    return gifts.get();
  }

  void give(long bytes) {
    if (bytes > 0) {
      used.addAndGet(-bytes);
      gifts.incrementAndGet();
      wake();
    }
  }

  /**
   * A waiter for bytes to be given back: it is its own node of the list, so that waiting allocates
   * nothing.
   */
  static final class Waiter {
    private final Runnable task;
    private boolean waiting;
    private long number;
    private @Nullable Waiter previous;
    private @Nullable Waiter next;

    /**
     * @param task must be short and throw nothing: it runs on the giver's thread
     */
    Waiter(Runnable task) {
      this.task = task;
    }
  }

  /** Runs a waiter's task once, when something has been given back. */
  void whenGiven(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.waiting) {
        return;
      }
      waiter.waiting = true;
      waiter.number = ++waits;
      waiter.previous = last;
      if (last == null) {
        first = waiter;
      } else {
        last.next = waiter;
      }
      last = waiter;
    } finally {
      lock.unlock();
    }
  }

  private void wake() {
    if (first == null) {
      return;
    }
    long newest;
    lock.lock();
    try {
      newest = waits; // a waiter that waits again meanwhile is for the next giver
    } finally {
      lock.unlock();
    }
    for (Waiter waiter = poll(newest); waiter != null; waiter = poll(newest)) {
      waiter.task.run();
    }
  }

  private @Nullable Waiter poll(long newest) {
    lock.lock();
    try {
      Waiter waiter = first;
      if (waiter == null || waiter.number > newest) {
        return null;
      }
      remove(waiter);
      return waiter;
    } finally {
      lock.unlock();
    }
  }

  void forget(Waiter waiter) {
    lock.lock();
    try {
      if (waiter.waiting) {
        remove(waiter);
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void remove(Waiter waiter) {
    Waiter before = waiter.previous;
    Waiter after = waiter.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    waiter.previous = null;
    waiter.next = null;
    waiter.waiting = false;
  }

  @Override
  public String toString() {
    return "MemoryBudget[" + usedBytes() + " of " + limit + " bytes used]";
  }
}
