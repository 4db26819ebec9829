package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Something that is to happen once its time has come; its owner makes it with itself and sets it as
 * often as it likes.
 *
 * <p>It is its own node of the queue of those that are set, so that neither setting nor cancelling
 * takes memory: a deadline that could not be had for want of it would be no deadline. What is here
 * belongs to the {@link Time} by which it is set, and is guarded by that.
 */
abstract class Timer {
  /** The first of those that come after it in the queue and are known to. */
  @Nullable Timer child;

  /** The next one with the same parent. */
  @Nullable Timer next;

  /**
   * The one with the same parent before it, or the parent, or itself at the top; null if not set.
   */
  @Nullable Timer previous;

  long dueNanos;

  /** Which of two that are due at the same moment was set first. */
  int order;

  /** Is called on the timer's thread with no lock; short, and never waits. */
  abstract void run();
}
