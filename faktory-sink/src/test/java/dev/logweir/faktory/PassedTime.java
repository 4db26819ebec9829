package dev.logweir.faktory;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The time of a client's pauses, which nobody waits for: only they use it up. */
final class PassedTime {
  private final AtomicLong nanos = new AtomicLong();

  private PassedTime() {}

  static FaktoryClient.Builder in(FaktoryClient.Builder builder) {
    PassedTime time = of(builder);
    builder.pauses = (call, pause) -> time.pass(pause);
    return builder;
  }

  /** The time of a client whose pauses say themselves what else they do. */
  static PassedTime of(FaktoryClient.Builder builder) {
    PassedTime time = new PassedTime();
    builder.nanoTime = time.nanos::get;
    return time;
  }

  /** Pauses side by side take no longer than the longest of them. */
  void pass(Duration pause) {
    nanos.accumulateAndGet(nanos.get() + pause.toNanos(), Math::max);
  }
}
