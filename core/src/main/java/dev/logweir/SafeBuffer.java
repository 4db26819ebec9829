package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a job: takes what the job writes, up to {@code maxSize} heap bytes, until the drain
 * has taken it away. Whole lines that nobody looks at, and nothing waits before, go past it.
 *
 * <p>A write returns after a copy in memory. It never waits for a sender, a processor or another
 * job and never throws because of shipping, not even after {@link #close}. What does not fit is
 * dropped at a line end and counted; once dropping has begun, it goes on until an eighth of the
 * buffer is free, and then to the next line end. Thread-safe; each write is atomic.
 */
public final class SafeBuffer extends OutputStream {
  /*
   * Three parties use a buffer. Writers append at the tail. The drain, one thread at a time, reads
   * from the head. The job closes it and gives up what is left.
   *
   * The lock guards all that changes. It is held for copies of memory, for a segment, and for a
   * sink's lock, which comes after it; never for a processor, a sender or a logger. What a write has
   * to start, a drain or a send, it starts after the lock.
   *
   * The drain reads bytes without the lock. It takes a snapshot under it (StreamView) and reads no
   * further; bytes before a segment's end never change once they are there. Segment.start is the
   * drain's. Writers read it without a lock of their own: it only grows, so that an old value costs a
   * request too many, or leaves a little room unused.
   *
   * A segment belongs to the buffer, and is charged to its account, from reserve to release. The
   * drain copies out of it and never keeps it.
   *
   * Three kinds of calls write: write, whose whole lines may go past the buffer (DirectPath) and
   * else drop what has no room; writeLine, which always goes through it; WaitingOutput, which takes
   * room first and writes into it then.
   */

  /** Once dropping has begun, it goes on until one part in so many of the buffer is free. */
  private static final int RESUME_SHARE = 8;

  /** Each byte as an array: a write of one takes no memory either. */
  private static final byte[][] SINGLE_BYTES = singleBytes();

  final MemoryLock lock = new MemoryLock();
  private final DrainContext drain;

  /** Under the lock but for what needs none: to recycle a chain, and to forget a waiter. */
  private final SegmentAccount account;

  private final int maxSegments;
  private final Totals totals;

  /** Looks for what proves the job's end; null if nothing does. */
  private final @Nullable ExitScan exit;

  /** How whole lines may go past the buffer; null if they may not. */
  @GuardedBy("lock")
  private @Nullable DirectPath direct;

  @GuardedBy("lock")
  private @Nullable Condition roomFreed;

  /** Whether a write that waits is under way: others that wait come after it, whole. */
  @GuardedBy("lock")
  private boolean waiterWrites;

  @GuardedBy("lock")
  private final SegmentChain chain = new SegmentChain();

  @GuardedBy("lock")
  private final StreamLedger ledger;

  @GuardedBy("lock")
  private final LineOrder order;

  /** The place of the stream's end in the order of both streams. */
  @GuardedBy("lock")
  private int endTurn;

  /**
   * Up to where the drain is asked for what is kept, in bytes since the start: once it has taken
   * them, it is not shown what came behind before somebody asks again, or the stream ends. So what
   * a job says of itself does not keep it going. All of it, unless lines are written that do not
   * ask.
   */
  @GuardedBy("lock")
  private long askedBytes = Long.MAX_VALUE;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private boolean discarded;

  /** Whether the last byte kept is not a line end. */
  @GuardedBy("lock")
  private boolean midLine;

  /** How many of the bytes kept last are the beginning of a line that may go on. */
  @GuardedBy("lock")
  private int openBytes;

  @GuardedBy("lock")
  private boolean dropping;

  /** Creates the buffer of a standard output that proves no end. */
  SafeBuffer(DrainContext drain, SegmentAccount account, int maxSize) {
    this(drain, account, maxSize, new LineOrder(drain, LogSource.STDOUT), null);
  }

  SafeBuffer(
      DrainContext drain,
      SegmentAccount account,
      int maxSize,
      LineOrder order,
      @Nullable ExitScan exit) {
    this.exit = exit;
    this.drain = drain;
    this.account = account;
    this.order = order;
    maxSegments = maxSize / account.nominal();
    totals = drain.job.engine.totals;
    ledger = new StreamLedger(totals);
  }

  /** Takes one byte; as {@link #write(byte[], int, int)}. */
  @Override
  public void write(int b) {
    write(SINGLE_BYTES[b & 0xFF], 0, 1);
  }

  /**
   * Takes all bytes of an array; as {@link #write(byte[], int, int)}.
   *
   * @throws NullPointerException if {@code bytes} is null
   */
  @Override
  public void write(byte[] bytes) {
    write(bytes, 0, bytes.length);
  }

  /**
   * Takes bytes, or drops and counts what has no room.
   *
   * @throws NullPointerException if {@code bytes} is null
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length == 0) {
      return;
    }
    int end = offset + length;
    DirectPath passing = null;
    boolean ask = false;
    lock.lock();
    try {
      passing = beginDirect();
      if (exit == null) {
        ask = add(passing, bytes, offset, end);
      } else {
        ask = addWatched(exit, passing, bytes, offset, end);
      }
    } finally {
      lock.unlock();
      ended(passing, ask);
    }
  }

  @GuardedBy("lock")
  private boolean add(@Nullable DirectPath passing, byte[] bytes, int offset, int end) {
    int from = passing == null ? offset : pass(passing, bytes, offset, end);
    return from < end && accept(bytes, from, end) && needsDrain();
  }

  // ---- what proves the end ----

  /** As {@link #add}, but for the marker, which goes nowhere. */
  @GuardedBy("lock")
  private boolean addWatched(
      ExitScan scan, @Nullable DirectPath passing, byte[] bytes, int offset, int end) {
    boolean ask = false;
    int from = offset;
    while (from < end) {
      int to = closed ? end : plainEnd(scan, bytes, from, end);
      if (to > from) {
        ask |= add(passing, bytes, from, to);
        from = to;
      } else {
        from = scan.take(bytes, from, end);
        if (from < end || bytes[from - 1] == '\n') {
          ask |= takeMarker(scan) || add(passing, scan.held(), 0, scan.letGo());
        }
      }
    }
    return ask;
  }

  private static int plainEnd(ExitScan scan, byte[] bytes, int from, int end) {
    return scan.isHolding() ? from : scan.plain(bytes, from, end);
  }

  /** Takes a whole marker out; the line before it ends, if it had not. */
  @GuardedBy("lock")
  private boolean takeMarker(ExitScan scan) {
    int bytes = scan.takeMarker();
    if (bytes > 0) {
      endOpenLine();
      totals.filteredBytes.add(bytes);
    }
    return bytes > 0;
  }

  /** Whether a write may have to do with what proves the end. */
  boolean isWatched() {
    return exit != null;
  }

  /**
   * Takes what is, or may be, of the marker, for a write that waits.
   *
   * @return where that ends, what is behind is to be looked at anew; and what was held back and is
   *     no marker
   */
  Watched takeWatched(byte[] bytes, int from, int end) {
    ExitScan scan = Objects.requireNonNull(exit);
    byte[] letGo = Segment.NO_BYTES;
    boolean ask = false;
    int at = from;
    lock.lock();
    try {
      if (!closed && plainEnd(scan, bytes, from, end) == from) {
        at = scan.take(bytes, from, end);
        if (at < end || bytes[at - 1] == '\n') {
          ask = takeMarker(scan);
          letGo = Arrays.copyOf(scan.held(), scan.letGo());
        }
      }
    } finally {
      lock.unlock();
    }
    if (ask) {
      drain.request();
    }
    return new Watched(at, letGo);
  }

  /**
   * What a write that waits has of a marker, or of what looked like one.
   *
   * @param end where it ends in what is written
   * @param letGo what was held back and is no marker
   */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  record Watched(int end, byte[] letGo) {}

  /** Takes bytes, or drops them; never past the buffer. */
  void addNow(byte[] bytes, int from, int end) {
    boolean ask;
    lock.lock();
    try {
      ask = add(null, bytes, from, end);
    } finally {
      lock.unlock();
    }
    if (ask) {
      drain.request();
    }
  }

  /** Returns where what can be no marker ends. */
  int plainEnd(byte[] bytes, int from, int end) {
    if (exit == null) {
      return end;
    }
    lock.lock();
    try {
      return closed ? end : plainEnd(exit, bytes, from, end);
    } finally {
      lock.unlock();
    }
  }

  /** From now on a marker counts only if it comes anew; returns whether one had come. */
  boolean forgetExit() {
    lock.lock();
    try {
      return exit != null && exit.forget();
    } finally {
      lock.unlock();
    }
  }

  /** Returns the exit code that the job's marker had, or -1 if none came. */
  int exitCode() {
    lock.lock();
    try {
      return exit == null ? -1 : exit.code();
    } finally {
      lock.unlock();
    }
  }

  /** Returns what was taken out, as it proves the end. */
  @GuardedBy("lock")
  Tally marked() {
    return exit == null ? Tally.NONE : exit.marked();
  }

  /** Returns how many bytes are held that may be the beginning of the marker. */
  @GuardedBy("lock")
  long undecidedBytes() {
    return exit == null ? 0 : exit.heldBytes();
  }

  @GuardedBy("lock")
  private void endWatch() {
    if (exit != null && exit.isHolding()) {
      totals.filteredBytes.add(exit.heldBytes());
      exit.end();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a text and ends its last line; of several writers none comes between.
   *
   * @param asks whether it is to be drained for its own sake, and not only with what comes later
   * @return whether there was room for all of it; else a part was dropped and counted
   */
  boolean writeLine(byte[] bytes, int offset, int length, boolean asks) {
    int end = offset + length;
    boolean ends = length > 0 && bytes[end - 1] == '\n';
    boolean ask;
    boolean kept;
    lock.lock();
    try {
      if (!asks && askedBytes == Long.MAX_VALUE) {
        askedBytes = 0;
      }
      ask = length > 0 && accept(bytes, offset, end);
      if (!ends) {
        ask |= accept(SINGLE_BYTES['\n'], 0, 1);
      }
      kept = !closed && !dropping;
      if (asks) {
        askForAll();
      }
    } finally {
      lock.unlock();
    }
    if (ask && asks) {
      drain.request();
    }
    return kept;
  }

  /** From now on the drain takes what is held, also what did not ask for it. */
  void ask() {
    lock.lock();
    try {
      if (askedBytes != Long.MAX_VALUE) {
        askForAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void askForAll() {
    long kept = ledger.keptBytes();
    askedBytes = dropping ? kept + 1 : kept; // a gap at the end is asked for too
  }

  private void ended(@Nullable DirectPath passing, boolean ask) {
    if (passing != null) {
      passing.end(ask);
    } else if (ask) {
      drain.request();
    }
  }

  /** Does nothing: what is complete is drained without being asked for. */
  @Override
  public void flush() {}

  /**
   * Returns a view of this stream whose writes return only when all their bytes have a place: for
   * what pushes and can be held back so, such as an exec stream. While one waits, it holds no lock
   * and no thread but its own. It waits until there is room, or the stream or the job ends, and
   * then drops what is left as any write; where a sink makes no progress for {@link
   * LogStreamer.Builder#maxWait}, its overflow policy makes room. A write can be interrupted: it
   * throws {@link java.io.InterruptedIOException} with the count of the bytes that have a place,
   * and the thread stays interrupted. From within a processor, listener or sender of this job it
   * does not wait.
   *
   * <p>Thread-safe. Of writes that wait, one goes whole before the next; a write to this stream
   * itself, which never waits, may come between the parts of one that is larger than the room.
   * Closing the view closes this stream.
   *
   * @throws IllegalStateException if the job was not built with {@link WhenFull#WAIT}
   */
  public OutputStream waiting() {
    JobContext job = drain.job;
    if (job.settings.whenFull != WhenFull.WAIT) {
      throw new IllegalStateException("whenFull must be WAIT for a stream that waits");
    }
    job.linesWait();
    return new WaitingOutput(this);
  }

  /**
   * Ends this stream alone: its last line goes out without a line end, later writes are dropped as
   * closed.
   */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      end();
    } finally {
      lock.unlock();
    }
    drain.request();
  }

  @GuardedBy("lock")
  private void end() {
    closed = true;
    endWatch();
    endTurn = order.takeTurn();
    openBytes = 0;
    if (dropping && ledger.isDroppedMidLine()) {
      dropLineEnd();
    } else if (!dropping && midLine) {
      ledger.accept(1, 0);
    }
    signalRoom();
  }

  /**
   * Ends the line that the last write left open, if it did: it goes out as a line of its own, and
   * nothing that is written later joins it. Counts no byte, as none was written.
   */
  void endLine() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      endWatch();
      endOpenLine();
    } finally {
      lock.unlock();
    }
    drain.request();
  }

  @GuardedBy("lock")
  private void endOpenLine() {
    Segment last = chain.tail();
    if (dropping && ledger.isDroppedMidLine()) {
      dropLineEnd();
    } else if (!dropping && midLine && last != null) {
      ledger.accept(1, 0);
      order.beginWrite();
      last = order.hasRoom(last) ? last : emptySegment(last);
      order.mark(last);
      last.endsLine = true;
      midLine = false;
      openBytes = 0;
    }
  }

  /** Returns a segment of its own for the mark of an end; the last one if there is none. */
  @GuardedBy("lock")
  private Segment emptySegment(Segment last) {
    Segment spare = chain.count() < maxSegments ? account.take() : null;
    if (spare == null) {
      return last;
    }
    chain.addSpares(spare, 1);
    return chain.advance();
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      return "SafeBuffer["
          + (closed ? "closed" : "open")
          + ", "
          + account.heldBytes()
          + " bytes held]";
    } finally {
      lock.unlock();
    }
  }

  // ---- past the buffer ----

  void openDirectPath(DirectPath path) {
    lock.lock();
    try {
      direct = path;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the path of a write that is to be ended by {@link #ended}; null if it is not free. */
  @GuardedBy("lock")
  private @Nullable DirectPath beginDirect() {
    DirectPath path = direct;
    return path != null && !closed && !dropping && path.begin() ? path : null;
  }

  /** Returns where the whole lines end that went past the buffer. */
  @GuardedBy("lock")
  private int pass(DirectPath path, byte[] bytes, int offset, int end) {
    Segment last = chain.tail();
    int marks = last == null ? 0 : last.marks;
    int from = path.take(chain, ledger, bytes, offset, end);
    if (last != null && last.marks < marks) {
      order.released(marks); // what it had begun with went past too
    }
    if (from > offset) {
      midLine = false;
      openBytes = 0;
      signalRoom();
    }
    if (from == end && last != null && last.end == 0) {
      account.recycle(takeRead(last));
    }
    return from;
  }

  /** Takes whole lines past the buffer, if they may go there; returns where they end. */
  int writeDirect(byte[] bytes, int offset, int end) {
    int from = offset;
    DirectPath passing = null;
    lock.lock();
    try {
      passing = beginDirect();
      from = passing == null ? offset : pass(passing, bytes, offset, end);
    } finally {
      lock.unlock();
      ended(passing, false);
    }
    return from;
  }

  /**
   * Whether there may be something in it that no line written later may pass: more than the
   * beginning of a line, or a gap. Without the lock, for a write to the other stream that owns the
   * drain: as nobody takes anything out meanwhile, it sees what came of writes before it.
   */
  @SuppressWarnings("GuardedBy")
  boolean holdsOthersBack() {
    return !chain.holdsNoLine() || ledger.hasGap() || (closed && !chain.isRead());
  }

  /** Whether what was kept is more than the beginning of a line that goes on past the buffer. */
  @GuardedBy("lock")
  private boolean needsDrain() {
    return direct == null || dropping || !chain.holdsNoLine();
  }

  // ---- into the buffer ----

  /**
   * Takes bytes, or drops and counts what has no room. What is kept ends with a line end, where it
   * is not all: the cut is at the last one for which there is room, and what follows is dropped up
   * to the next line end, even if that comes in a later write. Where there is none to cut at, as
   * the line began earlier or fills the buffer alone, its beginning is kept, and ends there.
   *
   * @return whether there is something new to drain
   */
  @GuardedBy("lock")
  private boolean accept(byte[] bytes, int offset, int end) {
    if (ledger.isReported()) {
      ledger.late(bytes, offset, end);
      return false;
    }
    ledger.accept(0, end - offset);
    if (closed) {
      ledger.drop(bytes, offset, end, DropReason.CLOSED);
      return false;
    }
    Segment last = chain.tail();
    if (!dropping && last != null && last.freeForRun() >= end - offset) {
      // Most writes end here.
      order.beginWrite();
      append(last, bytes, offset, end);
      return true;
    }
    int from = offset;
    if (dropping) {
      // The rest of the line that is being dropped goes with it.
      from = ledger.isDroppedMidLine() ? Newlines.first(bytes, offset, end) + 1 : offset;
      if (from >= end || !mayResume()) {
        return dropAll(bytes, offset, end);
      }
    }
    int room = takeSpares(end - from);
    DropReason reason = shortage();
    int cut = room < end - from ? cut(bytes, from, room) : end;
    boolean wasEmpty = chain.isRead();
    boolean kept = cut > from;
    if (kept && dropping) {
      drop(bytes, offset, from, ledger.lastReason());
      resume();
    }
    put(bytes, from, cut);
    giveSpares();
    // What is still being dropped is dropped from the beginning of the write on.
    int dropFrom = dropping ? offset : Math.max(cut, from);
    boolean begins = dropFrom < end && !dropping;
    if (dropFrom < end) {
      dropping = true;
      openBytes = 0;
      drop(bytes, dropFrom, end, reason);
    }
    return kept || wasEmpty || begins;
  }

  /** Goes on dropping; returns whether a gap can be told now that could not before. */
  @GuardedBy("lock")
  private boolean dropAll(byte[] bytes, int offset, int end) {
    boolean couldBeTold = ledger.hasWholeGap();
    giveSpares();
    drop(bytes, offset, end, ledger.lastReason());
    return !couldBeTold && ledger.hasWholeGap();
  }

  @GuardedBy("lock")
  private void drop(byte[] bytes, int from, int end, DropReason reason) {
    if (from < end && ledger.beginsGap()) {
      ledger.beginGap(order.takeTurn());
    }
    ledger.drop(bytes, from, end, reason);
  }

  @GuardedBy("lock")
  private void dropLineEnd() {
    if (ledger.beginsGap()) {
      ledger.beginGap(order.takeTurn());
    }
    ledger.dropLineEnd();
  }

  /** Returns where what is kept of a write ends, of which only so many bytes have room. */
  @GuardedBy("lock")
  private int cut(byte[] bytes, int from, int room) {
    int cut = Newlines.last(bytes, from, from + room) + 1;
    boolean beginsHere = cut <= from && (chain.isRead() || (midLine && !dropping));
    return beginsHere ? LineCut.boundary(bytes, from, from + room) : cut;
  }

  @GuardedBy("lock")
  private boolean mayResume() {
    // With spares a write that waited has found room, and has it in hand.
    return chain.hasSpares()
        || maxSegments - chain.count() >= Math.max(1, maxSegments / RESUME_SHARE);
  }

  /** Takes the segments that so many bytes need; returns for how many bytes there then is room. */
  @GuardedBy("lock")
  private int takeSpares(int bytes) {
    Segment last = chain.tail();
    // After a gap the lines begin in a segment of their own, which has the gap's record.
    int begun = dropping ? -RunMarks.GAP_BYTES : last == null ? 0 : last.freeForRun();
    int room = begun + chain.spareRoom();
    while (room < bytes && chain.count() < maxSegments) {
      Segment spare = account.take();
      if (spare == null) {
        break;
      }
      chain.addSpares(spare, 1);
      room += spare.freeForRun();
    }
    return Math.max(0, Math.min(room, bytes));
  }

  @GuardedBy("lock")
  private void giveSpares() {
    if (chain.hasSpares()) {
      int before = chain.count();
      Segment spares = chain.takeSpares();
      account.give(before - chain.count());
      account.recycle(spares);
    }
  }

  @GuardedBy("lock")
  private void resume() {
    ledger.moveGapTo(chain.advance());
    dropping = false;
    midLine = false;
  }

  private static byte[][] singleBytes() {
    byte[][] arrays = new byte[256][];
    for (int i = 0; i < arrays.length; i++) {
      arrays[i] = new byte[] {(byte) i};
    }
    return arrays;
  }

  /** Returns why there was no room for what was to be kept last. */
  @GuardedBy("lock")
  private DropReason shortage() {
    if (chain.count() >= maxSegments) {
      return DropReason.BUFFER_FULL;
    }
    return account.isMemoryShort() ? DropReason.MEMORY : DropReason.BUDGET;
  }

  /** Adds bytes to a segment that has room for them. */
  @GuardedBy("lock")
  private void append(Segment segment, byte[] bytes, int from, int end) {
    int count = end - from;
    int at = segment.end;
    System.arraycopy(bytes, from, segment.bytes, at, count);
    int lines = Newlines.count(segment.bytes, at, at + count);
    segment.end = at + count;
    if (lines > 0) {
      order.mark(segment);
      segment.lines += lines;
      segment.linesEnd = Newlines.last(segment.bytes, at, at + count) + 1;
      ledger.accept(lines, 0);
      openBytes = at + count - segment.linesEnd;
    } else {
      openBytes += count;
    }
    midLine = bytes[end - 1] != '\n';
  }

  @GuardedBy("lock")
  private void put(byte[] bytes, int from, int end) {
    int index = from;
    order.beginWrite();
    while (index < end) {
      Segment segment = chain.roomy();
      int count = Math.min(end - index, segment.freeForRun());
      append(segment, bytes, index, index + count);
      index += count;
    }
  }

  // ---- writes that wait; see WaitingOutput ----

  @GuardedBy("lock")
  private void signalRoom() {
    if (roomFreed != null) {
      roomFreed.signalAll(); // writes that wait
    }
  }

  /** Whether a call from the calling thread would wait for itself. */
  boolean isWithinJob() {
    return drain.job.isWithin();
  }

  void requestDrain() {
    drain.request();
  }

  /** Waits until no other write waits; returns whether others are to wait for this one. */
  boolean beginTurn() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiterWrites && !closed) {
        awaitRoom();
      }
      boolean first = !waiterWrites;
      waiterWrites = true;
      return first;
    } finally {
      lock.unlock();
    }
  }

  void endTurn() {
    lock.lock();
    try {
      waiterWrites = false;
      signalRoom();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there may be room, or the stream is closed; may return without. */
  @GuardedBy("lock")
  void awaitRoom() throws InterruptedException {
    if (roomFreed == null) {
      roomFreed = lock.condition();
    }
    lock.await(account.isMemoryShort() ? null : roomFreed); // nobody tells of memory
  }

  /** Wakes a waiter once, when another place has given something back to the budget. */
  void whenGiven(MemoryBudget.Waiter waiter) {
    account.whenGiven(waiter);
  }

  void forget(MemoryBudget.Waiter waiter) {
    account.forget(waiter);
  }

  /** Takes room for bytes that are then accepted; returns for how many, 0 if there is none. */
  @GuardedBy("lock")
  int reserve(int bytes) {
    return dropping && !mayResume() ? 0 : takeSpares(bytes);
  }

  /** Takes bytes for which there is room; returns whether the drain is to be asked for. */
  @GuardedBy("lock")
  boolean acceptWaited(byte[] bytes, int from, int end) {
    accept(bytes, from, end);
    return needsDrain();
  }

  boolean isDropping() {
    lock.lock();
    try {
      return dropping;
    } finally {
      lock.unlock();
    }
  }

  // ---- the drain's side: one thread at a time ----

  /** Returns how many bytes of complete lines were kept so far; the drain has taken some. */
  long completeBytes() {
    lock.lock();
    try {
      return ledger.keptBytes() - openBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Shows the drain what is there.
   *
   * @param taken how many bytes of this stream it has taken so far
   */
  void snapshot(StreamView view, long taken) {
    lock.lock();
    try {
      boolean hidden = taken >= askedBytes && !closed;
      Segment segment = hidden ? null : chain.tail();
      view.head = hidden ? null : chain.head();
      view.tail = segment;
      view.tailEnd = segment == null ? 0 : segment.end;
      view.tailLines = segment == null ? 0 : segment.lines;
      view.tailLinesEnd = segment == null ? 0 : segment.linesEnd;
      view.tailMarks = segment == null ? 0 : segment.marks;
      view.tailEndsLine = segment != null && segment.endsLine;
      view.ended = closed;
      view.endTurn = endTurn;
      view.dropping = dropping && !hidden;
      view.gapTurn = ledger.gapTurn();
      view.hasGap = view.dropping && ledger.hasGap();
      view.gapGoesOn = ledger.isDroppedMidLine();
      order.looked();
      if (account.isLimited()) {
        signalRoom(); // what the budget got back may be for a pump
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the stream ends in a gap that can be told, and all before it was drained. */
  boolean hasGap() {
    lock.lock();
    try {
      return dropping && ledger.hasGap() && chain.isRead();
    } finally {
      lock.unlock();
    }
  }

  /** Takes that gap; returns whether it is still there, as writes may have gone on. */
  boolean takeGap(GapTally target) {
    lock.lock();
    try {
      if (!hasGap()) {
        return false;
      }
      ledger.moveGapTo(target);
      midLine = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes a gap back that could not be told of: there was no memory for its marker.
   *
   * @param turn where it began
   */
  void putGapBack(GapTally taken, int turn) {
    lock.lock();
    try {
      ledger.putGapBack(taken, turn);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives back the segments before one, and that one too if all of it was read and nothing follows.
   *
   * @return whether that one was given back
   */
  boolean release(Segment upTo) {
    Segment read;
    boolean all;
    lock.lock();
    try {
      if (discarded) {
        return true;
      }
      read = takeRead(upTo);
      Segment first = chain.head();
      all = first == null;
      if (first != null) {
        order.read(first);
      }
    } finally {
      lock.unlock();
    }
    account.recycle(read);
    return all;
  }

  /** Takes what was read out of the account; returns it. */
  @GuardedBy("lock")
  private @Nullable Segment takeRead(Segment upTo) {
    int before = chain.count();
    Segment read = chain.takeRead(upTo);
    if (read != null) {
      account.give(before - chain.count());
      for (Segment segment = read; segment != null; segment = segment.next) {
        order.released(segment.marks);
      }
      signalRoom();
    }
    return read;
  }

  // ---- the job's side ----

  /** Gives up what was not drained, after the end; to the pool only if no one may still read it. */
  void discard(boolean recycle) {
    Segment left;
    lock.lock();
    try {
      discarded = true;
      closed = true;
      endWatch();
      signalRoom();
      int before = chain.count();
      left = chain.takeAll();
      account.give(before - chain.count());
      account.close();
    } finally {
      lock.unlock();
    }
    if (recycle) {
      account.recycle(left);
    }
  }

  MemoryLock lock() {
    return lock;
  }

  /**
   * Ends this stream, if it has not ended: the account may be closed before the end has come to it.
   * From now on drops count in the meters only.
   */
  @GuardedBy("lock")
  void endAccount() {
    if (!closed) {
      end();
    }
    ledger.markReported();
  }

  /** Returns the lines accepted and not dropped. */
  @GuardedBy("lock")
  long keptLinesSoFar() {
    return ledger.keptLines();
  }

  /** Returns the bytes accepted and not dropped. */
  @GuardedBy("lock")
  long keptBytesSoFar() {
    return ledger.keptBytes();
  }

  @GuardedBy("lock")
  Tally accepted() {
    return ledger.accepted();
  }

  @GuardedBy("lock")
  DropTallies dropped() {
    return ledger.dropped();
  }

  long heldBytes() {
    lock.lock();
    try {
      return account.heldBytes();
    } finally {
      lock.unlock();
    }
  }
}
