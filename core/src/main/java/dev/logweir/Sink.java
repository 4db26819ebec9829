package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One sink of a job: assembles batches, keeps them in a queue of 2 × {@code maxSize}, and hands
 * them to its sending task one by one.
 *
 * <p>Three places, each with its own bound: the open batch, the queue, the batch being sent. Lines
 * come from the drain, which makes room before it adds, from a write by {@link #addDirect}, or by
 * {@link #submit}, from any thread.
 */
final class Sink {
  /*
   * The lock guards all that changes here and in the parts that have no lock of their own: the
   * assembly, the queue, the ledger, the account, the recent lines, what the sender's calls tell, and
   * which call the task is in. It comes after the locks of BatchShipper and SafeBuffer, and before
   * Job's. Locks of several sinks are taken in the order of the job's list.
   *
   * Under it: copies, counts, a segment of the pool or the budget, a timer. Not under it: the sender,
   * a meter, a logger, or the start of the task, which may go to an executor of the user. A
   * budget that gets something back may ask for drains of other jobs, on this thread and under this
   * lock; that takes leaves and the other job's own lock, and no sink's.
   *
   * The start of the task in two steps. Under the lock claimStart looks whether something is due and
   * claims: busy, so that nobody else does, and startClaimed. After the lock startIfClaimed starts the
   * task, on whichever thread comes first: a claim is spent once. The task ends by itself: nextToSend
   * finds nothing due, under the lock, and takes busy back. So what is due is always either seen by a
   * task under way or claimed.
   *
   * A batch is in one of three places: open, queued, or being sent. It belongs to this sink from
   * BatchAssembly.begin to free. Its segments go back to the pool unless a sender may still read them.
   *
   * Lines that have no room wait in the buffers: blocked, until a send ends or the policy may drop, or starved, until the
   * budget or the heap has a segment. The sink then asks for a drain. Whoever leads the drain makes
   * room first (prepare) and adds then (held): between the two the open batch is not sent.
   *
   * The end: ending (no policy drops from here on), late (half of the time is gone), noMore (the open
   * batch is the last), through (all is sent; told to the job once), ended (the account is closed).
   */

  /** How many batches are dropped before the lock is given to others. */
  private static final int DROP_STEPS = 64;

  /** No room because the budget over all jobs is spent. */
  static final int NO_SEGMENT = -1;

  /** No room because the JVM has no heap left: nobody tells when it has. */
  static final int NO_MEMORY = -2;

  final MemoryLock lock = new MemoryLock();
  final BatchSender sender;

  /** To whom abandoned calls are counted. */
  final Object client;

  @GuardedBy("lock")
  final SinkLedger ledger;

  final JobContext job;

  /** What the server took of the batches. */
  @GuardedBy("lock")
  final SendProgress told;

  @GuardedBy("lock")
  private final SegmentAccount account;

  private final SendTask task;
  private final JobSettings settings;

  @GuardedBy("lock")
  private final BatchAssembly assembly;

  @GuardedBy("lock")
  private final BatchQueue queue;

  private final long intervalNanos;
  private final long maxEncoded;

  @GuardedBy("lock")
  private final @Nullable RecentLines recent;

  /** Number of the job's last line that came here or was dropped before. */
  @GuardedBy("lock")
  private long position;

  /** Whether a batch has gone on from being assembled: the first line goes at once. */
  @GuardedBy("lock")
  private boolean begun;

  @GuardedBy("lock")
  private boolean sendEarly;

  /** The last batch that goes as soon as the sender is free, and who waits for that. */
  @GuardedBy("lock")
  private long flushTo;

  @GuardedBy("lock")
  private List<Flush> flushes = List.of();

  /** Lines are about to be added to the open batch, for which room was made in it. */
  @GuardedBy("lock")
  private boolean held;

  @GuardedBy("lock")
  private boolean blocked;

  /** For how long lines waited since the end was looked at last, and since when they do now. */
  @GuardedBy("lock")
  private long blockedNanos;

  @GuardedBy("lock")
  private long blockedSince;

  @GuardedBy("lock")
  private long lookedNanos;

  /** The batch that was being sent then; 0 if none was. */
  @GuardedBy("lock")
  private long callLooked;

  /**
   * Lines wait for a segment: the sink's own reserve, which the budget does not tell of, will do.
   */
  @GuardedBy("lock")
  private boolean starved;

  /** For the interval of the open batch, or until the task may get a thread. */
  private final EngineTimer sendTimer =
      new EngineTimer() {
        @Override
        public void run() {
          timeCame();
        }
      };

  @GuardedBy("lock")
  private boolean sendTimerSet;

  /** For lines that wait for room; at the end, for batches that are dropped in steps. */
  private final EngineTimer roomTimer =
      new EngineTimer() {
        @Override
        public void run() {
          roomTimeCame();
        }
      };

  @GuardedBy("lock")
  private boolean roomTimerSet;

  @GuardedBy("lock")
  private boolean overflowing;

  /** What {@link SendProgress#advances()} was when waiting, or overflowing, began. */
  @GuardedBy("lock")
  private int advancesBefore;

  /** A batch was dropped for want of room since one was sent last. */
  @GuardedBy("lock")
  private boolean dropping;

  @GuardedBy("lock")
  private boolean ending;

  @GuardedBy("lock")
  private long deadlineNanos;

  @GuardedBy("lock")
  private boolean late;

  /** At the end, this sink drops where it would make the job's other sinks wait. */
  @GuardedBy("lock")
  private boolean yields;

  @GuardedBy("lock")
  private boolean noMore;

  @GuardedBy("lock")
  private boolean through;

  @GuardedBy("lock")
  private boolean ended;

  /** A send task is under way, or handed over. */
  @GuardedBy("lock")
  private boolean busy;

  /** The next thread that has released the lock starts the task. Written under the lock alone. */
  private volatile boolean startClaimed;

  Sink(JobContext job, BatchSender sender, SegmentAccount account, @Nullable RecentLines recent) {
    this.job = job;
    this.sender = sender;
    client = Objects.requireNonNull(sender.client(), "client");
    this.account = account;
    this.recent = recent;
    settings = job.settings;
    told = new SendProgress(lock, job.engine.time);
    ledger = new SinkLedger(job.engine.totals);
    task = new SendTask(this);
    intervalNanos = settings.spreadInterval();
    int bound = sender.maxBatchBytes();
    maxEncoded =
        bound == Integer.MAX_VALUE
            ? Long.MAX_VALUE
            : bound - sender.encodedBytes(Markers.MAX_BYTES);
    assembly = new BatchAssembly(account, told, job.engine.time, settings.maxSize, maxEncoded);
    queue = new BatchQueue(account.nominal(), settings.maxSize);
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
    int added =
        Markers.Mark.CONTINUED.length()
            + (job.settings.processors.isEmpty() ? 0 : Scratch.PREFIX_BYTES);
    int low = 0;
    int high = settings.maxLineBytes;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (sender.encodedBytes(middle + added) <= maxEncoded) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  // ---- assembling ----

  /**
   * Makes room in the open batch, which is then not sent before lines were added or the pass has
   * ended.
   *
   * @param min bytes there must be room for, at most what an empty batch takes
   * @param wanted bytes wanted, {@code min} or more
   * @param tallied whether they come with counts behind the line ends
   * @param lineBytes length of the longest line among them, for the server's bound
   * @return for how many bytes there is room; 0 if the lines must wait until this sink asks for a
   *     drain, or {@link #NO_SEGMENT} until the budget has something again, or {@link #NO_MEMORY}
   */
  int prepare(int min, int wanted, boolean tallied, int lineBytes) {
    long encoded = encoded(lineBytes);
    lock.lock();
    try {
      int room = prepareLocked(min, wanted, tallied, encoded);
      held = room > 0;
      return room;
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  /**
   * Makes room for one line or fragment; as {@link #prepare}.
   *
   * @param plain whether it is a line as the job wrote it
   */
  int prepareLine(int bytes, boolean plain, int lineBytes) {
    boolean tallied;
    lock.lock();
    try {
      tallied = needsCounts(plain);
    } finally {
      lock.unlock();
    }
    return prepare(bytes, bytes, tallied, lineBytes);
  }

  @GuardedBy("lock")
  private boolean needsCounts(boolean plain) {
    LogBatch batch = assembly.open();
    return batch == null ? !plain : BatchAssembly.needsCounts(batch, plain);
  }

  /** Returns what a line costs of the server's bound; 0 where there is none. */
  private long encoded(int lineBytes) {
    if (!isEncodedBounded()) {
      return 0;
    }
    try {
      return Math.max(0, sender.encodedBytes(lineBytes));
    } catch (Throwable ignored) {
      // The drain must go on; what the server then refuses is counted.
      return lineBytes + 1L;
    }
  }

  @GuardedBy("lock")
  private int prepareLocked(int min, int wanted, boolean tallied, long encoded) {
    while (!ended) {
      LogBatch batch = assembly.begin(position);
      if (batch == null) {
        starve();
        return NO_MEMORY;
      }
      if (assembly.takes(batch, min, tallied, encoded)) {
        int room = assembly.reserve(batch, min, wanted, tallied);
        if (room > 0) {
          return room;
        }
        starve();
        return account.isMemoryShort() ? NO_MEMORY : NO_SEGMENT;
      }
      if (!seal(batch)) {
        block();
        return 0;
      }
      claimStart();
    }
    return 0;
  }

  /** What is assembled goes now, so that its segments come back. */
  @GuardedBy("lock")
  private void starve() {
    sendEarly = !assembly.isEmpty();
    starved = true;
    claimStart();
  }

  /** Returns what room costs of the budget. */
  long cost(int bytes, boolean tallied, int lineBytes) {
    long encoded = encoded(lineBytes);
    lock.lock();
    try {
      return assembly.cost(bytes, tallied, encoded);
    } finally {
      lock.unlock();
    }
  }

  /** The budget has not enough for all sinks: none of them takes anything. */
  void waitForBudget() {
    lock.lock();
    try {
      starve();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  /** Whether lines one by one fill what a run of whole lines would leave unused. */
  boolean prefersLines() {
    lock.lock();
    try {
      return assembly.prefersLines();
    } finally {
      lock.unlock();
    }
  }

  /** Adds whole lines as the job wrote them; there must be room. */
  void addLines(byte[] bytes, int from, int end, int lines) {
    lock.lock();
    try {
      addLinesLocked(bytes, from, end, lines);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void addLinesLocked(byte[] bytes, int from, int end, int lines) {
    held = false;
    LogBatch batch = assembly.open();
    if (ended || batch == null) {
      return;
    }
    assembly.addLines(batch, bytes, from, end, lines);
    batch.asksToGo = true;
    position += lines;
    ledger.entered(lines, end - from);
  }

  /** Adds a run of whole lines, with counts if it is to have them; there must be room. */
  void addRun(LineRun run, boolean tallied) {
    lock.lock();
    try {
      assembly.arrived(run.source, run.millis);
      if (!tallied) {
        addLinesLocked(run.bytes, run.from, run.end, run.lines);
        return;
      }
      held = false;
      LogBatch batch = assembly.open();
      if (ended || batch == null) {
        return;
      }
      assembly.addCounted(batch, run.bytes, run.from, run.end, run.prefix, run.firstNumber);
      batch.asksToGo = true;
      position += run.lines;
      ledger.entered(run.lines, run.end - run.from);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes whole lines straight from a write, as many as there is room for; the run is cut to them.
   *
   * @param begun what came before of the first line
   * @return whether there was room for the first; if not, they are for a drain
   */
  boolean addDirect(@Nullable Segment begun, LineRun run) {
    lock.lock();
    try {
      assembly.arrivesNow(run.source, !busy);
      try {
        return addDirectLocked(begun, run);
      } finally {
        assembly.forgetNow();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean addDirectLocked(@Nullable Segment begun, LineRun run) {
    int before = begun == null ? 0 : begun.end - begun.start;
    int wanted = before + run.end - run.from;
    int first = before + run.firstBytes(false);
    int room = assembly.prefersLines() ? 0 : prepareLocked(first, wanted, false, 0);
    if (room <= 0) {
      return false;
    }
    if (room < wanted) {
      run.cutTo(room - before, false, 0);
    }
    LogBatch batch = Objects.requireNonNull(assembly.open()); // with the room made above
    if (begun != null) {
      assembly.addLines(batch, begun.bytes, begun.start, begun.end, 0);
    }
    assembly.addLines(batch, run.bytes, run.from, run.end, run.lines);
    batch.asksToGo = true;
    position += run.lines;
    ledger.entered(run.lines, before + run.end - run.from);
    claimStart();
    return true;
  }

  /** Whether a start is claimed; a moment later another thread may have spent the claim. */
  boolean hasClaim() {
    return startClaimed;
  }

  /**
   * Adds a line, or a fragment with its mark; there must be room.
   *
   * @param source as {@link LineReader#source} tells it
   */
  void addPiece(LogLine piece, Markers.Mark mark, int source) {
    long encoded = encoded(piece.length() + mark.length());
    lock.lock();
    try {
      held = false;
      assembly.arrived(source, piece.timeMillis());
      addPieceLocked(piece, mark, encoded, true);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void addPieceLocked(LogLine piece, Markers.Mark mark, long encoded, boolean asksToGo) {
    LogBatch batch = assembly.open();
    if (ended || batch == null) {
      return;
    }
    assembly.addPiece(batch, piece, mark, job.markerToken, encoded);
    batch.asksToGo |= asksToGo;
    position += piece.sourceLines;
    ledger.entered(piece.sourceLines, piece.sourceBytes);
  }

  /**
   * Adds a line that did not come from a stream, or counts it as dropped. What comes out of a call
   * of the sender, or of a message about one, does not ask for a send: where a program's log is
   * shipped by this very sink, each send would else make the next one, for ever.
   *
   * <p>A send that is due is claimed only: the caller starts it, once it holds no lock.
   *
   * @return whether it is in a batch
   */
  boolean submit(LogLine piece, Markers.Mark mark) {
    int length = piece.length() + mark.length();
    int bytes = length + 2 * LineCounts.MAX_TRAILER;
    long encoded = encoded(length);
    lock.lock();
    try {
      boolean open = !ending && !ended;
      boolean tallied = needsCounts(BatchAssembly.isPlain(piece));
      int room = open ? prepareLocked(bytes, bytes, tallied, encoded) : 0;
      boolean added = room > 0;
      if (added) {
        assembly.arrivesNow(LineReader.NO_SOURCE, !busy);
        addPieceLocked(piece, mark, encoded, !task.isOwnWord());
      } else {
        DropReason reason = room == NO_MEMORY ? DropReason.MEMORY : DropReason.BUDGET;
        lost(open ? reason : DropReason.CLOSED, piece.sourceBytes, piece.sourceLines);
      }
      claimStart();
      assembly.forgetNow();
      return added;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the calling thread is in the sender, or in a logger that is told of it. */
  boolean isOwnWord() {
    return task.isOwnWord();
  }

  /** Counts the rest of a line as dropped of which a piece was. */
  void lose(LogLine rest) {
    boolean open;
    lock.lock();
    try {
      open = !ending && !ended;
    } finally {
      lock.unlock();
    }
    lost(open ? DropReason.BUDGET : DropReason.CLOSED, rest.sourceBytes, rest.sourceLines);
  }

  /**
   * Adds the marker of a gap in front of the batches, and takes note of the gap. There must be
   * room.
   *
   * @param source the stream that it is in, as {@link LineReader#source} tells it
   * @param newLines how many of its lines have not been counted here yet
   * @param text the marker's; of no meaning where gaps are not marked
   */
  void addGap(int source, GapTally gap, long newLines, byte[] text) {
    long encoded = encoded(text.length);
    long millis = job.engine.time.currentTimeMillis();
    lock.lock();
    try {
      held = false;
      ledger.gap(position - gap.lines + newLines, gap.lines, gap.bytes, gap.reasons);
      position += newLines;
      LogBatch batch = assembly.open();
      if (ended || batch == null || !settings.markers) {
        return;
      }
      assembly.arrived(source, millis);
      assembly.addMarker(batch, text, encoded);
      batch.endMarker(gap.lines, gap.bytes, gap.reasons);
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

  /** Counts a line that a processor lost; its marker comes with the next line. */
  void failed(long bytes, int lines) {
    lock.lock();
    try {
      if (!ended) {
        position += lines;
        ledger.entered(lines, bytes);
        ledger.dropped(DropReason.PROCESSOR_FAILED, lines, bytes);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts a line that was lost on its way from the buffer to a batch. */
  void lost(DropReason reason, long bytes, int lines) {
    lost(reason, bytes, lines, 0);
  }

  /**
   * Counts a line that was lost on its way from the buffer to a batch.
   *
   * @param added its own bytes, if a processor made it
   */
  void lost(DropReason reason, long bytes, int lines, long added) {
    lock.lock();
    try {
      if (ended) {
        if (reason == DropReason.CLOSED) {
          job.engine.totals.dropped(reason, lines, bytes);
        }
        return; // else the final report has it as held up to then
      }
      ledger.entered(lines, bytes);
      if (reason == DropReason.CLOSED) {
        ledger.dropped(reason, lines, bytes);
        return; // what comes after the end is no gap in the log
      }
      ledger.lost(position, reason, lines, bytes, added);
      (assembly.isEmpty() ? queue.gapBehind() : assembly.fill()).add(lines, bytes, reason.bit());
      position += lines;
    } finally {
      lock.unlock();
    }
  }

  // ---- the queue ----

  /** Moves the open batch into the queue, or drops what the policy says; false if it must wait. */
  @GuardedBy("lock")
  private boolean seal(LogBatch batch) {
    assembly.close(batch);
    if (!queue.fits(batch)) {
      boolean mayDrop = ending ? late || yields : !job.isWaiting() || isOverflowing();
      if (!mayDrop) {
        assembly.reopen(batch);
        return false;
      }
      dropping = true;
      if (settings.overflow == OverflowPolicy.DROP_NEWEST) {
        DropReason reason = ending ? DropReason.FLUSH_TIMEOUT : DropReason.QUEUE_FULL;
        drop(batch, reason, queue.gapBehind());
        assembly.giveGapTo(queue);
        return true;
      }
      makeRoomFor(batch);
    }
    keepRecent(batch);
    queue.add(batch);
    assembly.giveGapTo(queue);
    begun = true;
    return true;
  }

  @GuardedBy("lock")
  private void makeRoomFor(LogBatch batch) {
    DropReason reason = ending ? DropReason.FLUSH_TIMEOUT : DropReason.QUEUE_FULL;
    while (!queue.fits(batch)) {
      LogBatch oldest = Objects.requireNonNull(queue.poll());
      LogBatch next = queue.first();
      drop(oldest, reason, (next == null ? batch : next).gapBefore);
    }
  }

  @GuardedBy("lock")
  private void keepRecent(LogBatch batch) {
    try {
      if (recent != null) {
        recent.keep(batch);
      }
    } catch (OutOfMemoryError ignored) {
      // It costs the lines that would have been kept.
    }
  }

  /** Drops a batch that was not sent: its gaps go on to what follows. */
  @GuardedBy("lock")
  private void drop(LogBatch batch, DropReason reason, GapTally target) {
    long number = batch.sequence();
    tellFlushesLost(number);
    ledger.dropped(batch, reason, target);
    free(batch, true);
  }

  @GuardedBy("lock")
  private void free(LogBatch batch, boolean recycle) {
    batch.invalidate();
    account.give(batch.segments());
    Segment chain = batch.detach();
    if (recycle) {
      account.recycle(chain);
    }
  }

  @GuardedBy("lock")
  private void block() {
    if (ending && !blocked) {
      blockedSince = job.engine.time.nanoTime();
    }
    blocked = true;
    if (!ending && !roomTimerSet) {
      advancesBefore = told.advances();
      setRoomTimer(settings.maxWaitNanos);
    }
  }

  @GuardedBy("lock")
  private void setRoomTimer(long nanos) {
    roomTimerSet = true;
    job.engine.time.set(roomTimer, nanos);
  }

  /** A part of a batch that the server took is progress: from then on lines wait anew. */
  private void roomTimeCame() {
    lock.lock();
    try {
      roomTimerSet = false;
      if (ending) {
        dropOlder();
        return;
      }
      if (blocked && told.advances() != advancesBefore) {
        advancesBefore = told.advances();
        long since = job.engine.time.nanoTime() - told.advancedNanos();
        setRoomTimer(settings.maxWaitNanos - since);
        return;
      }
      overflowing = blocked;
    } finally {
      lock.unlock();
    }
    job.requestDrain();
  }

  @GuardedBy("lock")
  private boolean isOverflowing() {
    return overflowing && told.advances() == advancesBefore;
  }

  // ---- sending ----

  /**
   * Starts the sending task if there is something to send now; else sees to it that the time comes.
   */
  void signal() {
    lock.lock();
    try {
      claimStart();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  /** Nothing is added for the time being: what is due goes, and an empty batch holds nothing. */
  void passEnded() {
    lock.lock();
    try {
      held = false;
      freeEmpty();
      claimStart();
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  @GuardedBy("lock")
  private void freeEmpty() {
    LogBatch batch = assembly.open();
    if (batch != null && batch.lineCount() == 0) {
      free(assembly.close(batch), true);
    }
  }

  @GuardedBy("lock")
  private void claimStart() {
    if (busy || ended) {
      return;
    }
    if (!queue.isEmpty() || isOpenDue() || isGapDue()) {
      busy = true;
      startClaimed = true;
    } else {
      setTimer();
    }
  }

  /** Starts the task if that is claimed: with no lock held, as it may go to a given executor. */
  void startIfClaimed() {
    if (!startClaimed) {
      return;
    }
    boolean start;
    lock.lock();
    try {
      start = startClaimed; // another thread may have spent the claim
      startClaimed = false;
    } finally {
      lock.unlock();
    }
    if (start) {
      task.start();
    }
  }

  @GuardedBy("lock")
  private boolean isOpenDue() {
    LogBatch batch = assembly.open();
    if (batch == null || batch.lineCount() == 0 || held) {
      return false;
    }
    if (sendEarly || noMore || assembly.lastNumber() <= flushTo) {
      return true;
    }
    return batch.asksToGo && (!begun || assembly.nanoTime() - batch.oldestNanos >= intervalNanos);
  }

  /** Whether only the marker of what was dropped last is left to send. */
  @GuardedBy("lock")
  private boolean isGapDue() {
    return noMore && queue.hasGapBehind() && settings.markers && assembly.open() == null;
  }

  @GuardedBy("lock")
  private void setTimer() {
    LogBatch batch = assembly.open();
    if (batch == null || batch.lineCount() == 0 || !batch.asksToGo || sendTimerSet || held) {
      return;
    }
    long left = batch.oldestNanos + intervalNanos - job.engine.time.nanoTime();
    setSendTimer(left);
  }

  @GuardedBy("lock")
  private void setSendTimer(long nanos) {
    sendTimerSet = true;
    job.engine.time.set(sendTimer, nanos);
  }

  private void timeCame() {
    lock.lock();
    try {
      sendTimerSet = false;
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
      retryLater();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void retryLater() {
    if (!ended) {
      setSendTimer(WorkerPool.RETRY_NANOS); // it sets the one for the interval again
    }
  }

  /** Returns the next batch to send; null if there is none, and then the task is over. */
  @GuardedBy("lock")
  @Nullable LogBatch nextToSend() {
    if (ended) {
      busy = false;
      return null;
    }
    LogBatch batch = queue.poll();
    if (batch == null && isOpenDue()) {
      batch = assembly.close(Objects.requireNonNull(assembly.open()));
      keepRecent(batch);
      queue.giveGap(batch);
      assembly.giveGapTo(queue);
    }
    if (batch == null && isGapDue()) {
      LogBatch marker = assembly.begin(position);
      if (marker == null) {
        busy = false;
        retryLater();
        return null;
      }
      batch = assembly.close(marker);
      queue.giveGap(batch);
    }
    if (batch == null) {
      busy = false;
      setTimer();
      return null;
    }
    if (ending) {
      batch.call().beginEnd(deadlineNanos);
    }
    begun = true;
    sendEarly = false;
    return batch;
  }

  /** Whether all is sent that ever will be; true once. */
  @GuardedBy("lock")
  boolean comesThrough() {
    boolean all = noMore && !busy && assembly.open() == null && queue.isEmpty() && !isGapDue();
    if (!all || ended || through) {
      return false;
    }
    through = true;
    return true;
  }

  /** Takes note of what became of a batch. Returns whether the drain waits for room. */
  @GuardedBy("lock")
  boolean sent(LogBatch batch, @Nullable Throwable failure, SinkLedger.Loss lost) {
    ledger.sent(batch, failure, lost, batch.isWritten());
    if (failure != null && batch.lineCount() > 0) { // a marker alone is not tried again
      lost.handOn(SinkLedger.reasonOf(failure), queue.gapInFront());
    }
    if (failure != null) {
      long number = batch.sequence();
      tellFlushesLost(number);
    }
    free(batch, failure == null);
    batchesGone();
    overflowing = false;
    dropping = false;
    if (!ending) {
      roomTimerSet = false;
      job.engine.time.cancel(roomTimer);
    }
    boolean wake = blocked || starved;
    unblock();
    starved = false;
    return wake;
  }

  @GuardedBy("lock")
  private void unblock() {
    if (ending && blocked) {
      blockedNanos += job.engine.time.nanoTime() - blockedSince;
    }
    blocked = false;
  }

  // ---- flushing ----

  /** Sends what is held as soon as the sender is free; returns what tells of it. */
  Flush flush() {
    lock.lock();
    try {
      flushTo = assembly.lastNumber();
      Flush flush = new Flush(flushTo);
      if (flushes.isEmpty()) {
        flushes = new ArrayList<>(1);
      }
      flushes.add(flush);
      if (sending() == null) {
        batchesGone();
      }
      claimStart();
      return flush;
    } finally {
      lock.unlock();
      startIfClaimed();
    }
  }

  /** Nobody waits any more for what was to be flushed. */
  boolean forget(Flush flush) {
    lock.lock();
    try {
      if (!flushes.isEmpty()) {
        flushes.remove(flush);
      }
      return flush.isSent();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void tellFlushesLost(long number) {
    for (int i = 0; i < flushes.size(); i++) {
      flushes.get(i).lost(number);
    }
  }

  /** Tells who waits for a flush which batches have not gone yet; none is being sent. */
  @GuardedBy("lock")
  private void batchesGone() {
    if (flushes.isEmpty()) {
      return;
    }
    LogBatch next = queue.first();
    long firstLeft = assembly.isEmpty() ? Long.MAX_VALUE : assembly.lastNumber();
    if (next != null) {
      firstLeft = next.sequence();
    }
    for (int i = 0; i < flushes.size(); i++) {
      Flush flush = flushes.get(i);
      flush.gone(firstLeft);
    }
  }

  // ---- the end ----

  /** From now on every batch waits for room. */
  void beginEnd(long deadline) {
    lock.lock();
    try {
      ending = true;
      deadlineNanos = deadline;
      overflowing = false;
      lookedNanos = job.engine.time.nanoTime();
      blockedSince = lookedNanos;
      LogBatch sending = sending();
      if (sending != null) {
        sending.call().beginEnd(deadline);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Half of the time is gone, or more: under drop-oldest the last batch goes first; and a sink that
   * is in the way of the others holds them no longer. It is, if lines waited for it most of the
   * time since the last such look, or if it is still at the call it was at then. What it drops then
   * it would have dropped at the deadline.
   */
  void beLate() {
    boolean wake;
    lock.lock();
    try {
      boolean behind = blocked || !queue.isEmpty();
      late |= behind && settings.overflow == OverflowPolicy.DROP_OLDEST;
      lookForSlowness();
      if (ended || !(late || (yields && blocked))) {
        return;
      }
      dropOlder();
      wake = blocked;
      unblock();
    } finally {
      lock.unlock();
    }
    if (wake) {
      job.requestDrain();
    }
  }

  @GuardedBy("lock")
  private void lookForSlowness() {
    long now = job.engine.time.nanoTime();
    long waited = blockedNanos + (blocked ? now - blockedSince : 0);
    boolean several = settings.senders.size() > 1;
    LogBatch sending = sending();
    long call = sending == null ? 0 : sending.sequence();
    boolean slow = blocked && 2 * waited >= now - lookedNanos;
    boolean stuck = call > 0 && call == callLooked;
    yields |= several && (slow || stuck);
    callLooked = call;
    lookedNanos = now;
    blockedNanos = 0;
    blockedSince = now;
  }

  /** Drops the older batches, in steps: it runs on the timer, and writers want the lock. */
  @GuardedBy("lock")
  private void dropOlder() {
    if (ended || !late || !noMore || settings.overflow != OverflowPolicy.DROP_OLDEST) {
      return;
    }
    int keep = assembly.open() == null ? 1 : 0;
    for (int steps = 0; queue.count() > keep; steps++) {
      if (steps >= DROP_STEPS) {
        setRoomTimer(0);
        return;
      }
      LogBatch oldest = Objects.requireNonNull(queue.poll());
      LogBatch next = queue.isEmpty() ? assembly.open() : queue.first();
      drop(oldest, DropReason.FLUSH_TIMEOUT, next == null ? queue.gapBehind() : next.gapBefore);
    }
  }

  /** Nothing more comes. */
  void noMore() {
    boolean done;
    lock.lock();
    try {
      if (ended || noMore) {
        return;
      }
      noMore = true;
      freeEmpty();
      dropOlder();
      done = comesThrough();
    } finally {
      lock.unlock();
    }
    if (done) {
      job.sinkDone();
    } else {
      signal();
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
    if (ended) {
      return;
    }
    ended = true;
    cancelTimers();
    for (int i = 0; i < flushes.size(); i++) {
      Flush flush = flushes.get(i);
      flush.lost(0); // what is left, and is being sent, does not arrive
    }
    abandonCall();
    while (!queue.isEmpty() && ledger.hasRoomForGap()) {
      abort(Objects.requireNonNull(queue.poll()));
    }
    ledger.lostBeyondTheList(
        DropReason.FLUSH_TIMEOUT,
        queue.heldLines(),
        queue.heldBytes(),
        queue.heldAdded(),
        queue.sources());
    account.give(queue.segments());
    queue.clear();
    LogBatch batch = assembly.giveUp();
    if (batch != null) {
      abort(batch);
    }
    batchesGone();
    ledger.entered(unsentLines, unsentBytes);
    ledger.lost(position, DropReason.FLUSH_TIMEOUT, unsentLines, unsentBytes);
  }

  @GuardedBy("lock")
  private void abort(LogBatch batch) {
    ledger.lost(
        batch.afterLine,
        DropReason.FLUSH_TIMEOUT,
        batch.sourceLines,
        batch.sourceBytes,
        batch.addedBytes);
    free(batch, false);
  }

  @GuardedBy("lock")
  @SuppressWarnings("GuardedBy") // the task's sink is this one
  private @Nullable LogBatch sending() {
    return task.batch();
  }

  @GuardedBy("lock")
  @SuppressWarnings("GuardedBy") // the task's sink is this one
  private void abandonCall() {
    task.abandon();
  }

  /** Interrupts the call that was given up by {@link #abort}; with no lock held. */
  void interruptAbandoned() {
    task.interruptAbandoned();
  }

  /** Counts the batch of a call that is given up. */
  @GuardedBy("lock")
  void abandoned(LogBatch batch) {
    ledger.abandoned(batch, batch.isWritten());
  }

  /** What was to be told at the head of a batch is told by the next one. */
  void handGapOn(LogBatch batch) {
    lock.lock();
    try {
      queue.gapInFront().add(batch.gapBefore);
      batch.gapBefore.clear();
    } finally {
      lock.unlock();
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

  /** Ends the account and the timers after the last line. */
  @GuardedBy("lock")
  void close() {
    ended = true;
    cancelTimers();
    account.close();
  }

  @GuardedBy("lock")
  private void cancelTimers() {
    job.engine.time.cancel(sendTimer);
    job.engine.time.cancel(roomTimer);
  }

  /** Whether the calling thread is in this sink's sender. */
  boolean isCalling(Thread thread) {
    return task.isOn(thread);
  }

  boolean isDropping() {
    lock.lock();
    try {
      return dropping;
    } finally {
      lock.unlock();
    }
  }

  // ---- looking at it ----

  @GuardedBy("lock")
  Tally heldInBatches() {
    LogBatch sending = sending();
    Tally held = assembly.held().plus(queue.held());
    return sending == null ? held : held.plus(sending.source());
  }

  @GuardedBy("lock")
  long heldBytes() {
    return account.heldBytes() + queue.objectBytes();
  }

  List<String> recentLines() {
    lock.lock();
    try {
      return recent == null ? List.of() : recent.with(assembly.open());
    } finally {
      lock.unlock();
    }
  }
}
