package dev.logweir.testkit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something that another thread or process does without a signal. */
public final class Eventually {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Eventually() {}

  /**
   * Waits until a condition holds, which is checked about a thousand times a second.
   *
   * @throws AssertionError if it does not within 30 s, a limit that only a failure reaches
   */
  public static void until(BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(Monitor.LIMIT_SECONDS);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - limit > 0) {
        throw new AssertionError("waited in vain for " + Monitor.LIMIT_SECONDS + " s");
      }
      // Leaves the processor to what is waited for; a permit that is there only ends it sooner.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
