package dev.logweir;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One sink of a job: assembles batches, keeps them in a queue of 2 × {@code maxSize}, and hands
 * them to its sending task one by one.
 *
 * <p>Three places, each with its own bound: the open batch, the queue, the batch being sent. Lines
 * come from one thread at a time, the drain's or, under {@link BatchShipper}, whoever holds its
 * turn.
 */
final class Sink {
  /**
   * What a batch and its gaps take besides segments; the first two queued are in the job's fixed
   * part.
   */
  static final int BATCH_BYTES = 256;

  /** No room because the budget over all jobs is spent. */
  static final int NO_SEGMENT = -1;

  private static final int FREE_BATCHES = 2;
  private static final long RETRY_NANOS = 100_000_000L;

  final ReentrantLock lock = new ReentrantLock();
  final BatchSender sender;
  final BatchCall call;
  final SinkLedger ledger;
  final Job job;

  private final SegmentAccount account;
  private final SendTask task;
  private final JobSettings settings;
  private final int maxSegments;
  private final long queueBytes;
  private final long intervalNanos;
  private final long maxEncoded;
  private final @Nullable RecentLines recent;

  private @Nullable LogBatch open;
  private @Nullable LogBatch firstQueued;
  private @Nullable LogBatch lastQueued;
  private int queuedCount;
  private int queuedSegments;
  private @Nullable GapTally tailGap;
  private long made;
  private long madeLines;
  private long madeBytes;

  /** Number of the job's last line that came here or was dropped before. */
  long position;

  private boolean sendEarly;
  private boolean blocked;
  private boolean timerSet;
  private Time.@Nullable Entry timer;
  private Time.@Nullable Entry waitTimer;
  private boolean overflowing;
  private boolean ending;
  private boolean late;
  private boolean noMore;
  private boolean ended;

  /** A send task is under way, or handed over. */
  private boolean busy;

  private boolean startClaimed;

  Sink(Job job, BatchSender sender, SegmentAccount account, @Nullable RecentLines recent) {
    this.job = job;
    this.sender = sender;
    this.account = account;
    this.recent = recent;
    settings = job.settings;
    call = new BatchCall(job.engine.time::nanoTime);
    ledger = new SinkLedger(job.engine.totals);
    task = new SendTask(this);
    maxSegments = settings.maxSize / account.nominal();
    queueBytes = 2L * settings.maxSize;
    intervalNanos = settings.spreadInterval();
    int bound = sender.maxBatchBytes();
    maxEncoded =
        bound == Integer.MAX_VALUE
            ? Long.MAX_VALUE
            : bound - (long) sender.encodedBytes(GapTally.MAX_MARKER_BYTES);
  }

  /** Whether the server bounds a batch in a unit of its own, so that every line must be weighed. */
  boolean isEncodedBounded() {
    return maxEncoded != Long.MAX_VALUE;
  }

  /**
   * Returns the longest fragment that with its mark and a marker before it is a batch the server
   * takes.
   */
  int maxLineBytes() {
    if (!isEncodedBounded()) {
      return Integer.MAX_VALUE;
    }
    int low = 0;
    int high = settings.maxLineBytes;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (sender.encodedBytes(middle + GapTally.MAX_MARKER_BYTES) <= maxEncoded) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  // ---- assembling ----

  /**
   * Makes room in the open batch.
   *
   * @param min bytes there must be room for, at most what an empty batch takes
   * @param wanted bytes wanted, {@code min} or more
   * @param tallied whether they come with counts behind the line ends
   * @param lineBytes length of the longest line among them, for the server's bound
   * @return for how many bytes there is room; 0 if the lines must wait until this sink asks for a
   *     drain, or {@link #NO_SEGMENT} until the budget has something again
   */
  int prepare(int min, int wanted, boolean tallied, int lineBytes) {
    int room;
    boolean start;
    lock.lock();
    try {
      room = prepareLocked(min, wanted, tallied, lineBytes);
      start = takeStart();
    } finally {
      lock.unlock();
    }
    if (start) {
      task.start();
    }
    return room;
  }

  private int prepareLocked(int min, int wanted, boolean tallied, int lineBytes) {
    while (!ended) {
      LogBatch batch = open == null ? openBatch() : open;
      int room = take(batch, min, wanted, tallied, lineBytes);
      if (room > 0) {
        return room;
      }
      if (roomIn(batch, tallied) >= min && takesEncoded(batch, lineBytes)) {
        // What is assembled goes now, so that its segments come back.
        sendEarly = batch.lineCount() > 0;
        claimStart();
        return NO_SEGMENT;
      }
      if (!seal()) {
        block();
        return 0;
      }
      claimStart();
    }
    return 0;
  }

  private LogBatch openBatch() {
    LogBatch batch = new LogBatch(call);
    batch.number(++made, madeLines + 1, madeBytes);
    batch.oldestNanos = job.engine.time.nanoTime();
    batch.afterLine = position;
    open = batch;
    return batch;
  }

  private int roomIn(LogBatch batch, boolean tallied) {
    int more = (maxSegments - batch.segments()) * account.capacity();
    return batch.room() - batch.roomLostBy(tallied) + more;
  }

  private int take(LogBatch batch, int min, int wanted, boolean tallied, int lineBytes) {
    if (roomIn(batch, tallied) < min || !takesEncoded(batch, lineBytes)) {
      return 0;
    }
    int aim = Math.min(wanted, roomIn(batch, tallied));
    while (batch.room() - batch.roomLostBy(tallied) < aim) {
      Segment segment = account.take();
      if (segment == null) {
        break;
      }
      batch.add(segment);
    }
    int room = batch.room() - batch.roomLostBy(tallied);
    return room < min ? 0 : Math.min(room, wanted);
  }

  private boolean takesEncoded(LogBatch batch, int lineBytes) {
    return !isEncodedBounded()
        || batch.lineCount() == 0
        || batch.encodedBytes + sender.encodedBytes(lineBytes) <= maxEncoded;
  }

  /** Whether lines one by one fill what a run of whole lines would leave unused. */
  boolean prefersLines() {
    lock.lock();
    try {
      LogBatch batch = open;
      return batch != null && batch.roomLostBy(false) > account.capacity() / 8;
    } finally {
      lock.unlock();
    }
  }

  /** Adds whole lines as the job wrote them; there must be room. */
  void addLines(byte[] bytes, int from, int end, int lines) {
    lock.lock();
    try {
      LogBatch batch = open;
      if (ended || batch == null) {
        return;
      }
      batch.tally(false);
      batch.put(bytes, from, end);
      batch.countLines(lines, end - from);
      madeLines += lines;
      madeBytes += end - from;
      position += lines;
      ledger.entered(lines, end - from);
    } finally {
      lock.unlock();
    }
  }

  /** Adds a line, or a fragment with its mark; there must be room. */
  void addPiece(LogLine piece, byte[] mark) {
    lock.lock();
    try {
      LogBatch batch = open;
      if (ended || batch == null) {
        return;
      }
      addText(batch, piece.array(), piece.offset(), piece.length(), mark, piece);
      position += piece.sourceLines;
      ledger.entered(piece.sourceLines, piece.sourceBytes);
    } finally {
      lock.unlock();
    }
  }

  private void addText(
      LogBatch batch, byte[] bytes, int offset, int length, byte[] mark, @Nullable LogLine piece) {
    boolean plain =
        piece != null
            && piece.isWhole()
            && piece.sourceLines == 1
            && piece.sourceBytes == length + 1L
            && batch.roomLostBy(false) == 0
            && !batch.isTallied();
    batch.tally(!plain);
    batch.put(bytes, offset, offset + length);
    batch.put(mark, 0, mark.length);
    if (plain) {
      batch.put(LogBatch.LINE_END, 0, 1);
      batch.countLines(1, length + 1L);
    } else {
      batch.endTallied(
          piece == null ? 0 : piece.sourceBytes, piece == null ? 0 : piece.sourceLines);
    }
    madeLines++;
    madeBytes += length + mark.length + 1L;
    batch.encodedBytes += isEncodedBounded() ? sender.encodedBytes(length + mark.length) : 0;
  }

  /**
   * Adds a line that did not come from a stream, or counts it as dropped.
   *
   * @return whether it is in a batch
   */
  boolean submit(LogLine piece, byte[] mark) {
    boolean added;
    boolean start;
    lock.lock();
    try {
      int bytes = piece.length() + mark.length + 2 * LineReader.MAX_TRAILER;
      boolean open = !ending && !ended;
      added = open && prepareLocked(bytes, bytes, true, piece.length() + mark.length) > 0;
      if (added) {
        addPiece(piece, mark);
      } else {
        lost(open ? DropReason.BUDGET : DropReason.CLOSED, piece.sourceBytes, piece.sourceLines);
      }
      claimStart();
      start = takeStart();
    } finally {
      lock.unlock();
    }
    if (start) {
      task.start();
    }
    return added;
  }

  /**
   * Adds the marker of a gap in front of the batches, and takes note of the gap. There must be
   * room.
   */
  void addGap(long lines, long bytes, int reasons) {
    byte[] text = settings.markers ? GapTally.marker(lines, bytes, reasons) : Segment.NO_BYTES;
    lock.lock();
    try {
      ledger.gap(position, lines, bytes, reasons);
      position += lines;
      LogBatch batch = open;
      if (ended || batch == null || !settings.markers) {
        return;
      }
      addText(batch, text, 0, text.length, Segment.NO_BYTES, null);
      GapTally marked = batch.markedGaps;
      if (marked == null) {
        marked = new GapTally();
        batch.markedGaps = marked;
      }
      marked.add(lines, bytes, reasons);
    } finally {
      lock.unlock();
    }
  }

  void filtered(long bytes, int lines) {
    lock.lock();
    try {
      if (!ended) {
        position += lines;
        ledger.filtered(lines, bytes);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts a line that was lost on its way from the buffer to a batch. */
  void lost(DropReason reason, long bytes, int lines) {
    lock.lock();
    try {
      if (ended) {
        job.engine.totals.dropped(reason, lines, bytes);
        return;
      }
      ledger.entered(lines, bytes);
      ledger.dropped(reason, lines, bytes);
      noteGap(position, lines, bytes, reason);
      tailGap().add(lines, bytes, reason.bit());
      position += lines;
    } finally {
      lock.unlock();
    }
  }

  private void noteGap(long afterLine, long lines, long bytes, DropReason reason) {
    if ((lines | bytes) != 0) {
      ledger.gap(afterLine, lines, bytes, reason.bit());
    }
  }

  private GapTally tailGap() {
    GapTally gap = tailGap;
    if (gap == null) {
      gap = new GapTally();
      tailGap = gap;
    }
    return gap;
  }

  // ---- the queue; guarded by the lock ----

  /** Moves the open batch into the queue, or drops what the policy says; false if it must wait. */
  private boolean seal() {
    LogBatch batch = Objects.requireNonNull(open);
    closeOpen(batch);
    if (!fits(batch)) {
      boolean mayDrop = ending ? late : !job.isWaiting() || overflowing;
      if (!mayDrop) {
        open = batch;
        return false;
      }
      if (settings.overflow == OverflowPolicy.DROP_NEWEST && !ending) {
        drop(batch, DropReason.QUEUE_FULL, tailGap());
        return true;
      }
      makeRoomFor(batch);
    }
    enqueue(batch);
    return true;
  }

  private void closeOpen(LogBatch batch) {
    open = null;
    Segment spares = batch.trim();
    int count = 0;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      count++;
    }
    account.give(count);
    account.recycle(spares);
  }

  private boolean fits(LogBatch batch) {
    int segments = queuedSegments + batch.segments();
    int objects = Math.max(0, queuedCount + 1 - FREE_BATCHES) * BATCH_BYTES;
    return (long) segments * account.nominal() + objects <= queueBytes;
  }

  private void makeRoomFor(LogBatch batch) {
    DropReason reason = ending ? DropReason.FLUSH_TIMEOUT : DropReason.QUEUE_FULL;
    while (!fits(batch)) {
      LogBatch oldest = Objects.requireNonNull(poll());
      LogBatch next = firstQueued == null ? batch : firstQueued;
      drop(oldest, reason, gapBefore(next));
    }
  }

  private static GapTally gapBefore(LogBatch batch) {
    GapTally gap = batch.gapBefore;
    if (gap == null) {
      gap = new GapTally();
      batch.gapBefore = gap;
    }
    return gap;
  }

  private void enqueue(LogBatch batch) {
    if (recent != null) {
      recent.keep(batch);
    }
    takeTailGap(batch);
    if (lastQueued == null) {
      firstQueued = batch;
    } else {
      lastQueued.nextQueued = batch;
    }
    lastQueued = batch;
    queuedCount++;
    queuedSegments += batch.segments();
  }

  private void takeTailGap(LogBatch batch) {
    GapTally gap = tailGap;
    if (gap != null) {
      gapBefore(batch).add(gap);
      tailGap = null;
    }
  }

  private @Nullable LogBatch poll() {
    LogBatch batch = firstQueued;
    if (batch != null) {
      firstQueued = batch.nextQueued;
      if (firstQueued == null) {
        lastQueued = null;
      }
      batch.nextQueued = null;
      queuedCount--;
      queuedSegments -= batch.segments();
    }
    return batch;
  }

  /** Drops a batch that was not sent: its gaps go on to what follows. */
  private void drop(LogBatch batch, DropReason reason, GapTally handOn) {
    ledger.dropped(reason, batch.sourceLines, batch.sourceBytes);
    noteGap(batch.afterLine, batch.sourceLines, batch.sourceBytes, reason);
    handOn(batch, reason, handOn);
    free(batch, true);
  }

  private static void handOn(LogBatch batch, DropReason reason, GapTally target) {
    if (batch.gapBefore != null) {
      target.add(batch.gapBefore);
    }
    if (batch.markedGaps != null) {
      target.add(batch.markedGaps);
    }
    if ((batch.sourceLines | batch.sourceBytes) != 0) {
      target.add(batch.sourceLines, batch.sourceBytes, reason.bit());
    }
  }

  private void free(LogBatch batch, boolean recycle) {
    batch.invalidate();
    account.give(batch.segments());
    Segment chain = batch.detach();
    if (recycle) {
      account.recycle(chain);
    }
  }

  private void block() {
    blocked = true;
    if (!ending && waitTimer == null) {
      waitTimer = job.engine.time.schedule(this::waitedTooLong, settings.maxWaitNanos);
    }
  }

  private void waitedTooLong() {
    lock.lock();
    try {
      waitTimer = null;
      overflowing = blocked && !ending;
    } finally {
      lock.unlock();
    }
    job.requestDrain();
  }

  // ---- sending ----

  /**
   * Starts the sending task if there is something to send now; else sees to it that the time comes.
   */
  void signal() {
    boolean start;
    lock.lock();
    try {
      claimStart();
      start = takeStart();
    } finally {
      lock.unlock();
    }
    if (start) {
      task.start();
    }
  }

  private void claimStart() {
    if (busy || ended) {
      return;
    }
    if (firstQueued != null || isOpenDue() || isGapDue()) {
      busy = true;
      startClaimed = true;
    } else {
      setTimer();
    }
  }

  /** Whether the caller must start the task, once it holds no lock any more. */
  private boolean takeStart() {
    boolean start = startClaimed;
    startClaimed = false;
    return start;
  }

  private boolean isOpenDue() {
    LogBatch batch = open;
    return batch != null
        && batch.lineCount() > 0
        && (batch.sequence() == 1
            || sendEarly
            || noMore
            || job.engine.time.nanoTime() - batch.oldestNanos >= intervalNanos);
  }

  /** Whether only the marker of what was dropped last is left to send. */
  private boolean isGapDue() {
    return noMore && tailGap != null && !tailGap.isEmpty() && settings.markers && open == null;
  }

  private void setTimer() {
    LogBatch batch = open;
    if (batch == null || batch.lineCount() == 0 || timerSet) {
      return;
    }
    timerSet = true;
    long left = batch.oldestNanos + intervalNanos - job.engine.time.nanoTime();
    timer = job.engine.time.schedule(this::timeCame, Math.max(0, left));
  }

  private void timeCame() {
    lock.lock();
    try {
      timerSet = false;
      timer = null;
    } finally {
      lock.unlock();
    }
    signal();
  }

  /** The task could get no thread: it is tried again soon. */
  void notStarted() {
    lock.lock();
    try {
      busy = false;
    } finally {
      lock.unlock();
    }
    job.engine.time.schedule(this::signal, RETRY_NANOS);
  }

  /**
   * Returns the next batch to send; null if there is none, and then the task is over. Guarded by
   * the lock.
   */
  @Nullable LogBatch nextToSend() {
    if (ended) {
      busy = false;
      return null;
    }
    LogBatch batch = poll();
    if (batch == null && isOpenDue()) {
      batch = Objects.requireNonNull(open);
      closeOpen(batch);
      if (recent != null) {
        recent.keep(batch);
      }
      takeTailGap(batch);
    }
    if (batch == null && isGapDue()) {
      batch = openBatch();
      open = null;
      takeTailGap(batch);
    }
    if (batch == null) {
      busy = false;
      setTimer();
      return null;
    }
    sendEarly = false;
    return batch;
  }

  /** Whether all is sent that ever will be. Guarded by the lock. */
  boolean isThrough() {
    return noMore && !busy && open == null && firstQueued == null && !ended;
  }

  /**
   * Takes note of what became of a batch. Guarded by the lock. Returns whether the drain waits for
   * room.
   */
  boolean sent(LogBatch batch, @Nullable Throwable failure) {
    long lostLines = 0;
    long lostBytes = 0;
    DropReason reason = reasonOf(failure);
    if (failure != null) {
      lostLines = batch.sourceLines;
      lostBytes = batch.sourceBytes;
      if (failure instanceof SendException e && !e.isWholeBatch()) {
        Tally undelivered = undelivered(batch, e);
        lostLines = undelivered.lines();
        lostBytes = undelivered.bytes();
      }
      lostInSending(batch, reason, lostLines, lostBytes);
    } else {
      ledger.sent(batch.byteCount());
    }
    ledger.shipped(batch.sourceLines - lostLines, batch.sourceBytes - lostBytes);
    free(batch, failure == null);
    overflowing = false;
    if (waitTimer != null) {
      waitTimer.cancel();
      waitTimer = null;
    }
    boolean wake = blocked;
    blocked = false;
    return wake;
  }

  private static DropReason reasonOf(@Nullable Throwable failure) {
    return failure instanceof SendException e && e.kind() != SendException.Kind.FAILED
        ? DropReason.SEND_REFUSED
        : DropReason.SEND_FAILED;
  }

  private void lostInSending(LogBatch batch, DropReason reason, long lines, long bytes) {
    ledger.dropped(reason, lines, bytes);
    noteGap(batch.afterLine, lines, bytes, reason);
    if (call.isWritten()) {
      ledger.unconfirmed(lines, bytes);
    }
    if (batch.lineCount() == 0) {
      return; // a marker alone is not tried again
    }
    LogBatch next = firstQueued;
    GapTally target = next == null ? tailGap() : gapBefore(next);
    if (batch.gapBefore != null && lines == batch.sourceLines) {
      target.add(batch.gapBefore);
    }
    if (batch.markedGaps != null && lines == batch.sourceLines) {
      target.add(batch.markedGaps);
    }
    if ((lines | bytes) != 0) {
      target.add(lines, bytes, reason.bit());
    }
  }

  private static Tally undelivered(LogBatch batch, SendException failure) {
    long lines = 0;
    long bytes = 0;
    LineReader reader = new LineReader(batch);
    for (int index = batch.headLines(); reader.next(); index++) {
      if (failure.isUndelivered(index)) {
        lines += reader.sourceLines();
        bytes += reader.sourceBytes();
      }
    }
    return new Tally(lines, bytes);
  }

  // ---- the end ----

  /** From now on every batch waits for room. */
  void beginEnd(long deadlineNanos) {
    lock.lock();
    try {
      ending = true;
      overflowing = false;
    } finally {
      lock.unlock();
    }
    call.beginEnd(deadlineNanos);
  }

  /** Half of the time is gone: under drop-oldest the last batch goes first. */
  void beLate() {
    boolean wake;
    lock.lock();
    try {
      if (settings.overflow != OverflowPolicy.DROP_OLDEST || ended) {
        return;
      }
      late = true;
      dropOlder();
      wake = blocked;
      blocked = false;
    } finally {
      lock.unlock();
    }
    if (wake) {
      job.requestDrain();
    }
  }

  private void dropOlder() {
    if (!late || !noMore) {
      return;
    }
    int keep = open == null ? 1 : 0;
    while (queuedCount > keep) {
      LogBatch oldest = Objects.requireNonNull(poll());
      LogBatch next = firstQueued == null ? open : firstQueued;
      drop(oldest, DropReason.FLUSH_TIMEOUT, next == null ? tailGap() : gapBefore(next));
    }
  }

  /** Nothing more comes. */
  void noMore() {
    boolean through;
    lock.lock();
    try {
      if (ended || noMore) {
        return;
      }
      noMore = true;
      LogBatch batch = open;
      if (batch != null && batch.lineCount() == 0) {
        closeOpen(batch);
        free(batch, true);
      }
      dropOlder();
      through = isThrough() && !isGapDue();
    } finally {
      lock.unlock();
    }
    if (through) {
      job.sinkDone();
    } else {
      signal();
    }
  }

  /**
   * Ends this sink where it stands: what is held is lost, and so is what has not come yet.
   *
   * @param unsent what the buffers held for it; guarded, as this call, by the sink's lock
   */
  void abort(Tally unsent) {
    if (ended) {
      return;
    }
    ended = true;
    cancelTimers();
    GapTally rest = tailGap();
    task.abandon();
    for (LogBatch batch = poll(); batch != null; batch = poll()) {
      drop(batch, DropReason.FLUSH_TIMEOUT, rest);
    }
    LogBatch batch = open;
    if (batch != null) {
      closeOpen(batch);
      drop(batch, DropReason.FLUSH_TIMEOUT, rest);
    }
    ledger.entered(unsent.lines(), unsent.bytes());
    ledger.dropped(DropReason.FLUSH_TIMEOUT, unsent.lines(), unsent.bytes());
    noteGap(position, unsent.lines(), unsent.bytes(), DropReason.FLUSH_TIMEOUT);
  }

  /** Counts the batch of a call that is given up. Guarded by the lock. */
  void abandoned(LogBatch batch) {
    ledger.dropped(DropReason.FLUSH_TIMEOUT, batch.sourceLines, batch.sourceBytes);
    noteGap(batch.afterLine, batch.sourceLines, batch.sourceBytes, DropReason.FLUSH_TIMEOUT);
    if (call.isWritten()) {
      ledger.unconfirmed(batch.sourceLines, batch.sourceBytes);
    }
  }

  /** Gives back what a call held that had been given up. */
  void returned(LogBatch batch) {
    lock.lock();
    try {
      free(batch, false);
    } finally {
      lock.unlock();
    }
  }

  /** Ends the account and the timers after the last line. Guarded by the lock. */
  void close() {
    ended = true;
    cancelTimers();
    account.close();
  }

  private void cancelTimers() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
    if (waitTimer != null) {
      waitTimer.cancel();
      waitTimer = null;
    }
  }

  /** Whether the calling thread is in this sink's sender. */
  boolean isCalling(Thread thread) {
    return task.isOn(thread);
  }

  // ---- looking at it; guarded by the lock ----

  Tally heldInBatches() {
    Tally held = tally(open).plus(tally(task.batch()));
    for (LogBatch batch = firstQueued; batch != null; batch = batch.nextQueued) {
      held = held.plus(tally(batch));
    }
    return held;
  }

  private static Tally tally(@Nullable LogBatch batch) {
    return batch == null ? Tally.NONE : new Tally(batch.sourceLines, batch.sourceBytes);
  }

  long heldBytes() {
    int objects = Math.max(0, queuedCount - FREE_BATCHES) * BATCH_BYTES;
    return account.heldBytes() + objects;
  }

  List<String> recentLines() {
    lock.lock();
    try {
      return recent == null ? List.of() : recent.with(open);
    } finally {
      lock.unlock();
    }
  }
}
