package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * A timer of an engine: only the engine makes one, and an {@link EngineTime} runs it, on its own
 * thread. For a user it has nothing but that call.
 */
public abstract class EngineTimer {
  /*
   * Its owner creates it together with itself and sets it any number of times. It is its own node
   * in the queue of set timers, so that setting and cancelling allocate nothing: a deadline must
   * also come when there is no memory. The fields belong to the SystemTime that it is set by, and
   * are guarded by that.
   */

  /** The first of those that come after it in the queue and are known to. */
  @Nullable EngineTimer child;

  /** The next one with the same parent. */
  @Nullable EngineTimer next;

  /**
   * The one with the same parent before it, or the parent, or itself at the top; null if not set.
   */
  @Nullable EngineTimer previous;

  long dueNanos;

  /** Which of two that are due at the same moment was set first. */
  int order;

  EngineTimer() {}

  /** Does what the timer was set for. To be called with no lock held; short, and never waits. */
  public abstract void run();
}
