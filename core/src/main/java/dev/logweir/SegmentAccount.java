package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The segments that one place of a job holds, charged to the budget over all jobs if there is one.
 *
 * <p>The first segment comes out of a reserve that the place keeps for the job's whole life.
 * Guarded by the place's lock.
 */
final class SegmentAccount {
  private final SegmentPool pool;
  private final @Nullable MemoryBudget budget;
  private int held;
  private boolean closed;

  /** Whether it was the heap that refused what was asked for last. */
  private boolean memoryShort;

  /** The reserve must have been taken out of the budget before. */
  SegmentAccount(SegmentPool pool, @Nullable MemoryBudget budget) {
    this.pool = pool;
    this.budget = budget;
  }

  int held() {
    return held;
  }

  long heldBytes() {
    return (long) held * pool.nominal();
  }

  int nominal() {
    return pool.nominal();
  }

  int capacity() {
    return Segment.capacity(pool.nominal());
  }

  /**
   * Returns a segment, or null if the budget is spent, there is no memory, or the account is
   * closed.
   */
  @Nullable Segment take() {
    return closed ? null : take(1);
  }

  /** Returns what so many more segments cost of the budget. */
  long cost(int segments) {
    return (long) Math.max(0, held == 0 ? segments - 1 : segments) * pool.nominal();
  }

  /**
   * Returns a chain of so many segments, or null, and then takes none, if the budget or the memory
   * is short.
   */
  @Nullable Segment take(int segments) {
    memoryShort = false;
    long cost = cost(segments);
    if (budget != null && !budget.hasRoom(cost)) {
      return null;
    }
    // Had before it is counted: what was counted and can't be had would be missing for ever.
    Segment chain = null;
    for (int i = 0; i < segments; i++) {
      Segment segment = pool.take();
      if (segment == null) {
        memoryShort = true;
        pool.release(chain);
        return null;
      }
      segment.next = chain;
      chain = segment;
    }
    if (budget != null && !budget.take(cost)) {
      pool.release(chain);
      return null;
    }
    held += segments;
    return chain;
  }

  /** Whether what was asked for last and refused was refused for want of memory. */
  boolean isMemoryShort() {
    return memoryShort;
  }

  /**
   * Takes segments out of the account; the caller gives them to the pool or to the garbage
   * collector.
   */
  void give(int segments) {
    if (segments == 0) {
      return;
    }
    int before = held;
    held -= segments;
    if (budget != null) {
      int common = Math.max(0, before - 1) - Math.max(0, held - 1);
      if (closed && held == 0) {
        common++;
      }
      budget.give((long) common * pool.nominal());
    }
  }

  void recycle(@Nullable Segment chain) {
    pool.release(chain);
  }

  boolean isLimited() {
    return budget != null;
  }

  /** Wakes a waiter once, when another place has given something back to the budget. */
  void whenGiven(MemoryBudget.Waiter waiter) {
    if (budget != null) {
      budget.whenGiven(waiter);
    }
  }

  void forget(MemoryBudget.Waiter waiter) {
    if (budget != null) {
      budget.forget(waiter);
    }
  }

  /** Gives the reserve back, now or when the last segment is given. */
  void close() {
    if (!closed) {
      closed = true;
      if (budget != null && held == 0) {
        budget.give(pool.nominal());
      }
    }
  }
}
