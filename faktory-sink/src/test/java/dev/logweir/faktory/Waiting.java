package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread or process does. */
final class Waiting {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private Waiting() {}

  /** The limit is reached only when the test fails. */
  static void until(BooleanSupplier condition) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).isLessThan(limit);
      // Leaves the processor to what is waited for; a permit that is there only ends it sooner.
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** For what a library measures by a clock that cannot be given. */
  static void passMillis(long millis) {
    long begun = System.nanoTime();
    until(() -> System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
