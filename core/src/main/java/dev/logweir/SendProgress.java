package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * How often a server told, in any call of a sink, that it had done something with a batch, and when
 * it last did. Guarded by its lock, which is the sink's.
 */
final class SendProgress {
  final MemoryLock lock;
  private final @Nullable Time time;
  private int advances;
  private long advancedNanos;

  /**
   * @param lock the sink's
   * @param time the engine's; null for the system's
   */
  SendProgress(MemoryLock lock, @Nullable Time time) {
    this.lock = lock;
    this.time = time;
  }

  void advance() {
    advances++;
    advancedNanos = nanoTime();
  }

  /** Returns how often a part of a batch was taken, or an answer came. */
  int advances() {
    return advances;
  }

  /** Returns when that was last; of no meaning before the first. */
  long advancedNanos() {
    return advancedNanos;
  }

  /** Needs no lock. */
  long nanoTime() {
    return time == null ? System.nanoTime() : time.nanoTime();
  }
}
