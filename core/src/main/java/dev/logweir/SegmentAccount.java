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

  /** Returns what so many more segments cost of the budget. */
  long cost(int segments) {
    return (long) Math.max(0, held == 0 ? segments - 1 : segments) * pool.nominal();
  }

  /**
   * Adds so many segments to a row for what comes; none if the budget or the memory is short, or
   * the account is closed.
   */
  Room take(int segments, SegmentRow row) {
    long cost = cost(segments);
    if (closed || (budget != null && !budget.hasRoom(cost))) {
      return Room.NO_SEGMENT;
    }
    // Had before it is counted: what was counted and can't be had would be missing for ever.
    Segment chain = null;
    for (int i = 0; i < segments; i++) {
      Segment segment = pool.take();
      if (segment == null) {
        pool.release(chain);
        return Room.NO_MEMORY;
      }
      segment.next = chain;
      chain = segment;
    }
    if (budget != null && !budget.take(cost)) {
      pool.release(chain);
      return Room.NO_SEGMENT;
    }
    held += segments;
    if (chain != null) {
      row.addRoom(chain);
    }
    return Room.THERE;
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
