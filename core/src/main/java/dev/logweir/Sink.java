package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import java.util.Objects;

/**
 * One sink of a job, as the job has it: lines come in by its {@link SinkIntake}, go on as batches
 * ({@link SinkBatches}), and are sent by its {@link SendTask}. Here are its timers, its flushes and
 * its end.
 */
final class Sink extends SinkBatches {
  /*
   * Events to the job and the drain, and the start of the task, come with no lock held. Queries of
   * the job and the task may come under it.
   *
   * The end: beginEnd (no policy drops from here on), beLate (half of the time is gone: what is in the
   * way of others drops), noMore (the open batch is the last; it may come before the end, once both
   * streams are closed), markSent (all is sent; reported to the job once), abort and close (the
   * account is closed, whatever there was).
   */

  /** How many batches are dropped before the lock is given to others. */
  private static final int DROP_STEPS = 64;

  final SinkIntake intake;
  private final SendTask task;

  Sink(JobContext job, BatchSender sender, SegmentAccount account, RecentLines recent) {
    this(job, sender, EncodedBound.of(sender), account, recent);
  }

  private Sink(
      JobContext job,
      BatchSender sender,
      EncodedBound bound,
      SegmentAccount account,
      RecentLines recent) {
    super(job, bound.max(), account, recent);
    intake = new SinkIntake(this, bound);
    task = new SendTask(this, sender, job);
  }

  @Override
  boolean isOwnWord() {
    return task.isOwnWord();
  }

  // ---- sending ----

  @Override
  void startTask() {
    task.start();
  }

  /** Nothing is added for the time being: what is due goes, and an empty batch holds nothing. */
  void passEnded() {
    lock.lock();
    try {
      assembly.setReserved(false);
      freeUnused();
      claimStart();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  @Override
  void sendTimeCame() {
    lock.lock();
    try {
      schedule.timeCame();
      claimStart();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  @Override
  void roomTimeCame() {
    lock.lock();
    try {
      if (room.isEnding()) {
        dropOlder();
        return;
      }
      if (!room.lookAtWait()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    job.requestDrain();
  }

  // ---- flushing ----

  /** Sends what is held as soon as the sender is free; returns the wait for it. */
  Flush flush() {
    lock.lock();
    try {
      if (flushes == Flushes.NONE) {
        flushes = new Flushes();
      }
      Flush flush = flushes.add(assembly.lastNumber());
      if (sending == null) {
        tellFlushes();
      }
      claimStart();
      return flush;
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  /** Ends the wait for a flush; returns whether all of it was sent. */
  boolean forget(Flush flush) {
    lock.lock();
    try {
      flushes.remove(flush);
      return flush.isSent();
    } finally {
      lock.unlock();
    }
  }

  // ---- the end ----

  /** From now on every batch waits for room. */
  void beginEnd(long deadline) {
    lock.lock();
    try {
      deadlineNanos = deadline;
      room.beginEnd();
      if (sending != null) {
        sending.list.call.beginEnd(deadline);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Half of the time is gone, or more: a sink that blocks others gives way. */
  void beLate() {
    boolean waited;
    lock.lock();
    try {
      long call = sending == null ? 0 : sending.list.sequence();
      boolean gives = room.becomeLate(!queue.isEmpty(), call);
      if (isEnded() || !gives) {
        return;
      }
      dropOlder();
      waited = room.goOn();
    } finally {
      lock.unlock();
    }
    if (waited) {
      job.requestDrain();
    }
  }

  /** Drops the older batches, in steps: it runs on the timer, and writers want the lock. */
  @GuardedBy("lock")
  private void dropOlder() {
    if (isEnded() || supply == Supply.OPEN || !room.isLate()) {
      return;
    }
    int keep = assembly.open() == null ? 1 : 0;
    for (int steps = 0; queue.count() > keep; steps++) {
      if (steps >= DROP_STEPS) {
        room.goOnSoon();
        return;
      }
      SinkBatch oldest = Objects.requireNonNull(queue.poll());
      SinkBatch next = queue.isEmpty() ? assembly.open() : queue.first();
      drop(oldest, next == null ? queue.gapBehind() : next.gapBefore);
    }
  }

  /** Nothing more comes. */
  void noMore() {
    boolean sent;
    lock.lock();
    try {
      if (supply != Supply.OPEN) {
        return;
      }
      supply = Supply.COMPLETE;
      freeUnused();
      dropOlder();
      sent = markSent();
      claimStart();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
    if (sent) {
      job.sinkDone();
    }
  }

  /**
   * Ends this sink where it stands: what is held is lost, and so is what has not come yet. It takes
   * as long for little as for much, as all locks of the job are held: what is lost is known without
   * counting, and the segments are left to the garbage collector.
   *
   * @param unsentLines what the buffers held for it; guarded, as this call, by the sink's lock
   */
  @GuardedBy("lock")
  void abort(long unsentLines, long unsentBytes) {
    if (isEnded()) {
      return;
    }
    endSupply();
    flushes.lost(0); // what is left, and is being sent, does not arrive
    if (sending != null) {
      ledger.abandoned(sending, giveUpCall(), sending.isWritten());
      sending = null;
    }
    while (!queue.isEmpty() && ledger.hasRoomForGap()) {
      abort(Objects.requireNonNull(queue.poll()));
    }
    ledger.droppedUnlisted(
        DropReason.FLUSH_TIMEOUT,
        queue.heldLines(),
        queue.heldBytes(),
        queue.heldAdded(),
        queue.sources());
    account.give(queue.segments());
    queue.clear();
    SinkBatch batch = assembly.giveUp();
    if (batch != null) {
      abort(batch);
    }
    tellFlushes();
    ledger.entered(unsentLines, unsentBytes);
    ledger.droppedAt(position, DropReason.FLUSH_TIMEOUT, unsentLines, unsentBytes);
  }

  @GuardedBy("lock")
  private void abort(SinkBatch batch) {
    ledger.droppedAt(
        batch.afterLine,
        DropReason.FLUSH_TIMEOUT,
        batch.lines.sourceLines(),
        batch.lines.sourceBytes(),
        batch.lines.addedBytes());
    free(batch, false);
  }

  @GuardedBy("lock")
  @SuppressWarnings("GuardedBy") // the task's batches are these
  private BatchLoss giveUpCall() {
    return task.giveUp();
  }

  /** Interrupts the call that was given up by {@link #abort}; with no lock held. */
  void interruptAbandoned() {
    task.interruptAbandoned();
  }

  /** Ends the account and the timers after the last line. */
  @GuardedBy("lock")
  void close() {
    endSupply();
    account.close();
  }

  @GuardedBy("lock")
  private void endSupply() {
    supply = Supply.ENDED;
    schedule.cancel();
    room.cancel();
  }

  // ---- looking at it ----

  /** Whether the calling thread is in this sink's sender. */
  boolean isCalling(Thread thread) {
    return task.isOn(thread);
  }

  boolean isDropping() {
    lock.lock();
    try {
      return room.isDropping();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  Tally heldInBatches() {
    Tally held = assembly.held().plus(queue.held());
    return sending == null ? held : held.plus(sending.lines.source());
  }

  @GuardedBy("lock")
  long heldBytes() {
    return account.heldBytes() + queue.objectBytes();
  }

  List<String> recentLines() {
    lock.lock();
    try {
      SinkBatch open = assembly.open();
      return recent.with(open == null ? null : open.list);
    } finally {
      lock.unlock();
    }
  }
}
