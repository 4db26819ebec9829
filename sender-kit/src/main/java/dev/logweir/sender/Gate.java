package dev.logweir.sender;

import dev.logweir.SendCall;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of each attempt of a client's calls: lets it pass or wait. A circuit breaker is a
 * gate; {@link AwayGate} is a simple one; {@link #open} lets all pass. Thread-safe, as subclasses
 * must be.
 *
 * <p>A call that gets no leave pauses until {@link #untilNextChange}, or until it is woken: a
 * subclass that changes its state wakes all by {@link #wakeAll}. The end of a job wakes its call
 * too, which then tries without leave, as it has no time to wait. Waiting counts neither as an
 * attempt nor as time of the attempts.
 */
public abstract class Gate {
  private final Pauses pauses;
  private final PausedCalls waiting;
  private volatile boolean closed;

  /**
   * Creates a gate.
   *
   * @param pauses how calls wait
   * @throws NullPointerException if it is null
   */
  protected Gate(Pauses pauses) {
    this.pauses = Objects.requireNonNull(pauses, "pauses");
    waiting = new PausedCalls(pauses);
  }

  /**
   * Returns a gate that lets all pass.
   *
   * @param pauses how calls wait
   * @throws NullPointerException if it is null
   */
  public static Gate open(Pauses pauses) {
    return new Gate(pauses) {
      @Override
      protected Leave ask() {
        return Leave.FREE;
      }

      @Override
      protected Leave atTheEnd() {
        return Leave.FREE;
      }

      @Override
      protected Duration untilNextChange() {
        return Duration.ZERO;
      }

      @Override
      public boolean isShut() {
        return false;
      }
    };
  }

  /** Returns leave for one attempt; null if the call must wait. Called with no lock held. */
  protected abstract @Nullable Leave ask();

  /** Returns the leave of a call that cannot wait, as its job ends. */
  protected abstract Leave atTheEnd();

  /** Returns how long a call without leave waits until it asks again, if it is not woken. */
  protected abstract Duration untilNextChange();

  /**
   * Returns whether calls wait: then the gate says when to try again, and no other pause is made.
   */
  public abstract boolean isShut();

  /** Wakes all waiting calls, to ask again. To be called with no lock held. */
  protected final void wakeAll() {
    waiting.wakeAll();
  }

  /**
   * Waits for leave to make an attempt.
   *
   * @param ending whether there is no time to wait
   * @return leave, whose end must be reported
   */
  final Leave enter(SendCall call, boolean ending) throws InterruptedException {
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
      // A wake that came after leave was given would end the pause after the attempt. A thread that
      // is interrupted makes no pause: its attempt ends at once.
      if (!Thread.currentThread().isInterrupted()) {
        pauses.forgetWake(call);
      }
      taken = true;
      return leave;
    } finally {
      if (!taken) {
        leave.unused();
      }
    }
  }

  private Leave await(SendCall call, boolean ending) throws InterruptedException {
    while (!closed) {
      Leave leave = ask();
      if (leave != null) {
        return leave;
      }
      if (ending || call.timeLeft().isPresent()) {
        return atTheEnd();
      }
      pauses.pause(call, untilNextChange());
    }
    return Leave.FREE;
  }

  /** Whether it was closed: then no attempt is made any more. */
  final boolean isClosed() {
    return closed;
  }

  /** Ends all waiting, for good. {@link Attempts#close} calls it. Idempotent. */
  public final void close() {
    closed = true;
    waiting.wakeAll();
  }

  /** Leave for one attempt; exactly one of its ends must be reported. */
  public interface Leave {
    /** Leave that is not counted. */
    Leave FREE = new Leave() {};

    /** Returns whether the attempt is a probe. False by default. */
    default boolean isProbe() {
      return false;
    }

    /** The server is up, for example because the attempt succeeded. Does nothing by default. */
    default void succeeded() {}

    /** The server is down. Does nothing by default. */
    default void failed(AttemptException failure) {}

    /** The attempt showed nothing about the server, or was not made. Does nothing by default. */
    default void unused() {}
  }
}
