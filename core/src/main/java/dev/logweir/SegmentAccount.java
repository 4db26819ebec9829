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

  /** Returns a segment, or null if the budget is spent or the account closed. */
  @Nullable Segment take() {
    if (closed || (budget != null && held > 0 && !budget.take(pool.nominal()))) {
      return null;
    }
    held++;
    return pool.take();
  }

  /** Returns what so many more segments cost of the budget. */
  long cost(int segments) {
    return (long) Math.max(0, held == 0 ? segments - 1 : segments) * pool.nominal();
  }

  /** Returns a chain of so many segments, or null, and then takes none, if the budget is short. */
  @Nullable Segment take(int segments) {
    if (budget != null && !budget.take(cost(segments))) {
      return null;
    }
    held += segments;
    Segment chain = null;
    for (int i = 0; i < segments; i++) {
      Segment segment = pool.take();
      segment.next = chain;
      chain = segment;
    }
    return chain;
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

  /** Runs a short task once, when another place has given something back to the budget. */
  void whenGiven(Runnable task) {
    if (budget != null) {
      budget.whenGiven(task);
    }
  }

  void forget(Runnable task) {
    if (budget != null) {
      budget.forget(task);
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
