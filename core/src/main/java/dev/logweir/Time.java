package dev.logweir;

import java.util.concurrent.CountDownLatch;

/** Clock and timers of an engine. Thread-safe. */
interface Time {
  long nanoTime();

  long currentTimeMillis();

  /**
   * Lets a timer run once after a delay, or at once if that is not positive; one that is set is set
   * anew. Takes no memory and never throws between {@link #hold} and {@link #release}.
   */
  void set(Timer timer, long delayNanos);

  /** Lets it not run, if it has not begun to. Takes no memory and never throws. */
  void cancel(Timer timer);

  /**
   * Has a thread for timers, until it is released as often as it was held.
   *
   * @throws OutOfMemoryError if none can be had; then it is not held
   */
  default void hold() {}

  /** Lets the thread end once no timer is set and nobody else holds it. */
  default void release() {}

  /** Waits for a latch, at most so long; returns whether it is open. */
  boolean await(CountDownLatch latch, long nanos) throws InterruptedException;

  /** Ends the timers' thread; those not yet due are forgotten. */
  void close();
}
