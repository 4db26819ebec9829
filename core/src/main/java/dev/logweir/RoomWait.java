package dev.logweir;

/**
 * Who waits for room in a sink, for how long, and whether the policy may drop instead. It is itself
 * the timer for lines that wait, and at the end for batches that are dropped in steps. Guarded by
 * its sink's lock.
 */
abstract class RoomWait extends EngineTimer {
  /*
   *   FREE ──── no room ────► WAITING ── maxWait without progress ──► OVERFLOWING
   *    ▲                       │   ▲                                   │   │
   *    └───── a send ends ─────┴───┼───────────────────────────────────┘   │
   *                                └─── no room, and progress since then ──┘
   *
   * Lines that wait are in the buffers of their streams. Progress is a part of a batch that the
   * server took, or an answer of it: from then on lines wait anew.
   *
   * From the end of the job on nothing is dropped while there is time, so that WAITING does not end by
   * itself. Instead it is measured, as a sink that holds up the others is to give way.
   */
  private enum State {
    /** Nobody waits. */
    FREE,
    /** Lines wait until a send ends. */
    WAITING,
    /** Lines have waited for too long: the policy drops, as long as there is no progress. */
    OVERFLOWING
  }

  /** How much patience there is. */
  private enum Phase {
    /** Lines wait if the job lets them, up to {@code maxWait}. */
    RUNNING,
    /** The job ends: lines wait. */
    ENDING,
    /** The sink is in the way of the job's others: it drops what has no room. */
    YIELDING,
    /** The time is short: the older batches give way to the last one. */
    LATE
  }

  private final EngineTime time;
  private final SendProgress progress;
  private final JobSettings settings;
  private State state = State.FREE;
  private Phase phase = Phase.RUNNING;

  /**
   * When lines began to wait, or the server told of progress last; at the end, no earlier than the
   * last look.
   */
  private long sinceNanos;

  /** What {@link SendProgress#advances()} was then. */
  private int advances;

  /**
   * Lines wait for a segment: the sink's own reserve, of which the budget does not tell, will do.
   */
  private boolean starved;

  /** Something was dropped for want of room since a send ended. */
  private boolean dropping;

  /**
   * At the end: when it was looked at last, and for how long lines had waited since the look
   * before.
   */
  private long lookedNanos;

  private long waitedNanos;

  /** The number of the batch that was being sent then; 0 if none was. */
  private long lookedAt;

  RoomWait(EngineTime time, SendProgress progress, JobSettings settings) {
    this.time = time;
    this.progress = progress;
    this.settings = settings;
  }

  // ---- waiting ----

  /** There is no room, and nothing may be dropped: lines wait. */
  void block() {
    if (state == State.WAITING) {
      return;
    }
    state = State.WAITING;
    sinceNanos = time.nanoTime();
    if (phase == Phase.RUNNING) {
      advances = progress.advances();
      time.set(this, settings.maxWaitNanos);
    }
  }

  /** Lines wait for a segment. */
  void starve() {
    starved = true;
  }

  /**
   * The timer has run, before the end: sets it anew where there was progress; returns whether the
   * policy may drop from now on.
   */
  boolean lookAtWait() {
    if (state != State.WAITING) {
      return false;
    }
    if (progress.advances() != advances) {
      advances = progress.advances();
      sinceNanos = progress.advancedNanos();
    }
    long left = settings.maxWaitNanos - (time.nanoTime() - sinceNanos);
    if (left > 0) {
      time.set(this, left);
      return false;
    }
    state = State.OVERFLOWING;
    return true;
  }

  /** A send has ended, and there is room; returns whether anybody waited for it. */
  boolean sendEnded() {
    dropping = false;
    if (phase == Phase.RUNNING && state == State.WAITING) {
      time.cancel(this);
    }
    boolean waited = goOn() || starved;
    starved = false;
    return waited;
  }

  /** What waits may go on; returns whether anything did. */
  boolean goOn() {
    boolean waited = state != State.FREE;
    if (waited && phase != Phase.RUNNING) {
      waitedNanos += time.nanoTime() - sinceNanos;
    }
    state = State.FREE;
    return waited;
  }

  // ---- dropping ----

  /**
   * Whether the policy may drop what has no room.
   *
   * @param linesMayWait whether the job lets them wait instead
   */
  boolean mayDrop(boolean linesMayWait) {
    return switch (phase) {
      case RUNNING -> !linesMayWait || isOverflowing();
      case ENDING -> false;
      case YIELDING, LATE -> true;
    };
  }

  private boolean isOverflowing() {
    return state == State.OVERFLOWING && progress.advances() == advances;
  }

  /** Something is dropped for want of room. */
  void drops() {
    dropping = true;
  }

  boolean isDropping() {
    return dropping;
  }

  boolean dropsNewest() {
    return settings.overflow == OverflowPolicy.DROP_NEWEST;
  }

  /** Returns for what reason something is dropped that has no room. */
  DropReason reason() {
    return isEnding() ? DropReason.FLUSH_TIMEOUT : DropReason.QUEUE_FULL;
  }

  // ---- the end ----

  /** The end begins: lines wait, and for how long is measured. */
  void beginEnd() {
    if (phase == Phase.RUNNING) {
      phase = Phase.ENDING;
      time.cancel(this);
    }
    if (state == State.OVERFLOWING) {
      state = State.WAITING;
    }
    lookedNanos = time.nanoTime();
    sinceNanos = lookedNanos;
  }

  boolean isEnding() {
    return phase != Phase.RUNNING;
  }

  /** Whether the older batches give way to the last one. */
  boolean isLate() {
    return phase == Phase.LATE;
  }

  /**
   * Half of the time is gone, or more: under drop-oldest the last batch goes first; and a sink that
   * is in the way of the others holds them no longer. It is, if lines waited for it most of the
   * time since the last such look, or if it is still at the call it was at then. What it drops then
   * it would have dropped at the deadline.
   *
   * @param queued whether there are batches in the queue
   * @param call the number of the batch being sent, 0 if none is
   * @return whether what waits gives way now
   */
  boolean becomeLate(boolean queued, long call) {
    long now = time.nanoTime();
    boolean blocked = state != State.FREE;
    long waited = waitedNanos + (blocked ? now - sinceNanos : 0);
    boolean slow = blocked && 2 * waited >= now - lookedNanos;
    boolean stuck = call > 0 && call == lookedAt;
    if (settings.overflow == OverflowPolicy.DROP_OLDEST && (blocked || queued)) {
      phase = Phase.LATE;
    } else if (phase == Phase.ENDING && settings.senders.size() > 1 && (slow || stuck)) {
      phase = Phase.YIELDING;
    }
    lookedAt = call;
    lookedNanos = now;
    waitedNanos = 0;
    sinceNanos = now;
    return phase == Phase.LATE || (phase == Phase.YIELDING && blocked);
  }

  /** The timer is to run at once, for the rest of what is dropped in steps. */
  void goOnSoon() {
    time.set(this, 0);
  }

  void cancel() {
    time.cancel(this);
  }
}
