package dev.logweir;

import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

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
  private final Set<Runnable> waiting = ConcurrentHashMap.newKeySet();

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

  /** Returns how often something was given back: who missed that tries again. */
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
   * Runs a task once, when something has been given back. It must be short: it runs on the giver's
   * thread.
   */
  void whenGiven(Runnable task) {
    waiting.add(task);
  }

  private void wake() {
    if (waiting.isEmpty()) {
      return;
    }
    for (Iterator<Runnable> tasks = waiting.iterator(); tasks.hasNext(); ) {
      Runnable task = tasks.next();
      tasks.remove();
      task.run();
    }
  }

  void forget(Runnable task) {
    waiting.remove(task);
  }

  @Override
  public String toString() {
    return "MemoryBudget[" + usedBytes() + " of " + limit + " bytes used]";
  }
}
