package dev.logweir;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Free segments of one nominal size, kept up to a bound for the next who needs one.
 *
 * <p>Never waits: where another thread is at the pool, a segment comes from the heap or goes to it.
 */
final class SegmentPool {
  private final ReentrantLock lock = new ReentrantLock();
  private final int nominal;
  private final int maxFree;
  private @Nullable Segment free;
  private int freeCount;

  SegmentPool(int nominal, int maxFree) {
    this.nominal = nominal;
    this.maxFree = maxFree;
  }

  int nominal() {
    return nominal;
  }

  Segment take() {
    if (lock.tryLock()) {
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
    return new Segment(nominal);
  }

  /** Takes back a chain of segments that nobody reads any more. */
  void release(@Nullable Segment chain) {
    if (chain == null || !lock.tryLock()) {
      return;
    }
    try {
      Segment segment = chain;
      while (segment != null && freeCount < maxFree) {
        Segment rest = segment.next;
        segment.clear();
        segment.next = free;
        free = segment;
        freeCount++;
        segment = rest;
      }
    } finally {
      lock.unlock();
    }
  }
}
