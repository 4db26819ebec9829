package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * How often, in any call of a sink, the server took a part of a batch or answered, and when it last
 * did. Its lock is the sink's.
 */
final class SendProgress {
  final MemoryLock lock;
  private final @Nullable EngineTime time;

  @GuardedBy("lock")
  private int advances;

  @GuardedBy("lock")
  private long advancedNanos;

  /**
   * @param lock the sink's
   * @param time the engine's; null for the system's
   */
  SendProgress(MemoryLock lock, @Nullable EngineTime time) {
    this.lock = lock;
    this.time = time;
  }

  @GuardedBy("lock")
  void advance() {
    advances++;
    advancedNanos = nanoTime();
  }

  /** Returns how often a part of a batch was taken, or an answer came. */
  int advances() {
    lock.lock();
    try {
      return advances;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when that was last; of no meaning before the first. */
  long advancedNanos() {
    lock.lock();
    try {
      return advancedNanos;
    } finally {
      lock.unlock();
    }
  }

  /** Needs no lock. */
  long nanoTime() {
    return time == null ? System.nanoTime() : time.nanoTime();
  }
}
