package dev.logweir;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Clock and timers of an engine. Tasks are short and never wait. */
interface Time {
  long nanoTime();

  long currentTimeMillis();

  /**
   * Runs a task once after a delay, on the timer's thread; null if no thread could be had for it.
   */
  @Nullable Entry schedule(Runnable task, long delayNanos);

  /** Waits for a latch, at most so long; returns whether it is open. */
  boolean await(CountDownLatch latch, long nanos) throws InterruptedException;

  /** Ends the timer's thread; tasks not yet due are forgotten. */
  void close();

  /** A task that waits for its time. */
  interface Entry {
    void cancel();
  }
}
