package dev.logweir.faktory;

import dev.logweir.testkit.Eventually;
import java.util.concurrent.TimeUnit;

/** Lets time pass on the clock of the system. */
final class Waiting {
  private Waiting() {}

  /** For what a library measures by a clock that cannot be given. */
  static void passMillis(long millis) {
    long begun = System.nanoTime();
    Eventually.until(() -> System.nanoTime() - begun > TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
