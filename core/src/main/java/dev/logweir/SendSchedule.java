package dev.logweir;

/**
 * When the open batch of a sink goes, if it is not full before. Guarded by its sink's lock.
 *
 * <p>The first lines go at once, as a person may watch for them. Then a batch goes when its oldest
 * line has waited for the interval. It goes early where its segments are wanted. It is itself the
 * timer for the interval of a batch, and for another try of the task.
 */
abstract class SendSchedule extends EngineTimer {
  private enum Pace {
    /** Nothing has gone yet. */
    AT_ONCE,
    /** A line waits for the interval. */
    INTERVAL,
    /** What is open goes as soon as the sender is free, so that its segments come back. */
    EARLY
  }

  private final EngineTime time;
  private final long intervalNanos;
  private Pace pace = Pace.AT_ONCE;
  private boolean timerSet;

  SendSchedule(EngineTime time, long intervalNanos) {
    this.time = time;
    this.intervalNanos = intervalNanos;
  }

  /** Whether a batch is due, whatever the time is. */
  boolean isDueAtOnce(SinkBatch batch) {
    return switch (pace) {
      case EARLY -> true;
      case AT_ONCE -> batch.asksToGo;
      case INTERVAL -> false;
    };
  }

  /** Whether a batch is due as its oldest line has waited for the interval. */
  boolean isDueAt(long nowNanos, SinkBatch batch) {
    return batch.asksToGo && nowNanos - batch.oldestNanos >= intervalNanos;
  }

  /** A batch that is not due will be: sets the timer for it, if it is not set. */
  void await(SinkBatch batch) {
    if (batch.asksToGo && !timerSet) {
      set(batch.oldestNanos + intervalNanos - time.nanoTime());
    }
  }

  /** Sets the timer for another try soon; it then sets it for the interval again. */
  void retryLater() {
    set(WorkerPool.RETRY_NANOS);
  }

  private void set(long nanos) {
    timerSet = true;
    time.set(this, nanos);
  }

  /** The timer has run. */
  void timeCame() {
    timerSet = false;
  }

  /** Segments are wanted: what is open goes early, if there is anything. */
  void hurry(boolean anything) {
    if (anything) {
      pace = Pace.EARLY;
    } else if (pace == Pace.EARLY) {
      pace = Pace.INTERVAL;
    }
  }

  /** A full batch has gone on to the queue. */
  void sealed() {
    if (pace == Pace.AT_ONCE) {
      pace = Pace.INTERVAL;
    }
  }

  /** A batch goes to the sender. */
  void sending() {
    pace = Pace.INTERVAL;
  }

  void cancel() {
    time.cancel(this);
  }
}
