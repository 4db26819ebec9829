package dev.logweir.opslevel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Gate;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the jobs of a client from trying an API that is down: when half of the last attempts
 * failed, one attempt at a time probes it and the others wait. Thread-safe.
 *
 * <p>The breaker is Resilience4j's; the waiting for it is the gate's: until the circuit may be
 * probed, or until the probe under way has ended, as the end of a probe wakes all.
 */
final class Circuit extends Gate {
  static final int WINDOW_CALLS = 20;
  static final int LEAST_CALLS = 10;
  static final float FAILURES_PERCENT = 50;
  static final Duration FIRST_OPEN = Duration.ofSeconds(1);

  /** Short, as one probe a client is no load, and a recovery must be noticed within seconds. */
  static final Duration LONGEST_OPEN = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(OpsLevelClient.class);

  private final LongSupplier nanoTime;
  private final Duration longestProbe;
  private final CircuitBreaker breaker;

  /** Also held for each call of the breaker that may change its state. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Counts the changes of state, so that leave is known to be of the state that gave it. */
  @GuardedBy("lock")
  private int generation;

  /** How long the server wants to be left alone, by the failure being reported. */
  @GuardedBy("lock")
  private long askedMillis;

  private volatile long openUntilNanos;

  @SuppressWarnings("GuardedBy") // the breaker asks for its wait in a call under the lock
  Circuit(OpsLevelClient.Builder settings) {
    super(settings.pauses);
    nanoTime = settings.nanoTime;
    longestProbe = settings.attemptTimeout.plusSeconds(1);
    IntervalFunction open =
        IntervalFunction.ofExponentialRandomBackoff(FIRST_OPEN, 2, 0.5, LONGEST_OPEN);
    breaker =
        CircuitBreaker.of(
            "opslevel",
            CircuitBreakerConfig.custom()
                .clock(new NanoClock(nanoTime))
                .slidingWindow(
                    WINDOW_CALLS,
                    LEAST_CALLS,
                    CircuitBreakerConfig.SlidingWindowType.COUNT_BASED,
                    CircuitBreakerConfig.SlidingWindowSynchronizationStrategy.LOCK_FREE)
                .failureRateThreshold(FAILURES_PERCENT)
                .permittedNumberOfCallsInHalfOpenState(1)
                .waitIntervalFunctionInOpenState(
                    openings -> {
                      long millis = Math.max(open.apply(openings), askedMillis);
                      openUntilNanos = nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(millis);
                      return millis;
                    })
                .build());
  }

  @Override
  public boolean isShut() {
    return state() != State.CLOSED;
  }

  State state() {
    return switch (breaker.getState()) {
      case CLOSED -> State.CLOSED;
      case HALF_OPEN -> State.HALF_OPEN;
      default -> State.OPEN;
    };
  }

  @Override
  protected Duration untilNextChange() {
    if (breaker.getState() == CircuitBreaker.State.OPEN) {
      return Duration.ofNanos(Math.max(0, openUntilNanos - nanoTime.getAsLong())).plusMillis(1);
    }
    return longestProbe;
  }

  @Override
  protected @Nullable Leave ask() {
    lock.lock();
    try {
      CircuitBreaker.State before = breaker.getState();
      boolean acquired = breaker.tryAcquirePermission();
      // From open to half-open: no call is to be woken.
      if (breaker.getState() != before) {
        generation++;
      }
      return acquired ? new Permission(true, isShut(), generation) : null;
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected Leave atTheEnd() {
    return new Permission(false, false, 0);
  }

  private void change(Runnable telling) {
    CircuitBreaker.State before;
    CircuitBreaker.State after;
    lock.lock();
    try {
      before = breaker.getState();
      telling.run();
      after = breaker.getState();
      if (after != before) {
        generation++;
      }
    } finally {
      lock.unlock();
    }
    if (after == before) {
      return;
    }
    if (before == CircuitBreaker.State.CLOSED) {
      log.warn("OpsLevel is down: one request at a time probes it, the others wait");
    } else if (after == CircuitBreaker.State.CLOSED) {
      log.info("OpsLevel is up again");
    }
    if (after != CircuitBreaker.State.HALF_OPEN) {
      wakeAll();
    }
  }

  /** Whether requests are sent. */
  enum State {
    CLOSED,
    OPEN,
    /** One request probes. */
    HALF_OPEN;

    String tag() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Leave for one attempt, whose end must be reported; or the lack of it at the end of a job. */
  private final class Permission implements Leave {
    private final boolean acquired;
    private final boolean probe;
    private final int given;

    Permission(boolean acquired, boolean probe, int given) {
      this.acquired = acquired;
      this.probe = probe;
      this.given = given;
    }

    @Override
    public boolean isProbe() {
      return probe;
    }

    /** The server is there. One answer to any call is enough to go on. */
    @Override
    public void succeeded() {
      change(
          () -> {
            if (isCurrent()) {
              breaker.onSuccess(0, TimeUnit.NANOSECONDS);
            }
            if (isShut()) {
              breaker.transitionToClosedState();
            }
          });
    }

    /**
     * The server is not there. What began before a change of the circuit says nothing of the time
     * after.
     */
    @Override
    @SuppressWarnings("GuardedBy") // change() runs what it is given under the lock
    public void failed(AttemptException e) {
      change(
          () -> {
            if (isCurrent()) {
              askedMillis = e.retryAfter().toMillis();
              breaker.onError(0, TimeUnit.NANOSECONDS, e);
            }
          });
    }

    /** The attempt ended without a sign of the server's state. */
    @Override
    public void unused() {
      change(
          () -> {
            if (isCurrent()) {
              breaker.releasePermission();
            }
          });
      wakeAll();
    }

    @SuppressWarnings("GuardedBy") // change() runs what it is given under the lock
    private boolean isCurrent() {
      return acquired && given == generation;
    }
  }

  /** The breaker reckons in instants; only their differences matter. */
  private static final class NanoClock extends Clock {
    private final LongSupplier nanoTime;

    NanoClock(LongSupplier nanoTime) {
      this.nanoTime = nanoTime;
    }

    @Override
    public Instant instant() {
      return Instant.EPOCH.plusNanos(nanoTime.getAsLong());
    }

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }
  }
}
