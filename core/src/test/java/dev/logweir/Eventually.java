package dev.logweir;

import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Waits for what another thread of the library does after the test's own code has returned to it.
 */
final class Eventually {
  private Eventually() {}

  /** Waits until a condition holds; the limit is reached only when the test fails. */
  static void until(BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - limit > 0) {
        throw new AssertionError("waited in vain");
      }
      Thread.onSpinWait();
    }
  }
}
