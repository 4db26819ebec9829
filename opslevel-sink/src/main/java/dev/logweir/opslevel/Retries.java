package dev.logweir.opslevel;

import dev.logweir.SendCall;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Repeats attempts that failed for now, with pauses that grow and vary. Thread-safe.
 *
 * <p>The policy is Resilience4j's; the pauses are the call's, so that the end of a job wakes them.
 */
final class Retries {
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  static final double MULTIPLIER = 2;

  /** A pause is drawn from half to one and a half of its nominal length. */
  static final double JITTER = 0.5;

  /** At the end, so that the last moment is not filled with attempts. */
  static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

  /** Between attempts at an API that is away, so that its return is seen within seconds. */
  static final Duration LONGEST_AWAY_PAUSE = Circuit.LONGEST_OPEN;

  /** Pauses grow no longer after so many attempts. */
  private static final int GROWING_PAUSES = 8;

  /** How many pauses of the longest length an end leaves time for; they grow no longer then. */
  private static final int LAST_PAUSES = 8;

  private static final long WARNINGS_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final Logger log = LoggerFactory.getLogger(OpsLevelClient.class);

  private final Duration attemptTimeout;
  private final Duration overallTimeout;
  private final Pauses pauses;
  private final PausedCalls pausing;
  private final LongSupplier nanoTime;
  private final int attempts;
  private final Circuit circuit;
  private final OpsLevelMetrics metrics;
  private final IntervalFunction backoff;
  private final Retry retry;

  /** Whether a streak of failures was told that has not ended. */
  private final AtomicBoolean failing = new AtomicBoolean();

  private final AtomicLong nextWarning;
  private final AtomicBoolean tokenRefused = new AtomicBoolean();

  Retries(OpsLevelClient.Builder settings, Circuit circuit) {
    this.circuit = circuit;
    metrics = settings.metrics;
    attempts = settings.attempts;
    attemptTimeout = settings.attemptTimeout;
    overallTimeout = settings.overallTimeout;
    pauses = settings.pauses;
    pausing = new PausedCalls(pauses);
    nanoTime = settings.nanoTime;
    nextWarning = new AtomicLong(nanoTime.getAsLong());
    backoff =
        IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, MULTIPLIER, JITTER, LONGEST_PAUSE);
    retry =
        Retry.of(
            "opslevel",
            RetryConfig.custom()
                .maxAttempts(settings.attempts)
                .retryOnException(e -> e instanceof AttemptException failure && failure.isRetried())
                .intervalBiFunction(
                    (attempt, failure) ->
                        Math.max(backoff.apply(attempt), retryAfterMillis(failure.getLeft())))
                .build());
  }

  /** Begins the time that the requests of one delivery may take together. */
  Budget begin() {
    return new Budget(nanoTime.getAsLong(), overallTimeout, false);
  }

  /** Begins a time that also bounds the waiting for the API, as the end of a job does. */
  Budget begin(Duration time) {
    return new Budget(nanoTime.getAsLong(), time, true);
  }

  /**
   * Tries until an attempt succeeds.
   *
   * @param call gives the time left and the pauses
   * @throws AttemptException the last failure
   */
  void run(SendCall call, Budget budget, Attempt attempt)
      throws AttemptException, InterruptedException {
    AttemptResult end = AttemptResult.INTERRUPTED;
    try {
      repeat(call, budget, attempt);
      end = AttemptResult.OK;
    } catch (AttemptException e) {
      end = e.result();
      throw e;
    } finally {
      metrics.requested(end);
    }
  }

  private void repeat(SendCall call, Budget budget, Attempt attempt)
      throws AttemptException, InterruptedException {
    Retry.AsyncContext<?> tries = retry.asyncContext();
    int probes = 0;
    int away = 0;
    int counted = 0;
    Unanswered unanswered = new Unanswered();
    for (int tried = 1; ; tried++) {
      long asked = nanoTime.getAsLong();
      Circuit.Leave leave = circuit.enter(call, budget.ending);
      if (!budget.ending) {
        budget.begun += nanoTime.getAsLong() - asked;
      }
      Limit limit = limit(call, budget, leave);
      long begun = nanoTime.getAsLong();
      AttemptException failure = tryOnce(attempt, leave, limit);
      if (failure == null) {
        tries.onComplete();
        succeeded();
        return;
      }
      if (failure.result().isOutage()) {
        budget.begun += unanswered.forget();
      }
      Duration pause;
      Optional<Duration> untilEnd = timeLeft(call, budget);
      boolean waitsForCircuit = leave.isProbe() && untilEnd.isEmpty();
      if (untilEnd.isEmpty() && isWaitedFor(failure, limit)) {
        failed(failure);
        long ended = nanoTime.getAsLong();
        if (failure.result().isTakenPerhaps() && left(budget).compareTo(Duration.ZERO) <= 0) {
          throw failure;
        }
        Duration next = circuit.isOpen() ? Duration.ZERO : awayPause(++away, failure);
        if (!next.isZero()) {
          pause(call, next);
        }
        budget.begun += nanoTime.getAsLong() - (failure.result().isTakenPerhaps() ? ended : begun);
        continue;
      }
      if (waitsForCircuit
          && failure.isRetried()
          && !failure.isAcceptedPerhaps()
          && probes++ < attempts) {
        // An open circuit itself tells when to go on.
        pause = circuit.isOpen() ? Duration.ZERO : failure.retryAfter();
      } else if (untilEnd.isPresent() && isTriedToTheEnd(failure)) {
        pause =
            Duration.ofMillis(
                Math.max(backoff.apply(Math.min(tried, LAST_PAUSES)), retryAfterMillis(failure)));
      } else {
        long pauseMillis;
        if (failure.isUnanswered()) {
          unanswered.add(nanoTime.getAsLong() - begun);
          pauseMillis = failure.isRetried() ? backoff.apply(counted + unanswered.count) : -1;
        } else {
          counted++;
          pauseMillis = tries.onError(failure);
        }
        if (pauseMillis < 0 || counted + unanswered.count >= attempts) {
          failed(failure);
          throw failure;
        }
        pause = Duration.ofMillis(pauseMillis);
      }
      failed(failure);
      Duration left = left(budget);
      if (untilEnd.isPresent()) {
        left = min(left, untilEnd.get());
        pause = min(pause, max(left.dividedBy(LAST_PAUSES), SHORTEST_PAUSE));
      }
      if (pause.compareTo(left) >= 0) {
        throw failure;
      }
      if (!pause.isZero()) {
        pause(call, pause);
      }
    }
  }

  /**
   * Attempts and time bound what is tried against an API that answers. One that is away is waited
   * for, at no cost of either, until it is back or the job ends.
   */
  private boolean isWaitedFor(AttemptException failure, Limit limit) {
    boolean cut =
        failure.result() == AttemptResult.TIMED_OUT && limit.time.compareTo(attemptTimeout) < 0;
    return failure.isRetried() && failure.isAway() && !cut && attempts > 1;
  }

  private Duration awayPause(int tried, AttemptException failure) {
    Duration pause = Duration.ofMillis(backoff.apply(Math.min(tried, GROWING_PAUSES)));
    return max(min(pause, LONGEST_AWAY_PAUSE), failure.retryAfter());
  }

  /**
   * What was tried before the end of a job shall not count against it: then time is the bound,
   * unless it is the input that the server fails at, or it may take it each time.
   */
  private boolean isTriedToTheEnd(AttemptException failure) {
    return failure.isRetried()
        && failure.result().server() != AttemptResult.Server.UP
        && !failure.isAcceptedPerhaps()
        && attempts > 1;
  }

  private void pause(SendCall call, Duration pause) throws InterruptedException {
    Object key = pausing.add(call);
    try {
      if (!circuit.isShut()) {
        pauses.pause(call, pause);
      }
    } finally {
      pausing.remove(key);
    }
  }

  /** Ends all pauses, once the circuit is shut, which fails what goes on. */
  void close() {
    pausing.wakeAll();
  }

  private @Nullable AttemptException tryOnce(Attempt attempt, Circuit.Leave leave, Limit limit)
      throws InterruptedException {
    boolean told = false;
    AttemptResult result = AttemptResult.INTERRUPTED;
    long begun = nanoTime.getAsLong();
    try {
      attempt.run(limit.time);
      result = AttemptResult.OK;
      leave.succeeded();
      told = true;
      return null;
    } catch (AttemptException e) {
      result = e.result();
      // An attempt cut short by the end of its job says nothing about the server.
      boolean cut = e.result() == AttemptResult.TIMED_OUT && limit.ofJob;
      if (e.result().server() == AttemptResult.Server.UP) {
        leave.succeeded();
        told = true;
      } else if (e.result().server() == AttemptResult.Server.DOWN && !cut) {
        leave.failed(e);
        told = true;
      }
      return e;
    } finally {
      if (!told) {
        leave.unused();
      }
      metrics.attempted(result, nanoTime.getAsLong() - begun);
    }
  }

  private Limit limit(SendCall call, Budget budget, Circuit.Leave leave) throws AttemptException {
    Duration limit = budget.ending ? attemptTimeout : min(attemptTimeout, left(budget));
    Optional<Duration> untilEnd = timeLeft(call, budget);
    boolean ofJob = untilEnd.isPresent() && untilEnd.get().compareTo(limit) < 0;
    if (ofJob) {
      limit = untilEnd.get();
    }
    if (limit.isZero() || limit.isNegative()) {
      leave.unused();
      throw new AttemptException(AttemptResult.NO_TIME, "no time left for an attempt", null);
    }
    return new Limit(limit, ofJob);
  }

  private Optional<Duration> timeLeft(SendCall call, Budget budget) {
    return budget.ending ? Optional.of(left(budget)) : call.timeLeft();
  }

  private Duration left(Budget budget) {
    return budget.time.minusNanos(nanoTime.getAsLong() - budget.begun);
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private static long retryAfterMillis(Throwable failure) {
    return failure instanceof AttemptException e ? e.retryAfter().toMillis() : 0;
  }

  private void succeeded() {
    tokenRefused.set(false);
    if (failing.compareAndSet(true, false)) {
      log.info("OpsLevel accepts requests again");
    }
  }

  /** What the server finds wrong with a batch is told with that batch. */
  private void failed(AttemptException e) {
    boolean unauthorized = e.result() == AttemptResult.UNAUTHORIZED;
    if (unauthorized && tokenRefused.compareAndSet(false, true)) {
      log.warn("{}", e.getMessage());
    } else if (!unauthorized && e.result().isRetried() && mayWarn()) {
      log.warn("attempt failed: {}", e.getMessage());
      log.debug("attempt failed", e);
    } else {
      log.debug("attempt failed: {}", e.getMessage(), e);
    }
  }

  /**
   * Whether a streak of failures begins that is told: of those that begin in a minute the first.
   */
  private boolean mayWarn() {
    long now = nanoTime.getAsLong();
    if (now - nextWarning.get() < 0 || !failing.compareAndSet(false, true)) {
      return false;
    }
    nextWarning.set(now + WARNINGS_NANOS);
    return true;
  }

  /** What a delivery has used up of its time, the waiting for the API left out. */
  static final class Budget {
    private final Duration time;
    private final boolean ending;
    private long begun;

    private Budget(long begun, Duration time, boolean ending) {
      this.begun = begun;
      this.time = time;
      this.ending = ending;
    }
  }

  /**
   * The attempts that wrote all and got no answer. They count, as the server may take the lines
   * each time; but one that is found not to be there has taken none, and so they count no more.
   */
  private static final class Unanswered {
    private int count;
    private long nanos;

    void add(long took) {
      count++;
      nanos += took;
    }

    /** Returns the time that they took. */
    long forget() {
      long taken = nanos;
      count = 0;
      nanos = 0;
      return taken;
    }
  }

  /** How long an attempt may take, and whether it is the end of its job that says so. */
  private record Limit(Duration time, boolean ofJob) {}

  /** One attempt, within a limit of time. */
  @FunctionalInterface
  interface Attempt {
    void run(Duration limit) throws AttemptException, InterruptedException;
  }

  /** How to wait before the next attempt. */
  @FunctionalInterface
  interface Pauses {
    void pause(SendCall call, Duration pause) throws InterruptedException;

    /** Takes back a wake that has ended no pause. */
    default void forgetWake(SendCall call) throws InterruptedException {
      call.pause(Duration.ZERO);
    }

    /** Ends the pause of a call, or its next one. */
    default void wake(SendCall call) {
      call.wake();
    }
  }
}
