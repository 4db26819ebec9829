package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Something of an engine that is to happen once its time has come: only the engine makes one, and
 * an {@link EngineTime} runs it.
 */
public abstract class EngineTimer {
  /*
   * Its owner makes it with itself and sets it as often as it likes. It is its own node of the queue
   * of those that are set, so that neither setting nor cancelling takes memory: a deadline that
   * could not be had for want of it would be no deadline. What is here belongs to the SystemTime by
   * which it is set, and is guarded by that.
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

  /** Does what its time has come for. To be called with no lock held; short, and never waits. */
  public abstract void run();
}
