package dev.logweir.sender;

import dev.logweir.SendCall;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Repeats an attempt of a sender until it succeeds, is refused, or its attempts or time are used
 * up. Thread-safe: a client has one for all its jobs.
 *
 * <p>{@code attempts} and {@code overallTimeout} limit the attempts against a server that answers.
 * Waiting for one that is away counts for neither, and lasts until it is back or the job ends
 * ({@link Repeat}). Between attempts is a pause of about 1 s, doubled each time up to about 30 s,
 * or as long as the server asks for; between those at a server that is away it is at most 5 s. Each
 * is drawn from half to one and a half of that. Once a job's end has begun, a pause takes at most
 * an eighth of the time left, at least 100 ms, and the time left is the bound, not the number,
 * unless the server is up or may have taken the lines each time.
 */
public final class Attempts implements AutoCloseable {
  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
  static final double MULTIPLIER = 2;

  /** A pause is drawn from half to one and a half of its nominal length. */
  static final double JITTER = 0.5;

  final int attempts;
  final Duration attemptTimeout;
  final Gate gate;
  final LongSupplier nanoTime;
  final IntervalFunction backoff =
      IntervalFunction.ofExponentialRandomBackoff(FIRST_PAUSE, MULTIPLIER, JITTER, LONGEST_PAUSE);
  final Retry retry;
  final AttemptLog log;

  private final Duration overallTimeout;
  private final Function<CommonResult, AttemptResult> results;
  private final AttemptListener listener;
  private final Pauses pauses;
  private final PausedCalls pausing;

  private Attempts(Builder settings) {
    attempts = settings.attempts;
    attemptTimeout = settings.attemptTimeout;
    overallTimeout = settings.overallTimeout;
    nanoTime = settings.nanoTime;
    pauses = settings.pauses;
    Gate given = settings.gate;
    gate = given == null ? new AwayGate(attemptTimeout, pauses, nanoTime) : given;
    results = settings.results;
    listener = settings.listener;
    pausing = new PausedCalls(pauses);
    log = new AttemptLog(settings.client, settings.server, nanoTime);
    retry =
        Retry.of(
            settings.server,
            RetryConfig.custom()
                .maxAttempts(attempts)
                .retryOnException(e -> e instanceof AttemptException failure && failure.isRetried())
                .intervalBiFunction(
                    (attempt, failure) ->
                        Math.max(backoff.apply(attempt), retryAfterMillis(failure.getLeft())))
                .build());
  }

  /**
   * Returns a builder with the defaults; all can be left as they are.
   *
   * @param client names the logger
   * @param server what messages call the server
   * @throws NullPointerException if an argument is null
   */
  public static Builder builder(Class<?> client, String server) {
    return new Builder(
        Objects.requireNonNull(client, "client"), Objects.requireNonNull(server, "server"));
  }

  /** Begins the time that attempts may take together: {@code overallTimeout}. */
  public Budget begin() {
    return new Budget(nanoTime.getAsLong(), overallTimeout, false);
  }

  /**
   * Begins a time that also limits the waiting for the server, as the end of a job does.
   *
   * @throws NullPointerException if {@code time} is null
   */
  public Budget begin(Duration time) {
    return new Budget(nanoTime.getAsLong(), Objects.requireNonNull(time, "time"), true);
  }

  /**
   * Tries until an attempt succeeds.
   *
   * @param call gives the time left and the pauses
   * @param budget the time for the attempts, which several requests may share
   * @throws AttemptException the last failure, or one that says why the attempts ended and has the
   *     last failure as its cause
   * @throws InterruptedException if the thread is interrupted
   * @throws NullPointerException if an argument is null
   */
  public void run(SendCall call, Budget budget, Attempt attempt)
      throws AttemptException, InterruptedException {
    Objects.requireNonNull(call, "call");
    Objects.requireNonNull(budget, "budget");
    Objects.requireNonNull(attempt, "attempt");
    AttemptResult end = result(CommonResult.INTERRUPTED);
    try {
      new Repetition(this, call, budget, attempt).run();
      end = result(CommonResult.OK);
    } catch (AttemptException e) {
      end = e.result();
      throw e;
    } finally {
      AttemptResult told = end;
      tell(its -> its.ended(told));
    }
  }

  /**
   * Ends all pauses and all waiting; calls under way, and later ones, fail as closed. Idempotent.
   */
  @Override
  public void close() {
    gate.close();
    pausing.wakeAll();
  }

  /** Pauses, unless it is closed. */
  void pause(SendCall call, Duration pause) throws InterruptedException {
    Object key = pausing.add(call);
    try {
      // After the addition: either close finds this call, or this one finds that it is closed.
      if (!gate.isClosed()) {
        pauses.pause(call, pause);
      }
    } finally {
      pausing.remove(key);
    }
  }

  AttemptResult result(CommonResult common) {
    return results.apply(common);
  }

  void tell(Consumer<AttemptListener> what) {
    try {
      what.accept(listener);
    } catch (RuntimeException | Error ignored) {
      // A listener that throws costs its own figure, never an attempt.
    }
  }

  static long retryAfterMillis(Throwable failure) {
    return failure instanceof AttemptException e ? e.retryAfter().toMillis() : 0;
  }

  /** One attempt. */
  @FunctionalInterface
  public interface Attempt {
    /**
     * Tries once. Its thread may be interrupted already when it begins: its waits must react to
     * that, or it keeps its thread after the job's end.
     *
     * @param limit how long it may take
     * @throws AttemptException if it failed
     * @throws InterruptedException if the thread was interrupted
     */
    void run(Duration limit) throws AttemptException, InterruptedException;
  }

  /** The time that attempts have used up, without the waiting for the server. Not thread-safe. */
  public static final class Budget {
    final Duration time;

    /** Whether the time limits the waiting too. */
    final boolean ending;

    long begunNanos;

    private Budget(long begunNanos, Duration time, boolean ending) {
      this.begunNanos = begunNanos;
      this.time = time;
      this.ending = ending;
    }
  }

  /** Collects the settings and checks each when it is given. Not thread-safe. */
  public static final class Builder {
    private final Class<?> client;
    private final String server;
    private int attempts = 5;
    private Duration attemptTimeout = Duration.ofSeconds(30);
    private Duration overallTimeout = Duration.ofMinutes(10);
    private @Nullable Gate gate;
    private AttemptListener listener = AttemptListener.NONE;
    private Function<CommonResult, AttemptResult> results = common -> common;
    private Pauses pauses = Pauses.OF_THE_CALL;
    private LongSupplier nanoTime = System::nanoTime;

    private Builder(Class<?> client, String server) {
      this.client = client;
      this.server = server;
    }

    /**
     * Sets how often a request is tried. Default 5. 1 disables retries and the wait for a server
     * that is away.
     *
     * @param attempts 1 to 100
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder attempts(int attempts) {
      this.attempts = SenderSettings.attempts(attempts);
      return this;
    }

    /**
     * Sets how long one attempt may take. Default 30 s. The time left for a job's end bounds it
     * too.
     *
     * @param timeout 1 ms to 1 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder attemptTimeout(Duration timeout) {
      attemptTimeout = SenderSettings.timeout("attemptTimeout", timeout);
      return this;
    }

    /**
     * Sets how long all attempts and the pauses between them may take together, excluding the wait
     * for a server that is away; at least {@code attemptTimeout}. Default 10 min.
     *
     * @param timeout 1 ms to 24 h
     * @throws NullPointerException if it is null
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder overallTimeout(Duration timeout) {
      overallTimeout = SenderSettings.longTimeout("overallTimeout", timeout);
      return this;
    }

    /**
     * Sets the gate in front of each attempt. Default an {@link AwayGate}.
     *
     * @throws NullPointerException if it is null
     */
    public Builder gate(Gate gate) {
      this.gate = Objects.requireNonNull(gate, "gate");
      return this;
    }

    /**
     * Sets the listener of attempts. Default {@link AttemptListener#NONE}.
     *
     * @throws NullPointerException if it is null
     */
    public Builder listener(AttemptListener listener) {
      this.listener = Objects.requireNonNull(listener, "listener");
      return this;
    }

    /**
     * Sets a sender's own results for {@link CommonResult#OK}, {@link CommonResult#NO_TIME}, {@link
     * CommonResult#CLOSED} and {@link CommonResult#INTERRUPTED}, which the attempts themselves end
     * with. Default these.
     *
     * @throws NullPointerException if it is null
     */
    public Builder results(Function<CommonResult, AttemptResult> results) {
      this.results = Objects.requireNonNull(results, "results");
      return this;
    }

    /**
     * Sets how calls wait. Default {@link Pauses#OF_THE_CALL}; a test may skip the pauses.
     *
     * @throws NullPointerException if it is null
     */
    public Builder pauses(Pauses pauses) {
      this.pauses = Objects.requireNonNull(pauses, "pauses");
      return this;
    }

    /**
     * Sets the time in nanoseconds, from any origin. Default {@link System#nanoTime}; a test may
     * have its own.
     *
     * @throws NullPointerException if it is null
     */
    public Builder nanoTime(LongSupplier nanoTime) {
      this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
      return this;
    }

    /**
     * Returns the attempts.
     *
     * @throws IllegalArgumentException if the overall timeout is less than that of an attempt
     */
    public Attempts build() {
      SenderSettings.overallTimeout(overallTimeout, attemptTimeout);
      return new Attempts(this);
    }
  }
}
