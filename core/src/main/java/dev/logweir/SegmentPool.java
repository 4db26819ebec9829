package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Free segments of one nominal size, kept up to a bound for reuse.
 *
 * <p>Never waits: where another thread is at the pool, a segment comes from the heap or goes to it.
 */
final class SegmentPool {
  private static final int SPINS = 64;

  private final MemoryLock lock = new MemoryLock(LockOrder.Level.LEAF);
  private final int nominal;
  private final int maxFree;
  private final IntFunction<Segment> heap;

  @GuardedBy("lock")
  private @Nullable Segment free;

  @GuardedBy("lock")
  private int freeCount;

  /**
   * @param heap makes a segment of a nominal size, or throws an {@link OutOfMemoryError}
   */
  SegmentPool(int nominal, int maxFree, IntFunction<Segment> heap) {
    this.nominal = nominal;
    this.maxFree = maxFree;
    this.heap = heap;
  }

  int nominal() {
    return nominal;
  }

  /** Returns a segment, or null if there is no memory for one. */
  @Nullable Segment take() {
    if (tryLock()) {
      try {
        Segment segment = free;
        if (segment != null) {
          free = segment.next;
          freeCount--;
          segment.next = null;
          return segment;
        }
      } finally {
        lock.unlock();
      }
    }
    try {
      return heap.apply(nominal);
    } catch (OutOfMemoryError ignored) {
      return null;
    }
  }

  /**
   * Takes back a chain of segments that is no longer read; of a longer one than may be kept, the
   * rest is left to the garbage collector.
   */
  void release(@Nullable Segment chain) {
    if (chain == null) {
      return;
    }
    Segment last = chain;
    int count = 1;
    clear(chain);
    for (Segment next = last.next; next != null && count < maxFree; next = last.next) {
      clear(next);
      last = next;
      count++;
    }
    last.next = null;
    if (!tryLock()) {
      return;
    }
    try {
      if (freeCount + count <= maxFree) {
        last.next = free;
        free = chain;
        freeCount += count;
      }
    } finally {
      lock.unlock();
    }
  }

  private static void clear(Segment segment) {
    Segment next = segment.next;
    segment.clear();
    segment.next = next;
  }

  /** The lock is held for a few instructions at a time: mostly it is worth a moment. */
  private boolean tryLock() {
    for (int i = 0; i < SPINS; i++) {
      if (lock.tryLock()) {
        return true;
      }
      Thread.onSpinWait();
    }
    return lock.tryLock();
  }
}
