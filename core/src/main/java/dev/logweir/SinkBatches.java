package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The batches of one sink, and each step of a batch from one place to the next: the open one, the
 * queue of 2 × {@code maxSize}, and the one being sent, each with a bound of its own.
 *
 * <p>It has the sink's lock, under which all of it happens. {@link Sink} is what other threads come
 * to.
 */
abstract class SinkBatches {
  /*
   * The lock guards all that changes here and in the parts that have no lock of their own: the
   * assembly, the queue, the ledger, the account, the recent lines, when a batch goes, who waits for
   * room or for a flush, and what the sender's calls tell. It comes after the locks of BatchShipper and
   * StreamStore, and before JobContext's. Locks of several sinks are taken in the order of the job's list.
   *
   * Under it: copies, counts, a segment of the pool or the budget, a timer, the recent lines. Not under
   * it: the sender, a meter, a logger, or the start of the task, which may go to an executor of the
   * user. A budget that gets something back may ask for drains, this job's among them, on this thread
   * and under this lock; that takes leaves and a JobContext's lock, and no sink's.
   *
   *              seal                     nextToSend                   sent
   *     open ───────────────► queue ───────────────────► being sent ───────────► gone
   *       │  nextToSend, where the queue is empty           ▲
   *       └─────────────────────────────────────────────────┘
   *
   * A batch belongs to this sink from BatchAssembly.begin to free. Its segments go back to the pool
   * unless a sender may still read them. One that is dropped hands on the gaps that it had to
   * report.
   *
   * Lines that have no room wait in their buffers (RoomWait). Whoever leads the drain makes room
   * first and adds then: between the two the open batch stays where it is (BatchAssembly.ready).
   *
   * The task that sends is claimed under the lock where something is due, and started after it
   * (SendClaim). It ends by itself, when nextToSend finds nothing due.
   */

  /** How far the sink has come. */
  enum Supply {
    /** Lines come. */
    OPEN,
    /** No more come: what is open is the last batch. */
    COMPLETE,
    /** All was sent; the job was told. */
    SENT,
    /** The account is closed, whatever there was. */
    ENDED
  }

  final JobContext job;
  final MemoryLock lock = new MemoryLock(LockOrder.Level.SINK);

  @GuardedBy("lock")
  final SinkLedger ledger;

  /** What the server took of the batches. */
  @GuardedBy("lock")
  final SendProgress progress;

  @GuardedBy("lock")
  final BatchAssembly assembly;

  @GuardedBy("lock")
  final BatchQueue queue;

  @GuardedBy("lock")
  final SegmentAccount account;

  @GuardedBy("lock")
  final SendSchedule schedule;

  @GuardedBy("lock")
  final RoomWait room;

  @GuardedBy("lock")
  Flushes flushes = Flushes.NONE;

  @GuardedBy("lock")
  final RecentLines recent;

  /** The batch being sent; null while none is, and of a call that was given up. */
  @GuardedBy("lock")
  @Nullable SinkBatch sending;

  /** Number of the job's last line that came here or was dropped before. */
  @GuardedBy("lock")
  long position;

  @GuardedBy("lock")
  Supply supply = Supply.OPEN;

  /** Of the end, once that has begun. */
  @GuardedBy("lock")
  long deadlineNanos;

  final SendClaim claim = new SendClaim();

  SinkBatches(JobContext job, long maxEncoded, SegmentAccount account, RecentLines recent) {
    this.job = job;
    this.account = account;
    this.recent = recent;
    JobSettings settings = job.settings;
    EngineTime time = job.engine.time;
    progress = new SendProgress(lock, time);
    ledger = new SinkLedger(job.engine.totals);
    assembly = new BatchAssembly(account, progress, time, settings.maxSize, maxEncoded);
    queue = new BatchQueue(account.nominal(), settings.maxSize);
    schedule =
        new SendSchedule(time, settings.spreadInterval()) {
          @Override
          public void run() {
            sendTimeCame();
          }
        };
    room =
        new RoomWait(time, progress, settings) {
          @Override
          public void run() {
            roomTimeCame();
          }
        };
  }

  /** Whether the calling thread is in the sender, or in a logger that is told of it. */
  abstract boolean isOwnWord();

  /** A batch may be due, or another try of the task. */
  abstract void sendTimeCame();

  /** Lines have waited for a while; or, at the end, there is more to drop. */
  abstract void roomTimeCame();

  /** Starts the task that sends; called with no lock. */
  abstract void startTask();

  // ---- the open batch ----

  /**
   * Makes room in the open batch.
   *
   * @param min bytes there must be room for, at most what an empty batch takes
   * @param wanted bytes wanted, {@code min} or more
   * @param tallied whether they come with counts behind the line ends
   * @param encoded what the longest line among them costs of the server's bound
   * @return whether there is room for {@code min}, and then for as many as {@link
   *     BatchAssembly#room} says; {@link Room#FULL} until a send ends
   */
  @GuardedBy("lock")
  Room makeRoom(int min, int wanted, boolean tallied, long encoded) {
    while (!isEnded()) {
      SinkBatch batch = assembly.begin(position);
      if (batch == null) {
        starve();
        return Room.NO_MEMORY;
      }
      if (assembly.takes(batch, min, tallied, encoded)) {
        Room taken = assembly.reserve(batch, min, wanted, tallied);
        if (taken != Room.THERE) {
          starve();
        }
        return taken;
      }
      if (!seal(batch)) {
        room.block();
        return Room.FULL;
      }
      claimStart();
    }
    return Room.FULL;
  }

  /** Lines lack a segment: what is assembled goes now, so that its segments come back. */
  @GuardedBy("lock")
  void starve() {
    schedule.hurry(!assembly.isEmpty());
    room.starve();
    claimStart();
  }

  /** Returns the open batch for lines for which room was made; null after the end. */
  @GuardedBy("lock")
  @Nullable SinkBatch openForLines() {
    assembly.setReserved(false);
    return isEnded() ? null : assembly.open();
  }

  /** Takes note of lines of the job that are in the open batch. */
  @GuardedBy("lock")
  void entered(int lines, long bytes) {
    position += lines;
    ledger.entered(lines, bytes);
  }

  /** Returns the gap behind all that has come, to be added to. */
  @GuardedBy("lock")
  GapTally gapBehind() {
    return assembly.isEmpty() ? queue.gapBehind() : assembly.fill();
  }

  /** An open batch holds no more than its lines take. */
  @GuardedBy("lock")
  void freeUnused() {
    SinkBatch batch = assembly.open();
    if (batch == null) {
      return;
    }
    if (batch.isEmpty()) {
      free(assembly.close(batch), true);
    } else {
      assembly.giveSpares(batch); // room for more than came
    }
  }

  // ---- the queue ----

  /** Moves the open batch into the queue, or drops what the policy says; false if it must wait. */
  @GuardedBy("lock")
  private boolean seal(SinkBatch batch) {
    assembly.close(batch);
    if (!queue.fits(batch)) {
      if (!room.mayDrop(job.isWaiting())) {
        assembly.reopen(batch);
        return false;
      }
      room.drops();
      if (room.dropsNewest()) {
        drop(batch, queue.gapBehind());
        assembly.giveGapTo(queue);
        return true;
      }
      makeRoomFor(batch);
    }
    recent.keep(batch.list);
    queue.add(batch);
    assembly.giveGapTo(queue);
    schedule.sealed();
    return true;
  }

  @GuardedBy("lock")
  private void makeRoomFor(SinkBatch batch) {
    while (!queue.fits(batch)) {
      SinkBatch oldest = Objects.requireNonNull(queue.poll());
      SinkBatch next = queue.first();
      drop(oldest, (next == null ? batch : next).gapBefore);
    }
  }

  /** Drops a batch that was not sent: its gaps go on to what follows. */
  @GuardedBy("lock")
  void drop(SinkBatch batch, GapTally target) {
    flushes.lost(batch.list.sequence());
    ledger.droppedBatch(batch, room.reason(), target);
    free(batch, true);
  }

  /**
   * Gives back what a batch holds, which is over.
   *
   * @param recycle whether its segments may be written again: not if a sender may still read them
   */
  @GuardedBy("lock")
  void free(SinkBatch batch, boolean recycle) {
    batch.lines.invalidate();
    account.give(batch.lines.segments());
    Segment chain = batch.lines.takeSegments();
    if (recycle) {
      account.recycle(chain);
    }
  }

  // ---- the task ----

  /** Claims the start of the task if something is due; else sees to it that the time comes. */
  @GuardedBy("lock")
  void claimStart() {
    if (!claim.isFree() || isEnded()) {
      return;
    }
    if (!queue.isEmpty() || isOpenDue() || isGapDue()) {
      claim.make();
    } else {
      awaitTime();
    }
  }

  /** Starts the task if that is claimed: with no lock held, as it may go to a given executor. */
  void startIfClaimed() {
    if (!claim.isMade()) {
      return;
    }
    boolean start;
    lock.lock();
    try {
      start = claim.take();
    } finally {
      lock.unlock();
    }
    if (start) {
      startTask();
    }
  }

  /** The task could get no thread, or no memory: it is tried again soon. */
  @GuardedBy("lock")
  void retryTask() {
    claim.end();
    if (!isEnded()) {
      schedule.retryLater();
    }
  }

  @GuardedBy("lock")
  private void awaitTime() {
    SinkBatch batch = assembly.ready();
    if (batch != null) {
      schedule.await(batch);
    }
  }

  @GuardedBy("lock")
  private boolean isOpenDue() {
    SinkBatch batch = assembly.ready();
    return batch != null
        && (supply != Supply.OPEN
            || flushes.include(assembly.lastNumber())
            || schedule.isDueAtOnce(batch)
            || schedule.isDueAt(assembly.nanoTime(), batch));
  }

  /** Whether only the marker of what was dropped last is left to send. */
  @GuardedBy("lock")
  private boolean isGapDue() {
    return supply != Supply.OPEN
        && queue.hasGapBehind()
        && job.settings.markers
        && assembly.open() == null;
  }

  // ---- being sent ----

  /** Returns the next batch to send; null if there is none, and then the task is over. */
  @GuardedBy("lock")
  @Nullable SinkBatch nextToSend() {
    SinkBatch batch = isEnded() ? null : takeNext();
    if (batch == null) {
      claim.end();
      return null;
    }
    if (room.isEnding()) {
      batch.list.call.beginEnd(deadlineNanos);
    }
    schedule.sending();
    sending = batch;
    return batch;
  }

  @GuardedBy("lock")
  private @Nullable SinkBatch takeNext() {
    SinkBatch batch = queue.poll();
    if (batch == null && isOpenDue()) {
      batch = assembly.close(Objects.requireNonNull(assembly.open()));
      recent.keep(batch.list);
      queue.giveGap(batch);
      assembly.giveGapTo(queue);
    }
    if (batch == null && isGapDue()) {
      SinkBatch marker = assembly.begin(position);
      if (marker == null) {
        retryTask();
        return null;
      }
      batch = assembly.close(marker);
      queue.giveGap(batch);
    }
    if (batch == null) {
      awaitTime();
    }
    return batch;
  }

  /** Takes note of what became of a batch. Returns whether the drain waits for room. */
  @GuardedBy("lock")
  boolean sent(SinkBatch batch, @Nullable Throwable failure, BatchLoss lost) {
    sending = null;
    ledger.sent(batch, failure, lost, batch.isWritten());
    if (failure != null) {
      if (!batch.isEmpty()) { // a marker alone is not tried again
        lost.handOn(SinkLedger.reasonOf(failure), queue.gapInFront());
      }
      flushes.lost(batch.list.sequence());
    }
    free(batch, failure == null);
    tellFlushes();
    return room.sendEnded();
  }

  /** What was to be told at the head of a batch is told by the next one. */
  @GuardedBy("lock")
  void handGapOn(SinkBatch batch) {
    queue.gapInFront().add(batch.gapBefore);
    batch.gapBefore.clear();
  }

  /** Tells the flushes that wait which batches have not gone yet; none is being sent. */
  @GuardedBy("lock")
  void tellFlushes() {
    SinkBatch next = queue.first();
    if (next != null) {
      flushes.gone(next.list.sequence());
    } else {
      flushes.gone(assembly.isEmpty() ? Long.MAX_VALUE : assembly.lastNumber());
    }
  }

  // ---- what comes ----

  /** Whether lines are taken that come from no stream. */
  @GuardedBy("lock")
  boolean isOpen() {
    return !room.isEnding() && !isEnded();
  }

  @GuardedBy("lock")
  boolean isEnded() {
    return supply == Supply.ENDED;
  }

  /** Takes note of it if all is sent that ever will be; true once. */
  @GuardedBy("lock")
  boolean markSent() {
    boolean sent =
        supply == Supply.COMPLETE
            && claim.isFree()
            && assembly.open() == null
            && queue.isEmpty()
            && !isGapDue();
    if (sent) {
      supply = Supply.SENT;
    }
    return sent;
  }
}
