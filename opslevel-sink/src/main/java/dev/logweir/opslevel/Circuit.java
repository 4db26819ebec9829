package dev.logweir.opslevel;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.logweir.SendCall;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the jobs of a client from trying an API that is down: when half of the last attempts
 * failed, one attempt at a time probes it and the others wait. Thread-safe.
 *
 * <p>The breaker is Resilience4j's; what it lacks is the waiting. A call that gets no leave pauses
 * until the circuit may be probed, or until the probe under way has ended: whoever ends a probe
 * wakes all. The end of a job wakes its call too, which then tries without leave, as there is
 * nothing to wait for.
 */
final class Circuit {
  static final int WINDOW_CALLS = 20;
  static final int LEAST_CALLS = 10;
  static final float FAILURES_PERCENT = 50;
  static final Duration FIRST_OPEN = Duration.ofSeconds(1);

  /** Short, as one probe a client is no load, and a recovery shall be seen within seconds. */
  static final Duration LONGEST_OPEN = Duration.ofSeconds(5);

  private static final Logger log = LoggerFactory.getLogger(OpsLevelClient.class);

  private final LongSupplier nanoTime;
  private final Retries.Pauses pauses;
  private final Duration longestProbe;
  private final CircuitBreaker breaker;

  private final PausedCalls waiting;

  /** Also held for each call of the breaker that may change its state. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Counts the changes of state, so that leave is known to be of the state that gave it. */
  @GuardedBy("lock")
  private int generation;

  /** How long the server wants to be left alone, by the failure being told. */
  @GuardedBy("lock")
  private long askedMillis;

  private volatile long openUntilNanos;
  private volatile boolean closed;

  @SuppressWarnings("GuardedBy") // the breaker asks for its wait in a call under the lock
  Circuit(OpsLevelClient.Builder settings) {
    nanoTime = settings.nanoTime;
    pauses = settings.pauses;
    waiting = new PausedCalls(pauses);
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

  /**
   * Waits for leave to make an attempt, which uses up no attempt.
   *
   * @param ending whether there is no time to wait, as at the end of the batch's job
   * @throws AttemptException if the client was closed
   */
  Leave enter(SendCall call, boolean ending) throws InterruptedException, AttemptException {
    // Before it asks, so that a change after the refusal finds it there, and a close.
    Object key = waiting.add(call);
    Leave leave;
    try {
      leave = await(call, ending);
    } finally {
      waiting.remove(key);
    }
    boolean taken = false;
    try {
      // A wake that came after leave was given would end the pause after the attempt.
      pauses.forgetWake(call);
      taken = true;
      return leave;
    } finally {
      if (!taken) {
        leave.unused();
      }
    }
  }

  private Leave await(SendCall call, boolean ending) throws InterruptedException, AttemptException {
    while (!closed) {
      Leave leave = ask();
      if (leave.acquired || ending || call.timeLeft().isPresent()) {
        return leave;
      }
      pauses.pause(call, untilNextChange());
    }
    throw AttemptException.ofClosed(null);
  }

  boolean isOpen() {
    return state() != State.CLOSED;
  }

  State state() {
    return switch (breaker.getState()) {
      case CLOSED -> State.CLOSED;
      case HALF_OPEN -> State.HALF_OPEN;
      default -> State.OPEN;
    };
  }

  boolean isShut() {
    return closed;
  }

  /** Wakes and fails all that wait. */
  void close() {
    closed = true;
    waiting.wakeAll();
  }

  private Duration untilNextChange() {
    if (breaker.getState() == CircuitBreaker.State.OPEN) {
      return Duration.ofNanos(Math.max(0, openUntilNanos - nanoTime.getAsLong())).plusMillis(1);
    }
    return longestProbe;
  }

  private Leave ask() {
    lock.lock();
    try {
      CircuitBreaker.State before = breaker.getState();
      boolean acquired = breaker.tryAcquirePermission();
      // From open to half-open: nobody is to be told.
      if (breaker.getState() != before) {
        generation++;
      }
      return new Leave(acquired, acquired && isOpen(), generation);
    } finally {
      lock.unlock();
    }
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
      waiting.wakeAll();
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

  /** Leave for one attempt, whose end must be told; or the lack of it at the end of a job. */
  final class Leave {
    private final boolean acquired;
    private final boolean probe;
    private final int given;

    private Leave(boolean acquired, boolean probe, int given) {
      this.acquired = acquired;
      this.probe = probe;
      this.given = given;
    }

    /** Whether the attempt finds out if the API is up again. */
    boolean isProbe() {
      return probe;
    }

    /** The server is there. One answer is enough to go on, whoever got it. */
    void succeeded() {
      change(
          () -> {
            if (isCurrent()) {
              breaker.onSuccess(0, TimeUnit.NANOSECONDS);
            }
            if (isOpen()) {
              breaker.transitionToClosedState();
            }
          });
    }

    /**
     * The server is not there. What began before a change of the circuit says nothing of the time
     * after.
     */
    @SuppressWarnings("GuardedBy") // change() runs what it is given under the lock
    void failed(AttemptException e) {
      change(
          () -> {
            if (isCurrent()) {
              askedMillis = e.retryAfter().toMillis();
              breaker.onError(0, TimeUnit.NANOSECONDS, e);
            }
          });
    }

    /** The attempt ended without telling anything about the server. */
    void unused() {
      change(
          () -> {
            if (isCurrent()) {
              breaker.releasePermission();
            }
          });
      waiting.wakeAll();
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
