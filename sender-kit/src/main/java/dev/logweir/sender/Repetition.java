package dev.logweir.sender;

import dev.logweir.SendCall;
import io.github.resilience4j.retry.Retry;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The attempts at one request, and what they have used up. Used by one thread. */
final class Repetition {
  /** At the end, so that the last moment is not filled with attempts. */
  static final Duration SHORTEST_PAUSE = Duration.ofMillis(100);

  /** Between attempts at a server that is away, so that its return is seen within seconds. */
  static final Duration LONGEST_AWAY_PAUSE = AwayGate.LONGEST_PAUSE;

  /** Pauses grow no longer after so many attempts. */
  private static final int GROWING_PAUSES = 8;

  /** At the end of a job, a pause takes one part in so many of the time left. */
  private static final int LAST_PAUSES = 8;

  private final Attempts policy;
  private final SendCall call;
  private final Attempts.Budget budget;
  private final Attempts.Attempt attempt;

  /** Counts the attempts that the server has answered. */
  private final Retry.AsyncContext<?> counting;

  private @Nullable AttemptException last;
  private int tried;
  private int answered;

  /** Attempts that found the server away, since when pauses grow. */
  private int away;

  /** Failed probes, which the gate spaces out. */
  private int probes;

  // Attempts that wrote all and got no answer count, as the server may take the lines each time;
  // but one that is found to be away has taken none, and so they no longer count.
  private int unanswered;
  private long unansweredNanos;

  Repetition(Attempts policy, SendCall call, Attempts.Budget budget, Attempts.Attempt attempt) {
    this.policy = policy;
    this.call = call;
    this.budget = budget;
    this.attempt = attempt;
    counting = policy.retry.asyncContext();
  }

  /** How long an attempt may take, and whether it is the end of its job that says so. */
  private record Limit(Duration time, boolean ofJob) {}

  void run() throws AttemptException, InterruptedException {
    while (true) {
      Gate.Leave leave = enter();
      Limit limit = limit(leave);
      long begun = now();
      AttemptException failure = tryOnce(leave, limit);
      if (failure == null) {
        counting.onComplete();
        policy.log.succeeded();
        policy.tell(AttemptListener::succeeded);
        return;
      }
      last = failure;
      tried++;
      policy.log.failed(failure);
      policy.tell(its -> its.failed(failure));
      if (failure.result().isOutage()) {
        forgetUnanswered();
      }
      Optional<Duration> untilEnd = timeLeft();
      if (untilEnd.isEmpty() && isWaitedFor(failure, limit)) {
        waitForServer(failure, begun);
      } else {
        Duration pause = pauseAfter(failure, untilEnd, leave.isProbe(), begun);
        pause(failure, pause, untilEnd);
      }
    }
  }

  /** Waits for leave, at no cost of time unless the time bounds that too. */
  private Gate.Leave enter() throws AttemptException, InterruptedException {
    long asked = now();
    Gate.Leave leave = policy.gate.enter(call, budget.ending);
    if (!budget.ending) {
      budget.begunNanos += now() - asked;
    }
    if (policy.gate.isClosed()) {
      leave.unused();
      throw AttemptException.after(
          last, policy.result(CommonResult.CLOSED), "the client is closed");
    }
    return leave;
  }

  private Limit limit(Gate.Leave leave) throws AttemptException {
    Duration limit = budget.ending ? policy.attemptTimeout : min(policy.attemptTimeout, left());
    Optional<Duration> untilEnd = timeLeft();
    boolean ofJob = untilEnd.isPresent() && untilEnd.get().compareTo(limit) < 0;
    if (ofJob) {
      limit = untilEnd.get();
    }
    if (limit.isZero() || limit.isNegative()) {
      leave.unused();
      throw AttemptException.after(
          last, policy.result(CommonResult.NO_TIME), "no time left for an attempt");
    }
    return new Limit(limit, ofJob);
  }

  private @Nullable AttemptException tryOnce(Gate.Leave leave, Limit limit)
      throws InterruptedException {
    boolean told = false;
    AttemptResult result = policy.result(CommonResult.INTERRUPTED);
    long begun = now();
    try {
      attempt.run(limit.time);
      result = policy.result(CommonResult.OK);
      leave.succeeded();
      told = true;
      return null;
    } catch (AttemptException e) {
      result = e.result();
      // An attempt cut short by the end of its job says nothing about the server.
      boolean cut = result.isTimeout() && limit.ofJob;
      if (result.server() == AttemptResult.Server.UP) {
        leave.succeeded();
        told = true;
      } else if (result.server() == AttemptResult.Server.DOWN && !cut) {
        leave.failed(e);
        told = true;
      }
      return e;
    } finally {
      if (!told) {
        leave.unused();
      }
      AttemptResult ended = result;
      long nanos = now() - begun;
      policy.tell(its -> its.attempted(ended, nanos));
    }
  }

  private boolean isWaitedFor(AttemptException failure, Limit limit) {
    boolean cut = failure.result().isTimeout() && limit.time.compareTo(policy.attemptTimeout) < 0;
    return failure.isAway() && !cut && policy.attempts > 1;
  }

  private void waitForServer(AttemptException failure, long begunNanos)
      throws AttemptException, InterruptedException {
    long ended = now();
    boolean timed = failure.result().repeat() == Repeat.WHILE_AWAY_TIMED;
    if (timed && left().compareTo(Duration.ZERO) <= 0) {
      throw failure;
    }
    away++;
    if (!policy.gate.isShut()) {
      Duration pause = min(backoff(away), LONGEST_AWAY_PAUSE);
      policy.pause(call, max(pause, failure.retryAfter()));
    }
    budget.begunNanos += now() - (timed ? ended : begunNanos);
  }

  /**
   * Returns how long to pause.
   *
   * @throws AttemptException the failure, if it is not tried again
   */
  private Duration pauseAfter(
      AttemptException failure, Optional<Duration> untilEnd, boolean probe, long begunNanos)
      throws AttemptException {
    boolean mayRepeat = failure.isRetried() && !failure.isTakenPerhaps();
    if (mayRepeat && probe && untilEnd.isEmpty() && probes++ < policy.attempts) {
      // A gate that is shut says itself when to go on.
      return policy.gate.isShut() ? Duration.ZERO : failure.retryAfter();
    }
    // Attempts before the end of a job must not count against it.
    if (mayRepeat
        && untilEnd.isPresent()
        && failure.result().server() != AttemptResult.Server.UP
        && policy.attempts > 1) {
      return max(backoff(tried), failure.retryAfter());
    }
    long pauseMillis;
    if (failure.isUnanswered()) {
      unanswered++;
      unansweredNanos += now() - begunNanos;
      pauseMillis = failure.isRetried() ? policy.backoff.apply(answered + unanswered) : -1;
    } else {
      answered++;
      pauseMillis = counting.onError(failure);
    }
    if (pauseMillis < 0 || answered + unanswered >= policy.attempts) {
      throw failure;
    }
    return Duration.ofMillis(pauseMillis);
  }

  private void pause(AttemptException failure, Duration nominal, Optional<Duration> untilEnd)
      throws AttemptException, InterruptedException {
    Duration left = left();
    Duration pause = nominal;
    if (untilEnd.isPresent()) {
      left = min(left, untilEnd.get());
      pause = min(pause, max(left.dividedBy(LAST_PAUSES), SHORTEST_PAUSE));
    }
    if (pause.compareTo(left) >= 0) {
      throw failure;
    }
    if (!pause.isZero()) {
      policy.pause(call, pause);
    }
  }

  private void forgetUnanswered() {
    budget.begunNanos += unansweredNanos;
    unansweredNanos = 0;
    unanswered = 0;
  }

  private Duration backoff(int attempt) {
    return Duration.ofMillis(policy.backoff.apply(Math.min(attempt, GROWING_PAUSES)));
  }

  /** Returns the time until the end that has begun; empty if none has. */
  private Optional<Duration> timeLeft() {
    Optional<Duration> ofCall = call.timeLeft();
    if (!budget.ending) {
      return ofCall;
    }
    Duration left = left();
    return Optional.of(min(left, ofCall.orElse(left)));
  }

  private Duration left() {
    return budget.time.minusNanos(now() - budget.begunNanos);
  }

  private long now() {
    return policy.nanoTime.getAsLong();
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) <= 0 ? a : b;
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }
}
