package dev.logweir.faktory;

import dev.logweir.SendCall;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;
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

  /** Between attempts at a server that is away, so that its return is seen within seconds. */
  static final Duration LONGEST_AWAY_PAUSE = Duration.ofSeconds(5);

  /** Pauses grow no longer after so many attempts. */
  private static final int GROWING_PAUSES = 8;

  /** At the end of a job, a pause takes one part in so many of the time left. */
  private static final int LAST_PAUSES = 8;

  private static final Logger log = LoggerFactory.getLogger(FaktoryClient.class);

  private final Duration attemptTimeout;
  private final Duration overallTimeout;
  private final Pauses pauses;
  private final LongSupplier nanoTime;
  private final int attempts;
  private final IntervalFunction backoff;
  private final Retry retry;
  private final AtomicBoolean failing = new AtomicBoolean();
  private final AtomicBoolean toldOfEnterprise = new AtomicBoolean();

  /** Those that pause just now. */
  private final Set<SendCall> pausing = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  Retries(FaktoryClient.Builder settings) {
    attemptTimeout = settings.attemptTimeout;
    overallTimeout = settings.overallTimeout;
    pauses = settings.pauses;
    nanoTime = settings.nanoTime;
    attempts = settings.attempts;
    backoff =
        IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, MULTIPLIER, JITTER, LONGEST_PAUSE);
    retry =
        Retry.of(
            "faktory",
            RetryConfig.custom()
                .maxAttempts(settings.attempts)
                .intervalFunction(backoff)
                .retryOnException(
                    e -> e instanceof AttemptException failure && failure.result().isRetried())
                .build());
  }

  /**
   * Tries until an attempt succeeds.
   *
   * @param call gives the time left and the pauses
   * @throws AttemptException the last failure, or one that has it as its cause
   */
  void run(SendCall call, Attempt attempt) throws AttemptException, InterruptedException {
    run(call, new Budget(nanoTime.getAsLong(), overallTimeout, false), attempt);
  }

  /** Like the other, but within a time, with pauses of at most an eighth of what is left of it. */
  void run(SendCall call, Duration time, Attempt attempt)
      throws AttemptException, InterruptedException {
    run(call, new Budget(nanoTime.getAsLong(), time, true), attempt);
  }

  private void run(SendCall call, Budget budget, Attempt attempt)
      throws AttemptException, InterruptedException {
    Retry.AsyncContext<?> tries = retry.asyncContext();
    AttemptException last = null;
    int away = 0;
    int counted = 0;
    int unanswered = 0;
    long unansweredNanos = 0;
    while (true) {
      Duration limit = min(attemptTimeout, left(budget));
      limit = min(limit, call.timeLeft().orElse(limit));
      if (limit.isZero() || limit.isNegative()) {
        throw AttemptException.after(last, AttemptResult.NO_TIME, "no time left for an attempt");
      }
      long begun = nanoTime.getAsLong();
      try {
        attempt.run(limit);
        tries.onComplete();
        succeeded();
        return;
      } catch (AttemptException e) {
        failed(e);
        last = e;
        if (e.result().isOutage()) {
          // A server that is not there has taken none of what was left unanswered.
          budget.begunNanos += unansweredNanos;
          unansweredNanos = 0;
          unanswered = 0;
        }
        boolean ending = budget.ending || call.timeLeft().isPresent();
        if (!ending && isWaitedFor(e, limit)) {
          pause(call, awayPause(++away));
          budget.begunNanos += nanoTime.getAsLong() - begun;
          requireOpen(last);
          continue;
        }
        // At the end of a job time is the bound, unless it is the input that the server fails at.
        long pauseMillis;
        if (ending && e.isAway() && attempts > 1) {
          pauseMillis = backoff.apply(Math.min(++away, GROWING_PAUSES));
        } else {
          if (e.isUnanswered()) {
            // The server may have it, each time: so this is bounded as what is answered is.
            unanswered++;
            unansweredNanos += nanoTime.getAsLong() - begun;
            pauseMillis = backoff.apply(counted + unanswered);
          } else {
            counted++;
            pauseMillis = tries.onError(e);
          }
          if (pauseMillis < 0 || counted + unanswered >= attempts) {
            throw e;
          }
        }
        Duration pause = Duration.ofMillis(pauseMillis);
        Duration left = left(budget);
        Duration untilEnd = min(left, call.timeLeft().orElse(left));
        if (ending) {
          Duration part = untilEnd.dividedBy(LAST_PAUSES);
          pause = min(pause, part.compareTo(SHORTEST_PAUSE) < 0 ? SHORTEST_PAUSE : part);
        }
        if (untilEnd.compareTo(pause) <= 0) {
          throw e;
        }
        pause(call, pause);
        requireOpen(last);
      }
    }
  }

  /**
   * Attempts and time bound what is tried against a server that answers. One that is away is waited
   * for, at no cost of either, until it is back or the job ends.
   */
  private boolean isWaitedFor(AttemptException failure, Duration limit) {
    boolean cut =
        failure.result() == AttemptResult.TIMED_OUT && limit.compareTo(attemptTimeout) < 0;
    return failure.isAway() && !cut && attempts > 1;
  }

  private Duration awayPause(int tried) {
    return min(
        Duration.ofMillis(backoff.apply(Math.min(tried, GROWING_PAUSES))), LONGEST_AWAY_PAUSE);
  }

  private void requireOpen(AttemptException last) throws AttemptException {
    if (closed) {
      throw AttemptException.after(last, AttemptResult.CLOSED, "the client is closed");
    }
  }

  private void pause(SendCall call, Duration pause) throws InterruptedException {
    pausing.add(call);
    try {
      // After the addition: either close sees this one, or this one sees that it is closed.
      if (!closed) {
        pauses.pause(call, pause);
      }
    } finally {
      pausing.remove(call);
    }
  }

  /** Ends the pauses under way, and has no more. */
  void close() {
    closed = true;
    pausing.forEach(SendCall::wake);
  }

  private Duration left(Budget budget) {
    return budget.time.minusNanos(nanoTime.getAsLong() - budget.begunNanos);
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private void succeeded() {
    if (failing.compareAndSet(true, false)) {
      log.info("Faktory accepts jobs again");
    }
  }

  private void failed(AttemptException e) {
    if (e.result() == AttemptResult.ENTERPRISE_ONLY) {
      // Says nothing about the server's state, and the next job's push will get the same answer.
      if (toldOfEnterprise.compareAndSet(false, true)) {
        log.warn("nothing is pushed through a batch: {}", e.getMessage());
      }
    } else if (failing.compareAndSet(false, true)) {
      log.warn("push failed: {}", e.getMessage());
    } else {
      log.debug("push failed: {}", e.getMessage());
    }
  }

  /** What a push has used up of its time, the waiting for the server left out. */
  private static final class Budget {
    private final Duration time;
    private final boolean ending;
    private long begunNanos;

    Budget(long begunNanos, Duration time, boolean ending) {
      this.begunNanos = begunNanos;
      this.time = time;
      this.ending = ending;
    }
  }

  /** One attempt, within a limit of time. */
  @FunctionalInterface
  interface Attempt {
    void run(Duration limit) throws AttemptException, InterruptedException;
  }

  /** How to wait before the next attempt. */
  @FunctionalInterface
  interface Pauses {
    void pause(SendCall call, Duration pause) throws InterruptedException;
  }
}
