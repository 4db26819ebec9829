package dev.logweir.sender;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets one call at a time probe a server that is down: it shuts after ten attempts in a row that
 * found the server {@link AttemptResult.Server#DOWN}, and the other calls wait. The first answer to
 * any call opens it. Between probes are pauses of about 1 s, doubled each time up to about 5 s,
 * each drawn from half to one and a half of that, or as long as the server asks for. Thread-safe.
 */
public final class AwayGate extends Gate {
  /** So many attempts in a row must fail: one lost connection is no outage. */
  static final int FAILURES = 10;

  static final Duration FIRST_PAUSE = Duration.ofSeconds(1);

  /** Short, as one probe a client is no load, and a recovery must be noticed within seconds. */
  static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  /** Pauses grow no longer after so many probes. */
  private static final int GROWING_PAUSES = 8;

  private final LongSupplier nanoTime;
  private final Duration longestProbe;
  private final IntervalFunction backoff =
      IntervalFunction.ofExponentialRandomBackoff(
          FIRST_PAUSE, Attempts.MULTIPLIER, Attempts.JITTER, LONGEST_PAUSE);
  private final ReentrantLock lock = new ReentrantLock();

  /** Attempts in a row that failed; once it is shut, probes only. */
  @GuardedBy("lock")
  private int failures;

  /** The probe under way; null if there is none. */
  @GuardedBy("lock")
  private @Nullable Pass probe;

  @GuardedBy("lock")
  private long nextProbeNanos;

  /**
   * Creates a gate that lets all pass.
   *
   * @param attemptTimeout how long one attempt may take
   * @param pauses how calls wait
   * @param nanoTime the time in nanoseconds, from any origin
   * @throws NullPointerException if an argument is null
   */
  public AwayGate(Duration attemptTimeout, Pauses pauses, LongSupplier nanoTime) {
    super(pauses);
    longestProbe = attemptTimeout.plusSeconds(1);
    this.nanoTime = Objects.requireNonNull(nanoTime, "nanoTime");
  }

  @Override
  public boolean isShut() {
    lock.lock();
    try {
      return failures >= FAILURES;
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected @Nullable Leave ask() {
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      if (failures < FAILURES) {
        return new Pass(false);
      }
      if (probe != null || now - nextProbeNanos < 0) {
        return null;
      }
      Pass pass = new Pass(true);
      probe = pass;
      return pass;
    } finally {
      lock.unlock();
    }
  }

  @Override
  protected Leave atTheEnd() {
    return new Pass(false);
  }

  @Override
  protected Duration untilNextChange() {
    long now = nanoTime.getAsLong();
    lock.lock();
    try {
      return probe != null
          ? longestProbe
          : Duration.ofNanos(Math.max(0, nextProbeNanos - now)).plusMillis(1);
    } finally {
      lock.unlock();
    }
  }

  /**
   * An attempt has ended.
   *
   * @param server what it said of the server
   * @param retryAfter how long the server wants to be left alone
   */
  private void ended(Pass pass, AttemptResult.Server server, Duration retryAfter) {
    long now = nanoTime.getAsLong();
    boolean changes;
    lock.lock();
    try {
      boolean shut = failures >= FAILURES;
      boolean probed = probe == pass;
      if (probed) {
        probe = null;
      }
      // What began before it shut and fails after that says nothing new.
      if (server == AttemptResult.Server.UP) {
        failures = 0;
      } else if (server == AttemptResult.Server.DOWN && (!shut || probed)) {
        failures = Math.min(failures + 1, FAILURES + GROWING_PAUSES);
        if (failures >= FAILURES) {
          long millis = backoff.apply(failures - FAILURES + 1);
          nextProbeNanos =
              now + TimeUnit.MILLISECONDS.toNanos(Math.max(millis, retryAfter.toMillis()));
        }
      }
      changes = probed || (shut && failures == 0);
    } finally {
      lock.unlock();
    }
    if (changes) {
      // Waiting calls go on, or wait for the next probe from here on.
      wakeAll();
    }
  }

  private final class Pass implements Leave {
    private final boolean probing;

    Pass(boolean probing) {
      this.probing = probing;
    }

    @Override
    public boolean isProbe() {
      return probing;
    }

    @Override
    public void succeeded() {
      ended(this, AttemptResult.Server.UP, Duration.ZERO);
    }

    @Override
    public void failed(AttemptException failure) {
      ended(this, AttemptResult.Server.DOWN, failure.retryAfter());
    }

    @Override
    public void unused() {
      ended(this, AttemptResult.Server.UNKNOWN, Duration.ZERO);
    }
  }
}
