package dev.logweir;

import java.util.concurrent.TimeUnit;

/**
 * Gives the time of each write, without reading the clock for each. Guarded by its owner's lock.
 */
final class ArrivalClock {
  /*
   * Reading the clock costs as much as a short write. So while writes come quickly, one reading
   * serves the writes after it too: none at first, then 1, 3, 7 and so on, as long as each reading
   * comes within RUN_MILLIS of the one before. A later reading serves none again. So at a steady
   * pace no time is stale by more than RUN_MILLIS. When quick writes stop, the writes that the last
   * reading still serves get a stale time: MAX_SERVED at most, and fewer than came quickly before.
   */

  /** Lines that come within that time of each other are of one run. */
  static final long RUN_MILLIS = 10;

  /** A reading serves at most so many writes after its own. */
  static final int MAX_SERVED = 15;

  private static final long RUN_NANOS = TimeUnit.MILLISECONDS.toNanos(RUN_MILLIS);

  /** When the run began, by the clock of the day and by the other one. */
  private long millis;

  private long begunNanos;
  private long lookedNanos;

  /** How many writes the last reading serves, and how many of them are still to come. */
  private byte served;

  private byte left;

  /** Whether a run has begun that may go on. */
  private boolean running;

  /** Counts a write; returns whether the last reading does not serve it. */
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
   * Reads the clock; returns whether what comes now is of another run than what came before, for
   * its time: then {@link #beginRun} may follow.
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
