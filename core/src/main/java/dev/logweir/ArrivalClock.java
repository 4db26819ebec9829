package dev.logweir;

import java.util.concurrent.TimeUnit;

/**
 * Says when writes come, without a look at the clock for each of them. Guarded by its owner's lock.
 */
final class ArrivalClock {
  /*
   * A look costs as much as a short write. So while writes come quickly, one look serves those after
   * it too: none at first, then 1, 3, 7 and so on, as long as each look comes within RUN_MILLIS of
   * the one before. A look that comes later serves none again. So at a steady pace no time is stale
   * by more than RUN_MILLIS. Where the pace breaks off, what the last look still serves is stale:
   * MAX_SERVED writes at most, and fewer than came quickly before it.
   */

  /** Lines that come within that time of each other are of one run. */
  static final long RUN_MILLIS = 10;

  /** A look serves at most so many writes after its own. */
  static final int MAX_SERVED = 15;

  private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(RUN_MILLIS);

  /** When the run began, by the clock of the day and by the other one. */
  private long millis;

  private long begunNanos;
  private long lookedNanos;

  /** How many writes the last look serves, and how many of them are still to come. */
  private byte served;

  private byte left;

  /** Whether a run has begun that may go on. */
  private boolean running;

  /** Counts a write; returns whether the last look does not serve it. */
  boolean isDue() {
    return --left < 0;
  }

  /** The last look serves no more. */
  void lookAtNext() {
    served = 0;
    left = 0;
  }

  /** The last look serves no more, and what comes next is of another run. */
  void endRun() {
    lookAtNext();
    running = false;
  }

  /**
   * Looks; returns whether what comes now is of another run than what came before, for its time:
   * then {@link #beginRun} may follow.
   */
  boolean look(long nowNanos) {
    boolean quick = running && nowNanos - lookedNanos < RUN_NANOS;
    if (!quick) {
      served = 0;
    } else if (left < 0) { // all that the look before was to serve came
      served = (byte) Math.min(2 * served + 1, MAX_SERVED);
    }
    left = served;
    lookedNanos = nowNanos;
    return !running || nowNanos - begunNanos >= RUN_NANOS;
  }

  /** Begins a run with the write that was looked at. */
  void beginRun(long nowMillis) {
    millis = nowMillis;
    begunNanos = lookedNanos;
    running = true;
  }

  /** Returns when the run under way began. */
  long millis() {
    return millis;
  }
}
