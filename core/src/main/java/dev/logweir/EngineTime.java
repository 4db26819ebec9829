package dev.logweir;

import java.util.concurrent.CountDownLatch;

/**
 * Clock and timers of an engine: the system's, unless {@link LogweirEngine.Builder#time} gives
 * another. That is for tests, in which time passes when the test says so: {@code logweir-test-kit}
 * has a {@code ManualTime}.
 *
 * <p>Must be thread-safe. It is called under locks of the engine, by writes too: so no method but
 * {@link #await} may call Logweir or wait. A timer that is due runs under no lock, on a thread that
 * may do both, such as that of the test.
 */
public interface EngineTime {
  /** Returns the nanoseconds since any origin; they never go back. */
  long nanoTime();

  /** Returns the milliseconds since 1970, for the times of lines. */
  long currentTimeMillis();

  /**
   * Runs a timer once after a delay, or at once if that is not positive; a timer that is already
   * set is set again. The system's time takes no memory for it and never throws between {@link
   * #hold} and {@link #release}.
   */
  void set(EngineTimer timer, long delayNanos);

  /** Cancels a timer, if it has not begun to run. */
  void cancel(EngineTimer timer);

  /**
   * Is called when a job starts. The system's time has a thread for timers until it is released as
   * often as it was held. Does nothing by default.
   *
   * @throws OutOfMemoryError if no thread can be started; then it is not held
   */
  default void hold() {}

  /** Is called when a job has ended. Does nothing by default. */
  default void release() {}

  /**
   * Waits for a latch, at most so long; returns whether it is open. Called with no lock held.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  boolean await(CountDownLatch latch, long nanos) throws InterruptedException;

  /**
   * Is called after the engine and its last job have ended: timers that are still set never run.
   */
  void close();
}
