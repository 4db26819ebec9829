package dev.logweir;

import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * The writes to one stream that wait for room: which of them is next, and what wakes them. Guarded
 * by the stream's lock, which a write gives up while it waits.
 */
final class WaitingWriters {
  /** For all streams without a waiting write: there is none to wake. */
  static final WaitingWriters NOBODY =
      new WaitingWriters(new MemoryLock(LockOrder.Level.STREAM), true);

  private final MemoryLock lock;
  private @Nullable Condition roomFreed;

  /** Whether such a write is under way: others come after it, whole. */
  private boolean writing;

  /** Whether all waiting has ended, as the stream is closed. */
  private boolean over;

  /**
   * @param over whether the stream is closed
   */
  WaitingWriters(MemoryLock lock, boolean over) {
    this.lock = lock;
    this.over = over;
  }

  /**
   * Waits until no other such write is under way.
   *
   * @return whether others are to wait for this one, until {@link #end}
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean begin() throws InterruptedException {
    while (writing && !over) {
      await(true);
    }
    boolean first = !writing;
    writing = true;
    return first;
  }

  void end() {
    writing = false;
    signal();
  }

  /**
   * Waits until there may be room, or the stream is closed; may return without.
   *
   * @param told whether room is signalled: memory is not
   */
  void await(boolean told) throws InterruptedException {
    if (roomFreed == null) {
      roomFreed = lock.condition();
    }
    lock.await(told ? roomFreed : null);
  }

  void signal() {
    if (roomFreed != null) {
      roomFreed.signalAll();
    }
  }

  /** Ends all waiting. */
  void close() {
    over = true;
    signal();
  }
}
