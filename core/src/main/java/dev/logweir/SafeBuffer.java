package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.OutputStream;
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
   * A segment belongs to the buffer, and is charged to its account, from takeSpares to release. The
   * drain copies out of it and never keeps it.
   *
   * Past the buffer: with one sink, and nobody who looks at lines, a write may give whole lines to
   * the sink itself.
   *
   *   1. beginThrough moves the drain from IDLE to DIRECT. If it fails, somebody drains or will, and
   *      the lines must queue behind what that thread takes: the write goes through the buffer.
   *   2. passThrough copies lines into the open batch, under this lock and then the sink's, as long
   *      as the buffer holds nothing but the beginning of the first of them.
   *   3. What the sink has no room for, and the beginning of a line at the end, goes into the buffer.
   *   4. After the lock, StreamDrain.endThrough starts the send that is due and gives the drain back.
   *      It asks for a pass if the buffer has more than the beginning of a line, or if the send is to
   *      go to an executor of the user, whose code no write runs.
   */

  /** Once dropping has begun, it goes on until one part in so many of the buffer is free. */
  private static final int RESUME_SHARE = 8;

  /** Each byte as an array: a write of one takes no memory either. */
  private static final byte[][] SINGLE_BYTES = singleBytes();

  private final MemoryLock lock = new MemoryLock();
  private final JobDrain drain;

  /** Under the lock but for what needs none: to recycle a chain, and to forget a waiter. */
  private final SegmentAccount account;

  private final int maxSegments;
  private final Totals totals;

  /** Looks for what proves the job's end; null if nothing does. */
  private final @Nullable ExitScan exit;

  /** To whom whole lines may go past the buffer; null if they may not. */
  @GuardedBy("lock")
  private @Nullable StreamDrain through;

  @GuardedBy("lock")
  private @Nullable Condition roomFreed;

  /** Whether a write that waits is under way: others that wait come after it, whole. */
  @GuardedBy("lock")
  private boolean waiterWrites;

  @GuardedBy("lock")
  private @Nullable Segment head;

  @GuardedBy("lock")
  private @Nullable Segment tail;

  @GuardedBy("lock")
  private int segments;

  /**
   * Up to where the drain is asked for what is kept, in bytes since the start: once it has taken
   * them, it is not shown what came behind before somebody asks again, or the stream ends. So what
   * a job says of itself does not keep it going. All of it, unless lines are written that do not
   * ask.
   */
  @GuardedBy("lock")
  private long askedBytes = Long.MAX_VALUE;

  /** Segments taken for the write under way. */
  @GuardedBy("lock")
  private @Nullable Segment spares;

  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private boolean discarded;

  @GuardedBy("lock")
  private boolean reported;

  /** Whether the last byte kept is not a line end. */
  @GuardedBy("lock")
  private boolean midLine;

  /** How many of the bytes kept last are the beginning of a line that may go on. */
  @GuardedBy("lock")
  private int openBytes;

  @GuardedBy("lock")
  private boolean dropping;

  /** Whether the last byte dropped is not a line end. */
  @GuardedBy("lock")
  private boolean droppedMidLine;

  @GuardedBy("lock")
  private long acceptedLines;

  @GuardedBy("lock")
  private long acceptedBytes;

  /** What was dropped here, by reason. */
  @GuardedBy("lock")
  private final DropTallies dropped = new DropTallies();

  /** The part of it since lines were taken last. */
  @GuardedBy("lock")
  private final GapTally gap = new GapTally();

  SafeBuffer(JobDrain drain, SegmentAccount account, int maxSize, Totals totals) {
    this(drain, account, maxSize, totals, null);
  }

  SafeBuffer(
      JobDrain drain, SegmentAccount account, int maxSize, Totals totals, @Nullable ExitScan exit) {
    this.exit = exit;
    this.drain = drain;
    this.account = account;
    this.maxSegments = maxSize / account.nominal();
    this.totals = totals;
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
    StreamDrain passing = null;
    boolean ask = false;
    lock.lock();
    try {
      passing = beginThrough();
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
  private boolean add(@Nullable StreamDrain passing, byte[] bytes, int offset, int end) {
    int from = passThrough(passing, bytes, offset, end);
    return from < end && accept(bytes, from, end) && needsDrain();
  }

  // ---- what proves the end ----

  /** As {@link #add}, but for the marker, which goes nowhere. */
  @GuardedBy("lock")
  private boolean addWatched(
      ExitScan scan, @Nullable StreamDrain passing, byte[] bytes, int offset, int end) {
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

  /**
   * Takes what is, or may be, of the marker, for a write that waits.
   *
   * @return where it ends; what is behind is to be looked at anew
   */
  private int takeWatched(
      ExitScan scan, byte[] bytes, int from, int end, MemoryBudget.Waiter wake) {
    byte[] own = new byte[scan.held().length];
    int count = 0;
    boolean ask = false;
    int at = from;
    lock.lock();
    try {
      if (closed || plainEnd(scan, bytes, from, end) > from) {
        return from;
      }
      at = scan.take(bytes, from, end);
      if (at < end || bytes[at - 1] == '\n') {
        ask = takeMarker(scan);
        count = scan.letGo();
        System.arraycopy(scan.held(), 0, own, 0, count);
      }
    } finally {
      lock.unlock();
    }
    if (ask) {
      drain.request();
    }
    int written = 0;
    try {
      while (written < count) {
        written = writePast(own, written, count);
        if (written < count) {
          written = writeWithin(own, written, count, wake);
        }
      }
    } catch (InterruptedException e) {
      addNow(own, written, count); // who wrote them was told that they were taken
      Thread.currentThread().interrupt();
    }
    return at;
  }

  private void addNow(byte[] bytes, int from, int end) {
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

  private int plainEnd(byte[] bytes, int from, int end) {
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

  /** From now on a marker counts only if it comes anew. */
  void forgetExit() {
    if (exit != null) {
      lock.lock();
      try {
        exit.forget();
      } finally {
        lock.unlock();
      }
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
    long kept = acceptedBytes - dropped.bytes();
    askedBytes = dropping ? kept + 1 : kept; // a gap at the end is asked for too
  }

  private void ended(@Nullable StreamDrain passing, boolean ask) {
    if (passing != null) {
      passing.endThrough(ask);
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
    Job job = drain.job;
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
      closed = true;
      endWatch();
      openBytes = 0;
      if (dropping ? droppedMidLine : midLine) {
        acceptedLines++;
      }
      if (dropping && droppedMidLine) {
        dropLineEnd();
      }
      signalRoom();
    } finally {
      lock.unlock();
    }
    drain.request();
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
    Segment last = tail;
    if (dropping && droppedMidLine) {
      acceptedLines++;
      dropLineEnd();
      droppedMidLine = false;
    } else if (!dropping && midLine && last != null) {
      acceptedLines++;
      last.endsLine = true;
      midLine = false;
      openBytes = 0;
    }
  }

  /** Counts the line that was dropped last, whose end comes now. */
  @GuardedBy("lock")
  private void dropLineEnd() {
    totals.dropped(dropped.add(lastDropReason(), 1, 0), 1, 0);
    gap.add(1, 0, 0);
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

  void letThrough(StreamDrain target) {
    lock.lock();
    try {
      through = target;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private @Nullable StreamDrain beginThrough() {
    StreamDrain target = through;
    return target != null && !closed && !dropping && drain.beginDirect() ? target : null;
  }

  /**
   * Gives whole lines to a sink, as long as nothing waits before them but the beginning of the
   * first and the sink has room; returns where those end that it took.
   */
  @GuardedBy("lock")
  private int passThrough(@Nullable StreamDrain target, byte[] bytes, int offset, int end) {
    if (target == null) {
      return offset;
    }
    int from = offset;
    int taken = holdsBeginning() ? 1 : 0;
    while (taken > 0 && from < end) {
      int cut = Newlines.last(bytes, from, Math.min(end, from + target.maxLine())) + 1;
      taken = 0;
      if (cut > from) {
        int first = Newlines.first(bytes, from, cut);
        int lines = first == cut - 1 ? 1 : Newlines.count(bytes, first + 1, cut) + 1;
        taken = target.passThrough(tail, bytes, from, first + 1, cut, lines);
        if (taken > 0) {
          passed(taken, taken < cut - from ? Newlines.count(bytes, from, from + taken) : lines);
          from += taken;
        }
      }
    }
    Segment empty = tail;
    if (from == end && empty != null && empty.end == 0) {
      head = null;
      tail = null;
      segments--;
      account.give(1);
      account.recycle(empty);
      signalRoom();
    }
    return from;
  }

  @GuardedBy("lock")
  private void passed(int bytes, int lines) {
    acceptedBytes += bytes;
    acceptedLines += lines;
    midLine = false;
    openBytes = 0;
    if (tail != null) {
      tail.clear();
      signalRoom();
    }
  }

  /** Whether there is nothing in the buffer but, at most, the beginning of a line. */
  @GuardedBy("lock")
  private boolean holdsBeginning() {
    Segment segment = tail;
    return !dropping
        && (segment == null
            || (segment == head
                && segment.linesEnd <= segment.start
                && segment.gapReasons == 0
                && !segment.endsLine));
  }

  /** Whether what was kept is more than the beginning of a line that goes on past the buffer. */
  @GuardedBy("lock")
  private boolean needsDrain() {
    return through == null || !holdsBeginning();
  }

  // ---- into the buffer ----

  @GuardedBy("lock")
  private boolean accept(byte[] bytes, int offset, int end) {
    if (reported) {
      totals.dropped(DropReason.CLOSED, Newlines.count(bytes, offset, end), end - offset);
      return false;
    }
    acceptedBytes += end - offset;
    if (closed) {
      drop(bytes, offset, end, DropReason.CLOSED);
      return false;
    }
    int from = offset;
    if (dropping) {
      from = droppedMidLine ? Newlines.first(bytes, offset, end) + 1 : offset;
      if (from >= end || !mayResume()) {
        boolean told = hasWholeGap();
        giveSpares();
        drop(bytes, offset, end, lastDropReason());
        return !told && hasWholeGap();
      }
    }
    int room = takeSpares(end - from);
    int cut = end;
    DropReason reason = shortage();
    if (room < end - from) {
      cut = Newlines.last(bytes, from, from + room) + 1;
      if (cut <= from && (isEmpty() || (midLine && !dropping))) {
        cut = LineCut.boundary(bytes, from, from + room);
      }
    }
    boolean kept = cut > from;
    if (kept && dropping) {
      drop(bytes, offset, from, lastDropReason());
      resume();
    }
    int dropFrom = kept || !dropping ? Math.max(cut, from) : offset;
    boolean wasEmpty = isEmpty();
    put(bytes, from, cut);
    giveSpares();
    boolean begins = dropFrom < end && !dropping;
    if (dropFrom < end) {
      dropping = true;
      openBytes = 0;
      drop(bytes, dropFrom, end, reason);
    }
    return kept || wasEmpty || begins;
  }

  @GuardedBy("lock")
  private boolean mayResume() {
    // With spares a write that waited has found room, and has it in hand.
    return spares != null || maxSegments - segments >= Math.max(1, maxSegments / RESUME_SHARE);
  }

  /** Takes the segments that so many bytes need; returns for how many bytes there then is room. */
  @GuardedBy("lock")
  private int takeSpares(int bytes) {
    Segment last = tail;
    // After a gap the lines begin in a segment of their own, which has the gap's record.
    int room = last == null || dropping ? 0 : last.free();
    for (Segment spare = spares; spare != null; spare = spare.next) {
      room += account.capacity();
    }
    while (room < bytes && segments < maxSegments) {
      Segment spare = account.take();
      if (spare == null) {
        break;
      }
      spare.next = spares;
      spares = spare;
      segments++;
      room += account.capacity();
    }
    return Math.min(room, bytes);
  }

  @GuardedBy("lock")
  private void giveSpares() {
    int count = 0;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      count++;
    }
    if (count > 0) {
      segments -= count;
      account.give(count);
      account.recycle(spares);
      spares = null;
    }
  }

  /** Makes the next spare segment the one being filled. */
  @GuardedBy("lock")
  private Segment advance() {
    Segment segment = Objects.requireNonNull(spares);
    spares = segment.next;
    segment.next = null;
    if (tail == null) {
      head = segment;
    } else {
      tail.next = segment;
    }
    tail = segment;
    return segment;
  }

  @GuardedBy("lock")
  private void resume() {
    Segment segment = advance();
    segment.gapLines = gap.lines;
    segment.gapBytes = gap.bytes;
    segment.gapReasons = (short) gap.reasons;
    gap.clear();
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

  @GuardedBy("lock")
  private DropReason lastDropReason() {
    if ((gap.reasons & DropReason.MEMORY.bit()) != 0) {
      return DropReason.MEMORY;
    }
    return (gap.reasons & DropReason.BUDGET.bit()) != 0
        ? DropReason.BUDGET
        : DropReason.BUFFER_FULL;
  }

  /** Returns why there was no room for what was to be kept last. */
  @GuardedBy("lock")
  private DropReason shortage() {
    if (segments >= maxSegments) {
      return DropReason.BUFFER_FULL;
    }
    return account.isMemoryShort() ? DropReason.MEMORY : DropReason.BUDGET;
  }

  @GuardedBy("lock")
  private void drop(byte[] bytes, int from, int end, DropReason reason) {
    if (from >= end) {
      return;
    }
    int lines = Newlines.count(bytes, from, end);
    acceptedLines += lines;
    totals.dropped(dropped.add(reason, lines, end - from), lines, end - from);
    if (reason != DropReason.CLOSED) {
      droppedMidLine = bytes[end - 1] != '\n';
      gap.add(lines, end - from, reason.bit());
    }
  }

  @GuardedBy("lock")
  private void put(byte[] bytes, int from, int end) {
    int index = from;
    while (index < end) {
      Segment segment = tail;
      if (segment == null || segment.free() == 0) {
        segment = advance();
      }
      int count = Math.min(end - index, segment.free());
      int at = segment.end;
      System.arraycopy(bytes, index, segment.bytes, at, count);
      int lines = Newlines.count(segment.bytes, at, at + count);
      if (lines > 0) {
        segment.lines += lines;
        segment.linesEnd = Newlines.last(segment.bytes, at, at + count) + 1;
        acceptedLines += lines;
        openBytes = at + count - segment.linesEnd;
      } else {
        openBytes += count;
      }
      segment.end = at + count;
      index += count;
    }
    if (end > from) {
      midLine = bytes[end - 1] != '\n';
    }
  }

  @GuardedBy("lock")
  private boolean isEmpty() {
    Segment segment = head;
    return segment == null || (segment == tail && segment.start == segment.end);
  }

  @GuardedBy("lock")
  private void signalRoom() {
    if (roomFreed != null) {
      roomFreed.signalAll(); // writes that wait
    }
  }

  /**
   * Takes all bytes, waiting for room where there is none, or until the stream is closed.
   *
   * @return how many were not taken as the thread was interrupted, which it then is again
   */
  int writeWaiting(byte[] bytes, int offset, int end) {
    MemoryBudget.Waiter wake = new MemoryBudget.Waiter(this::budgetGiven);
    if (drain.job.isWithin()) {
      write(bytes, offset, end - offset); // it would wait for itself
      return 0;
    }
    int from = offset;
    boolean turn = false;
    try {
      turn = beginTurn();
      while (from < end) {
        int to = plainEnd(bytes, from, end);
        if (to == from && exit != null) {
          from = takeWatched(exit, bytes, from, end, wake);
        }
        while (from < to) {
          from = writePast(bytes, from, to);
          if (from < to) {
            from = writeWithin(bytes, from, to, wake);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      account.forget(wake);
      if (turn) {
        endTurn();
      }
    }
    return end - from;
  }

  /** Waits until no other write waits; returns whether others are to wait for this one. */
  private boolean beginTurn() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (waiterWrites && !closed) {
        awaitSignal();
      }
      boolean first = !waiterWrites;
      waiterWrites = true;
      return first;
    } finally {
      lock.unlock();
    }
  }

  private void endTurn() {
    lock.lock();
    try {
      waiterWrites = false;
      signalRoom();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void awaitSignal() throws InterruptedException {
    if (roomFreed == null) {
      roomFreed = lock.condition();
    }
    lock.await(account.isMemoryShort() ? null : roomFreed); // nobody tells of memory
  }

  private int writePast(byte[] bytes, int from, int length) {
    int end = from;
    StreamDrain passing = null;
    lock.lock();
    try {
      passing = beginThrough();
      end = passThrough(passing, bytes, from, length);
    } finally {
      lock.unlock();
      ended(passing, false);
    }
    return end;
  }

  private int writeWithin(byte[] bytes, int from, int length, MemoryBudget.Waiter wake)
      throws InterruptedException {
    boolean ask = false;
    int end;
    lock.lockInterruptibly();
    try {
      end = from + awaitRoom(length - from, wake);
      accept(bytes, from, end);
      ask = needsDrain();
    } finally {
      lock.unlock();
    }
    if (ask) {
      drain.request();
    }
    return end;
  }

  /** Waits for room; returns for how many of the bytes. */
  @GuardedBy("lock")
  private int awaitRoom(int bytes, MemoryBudget.Waiter wake) throws InterruptedException {
    while (!closed) {
      account.whenGiven(wake); // before the look, so that nothing given after it is missed
      int room = dropping && !mayResume() ? 0 : takeSpares(bytes);
      if (room > 0) {
        return room;
      }
      awaitSignal();
    }
    return bytes;
  }

  private void budgetGiven() {
    // The giver may hold another place's lock: it must not wait for this one.
    drain.request();
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
      return acceptedBytes - dropped.bytes() - openBytes;
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
      Segment segment = hidden ? null : tail;
      view.head = hidden ? null : head;
      view.tail = segment;
      view.tailEnd = segment == null ? 0 : segment.end;
      view.tailLines = segment == null ? 0 : segment.lines;
      view.tailLinesEnd = segment == null ? 0 : segment.linesEnd;
      view.tailEndsLine = segment != null && segment.endsLine;
      view.ended = closed;
      view.dropping = dropping && !hidden;
      if (account.isLimited()) {
        signalRoom(); // what the budget got back may be for a pump
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the stream ends in a gap, all before it was drained, and its last line has ended. */
  boolean hasGap() {
    lock.lock();
    try {
      return dropping && hasWholeGap() && isDrained();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the line that was dropped last has ended. */
  @GuardedBy("lock")
  private boolean hasWholeGap() {
    return !gap.isEmpty() && (!droppedMidLine || closed);
  }

  /** Takes that gap; returns whether it is still there, as writes may have gone on. */
  boolean takeGap(GapTally target) {
    lock.lock();
    try {
      if (!hasGap()) {
        return false;
      }
      target.add(gap);
      gap.clear();
      midLine = false;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a gap back that could not be told of: there was no memory for its marker. */
  void putGapBack(GapTally taken) {
    lock.lock();
    try {
      gap.add(taken);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isDrained() {
    Segment segment = tail;
    return segment == null || (segment == head && segment.start == segment.end);
  }

  /**
   * Gives back the segments before one, and that one too if all of it was read and nothing follows.
   *
   * @return whether that one was given back
   */
  boolean release(Segment upTo) {
    Segment chain;
    boolean all = false;
    lock.lock();
    try {
      if (discarded) {
        return true;
      }
      chain = head;
      Segment last = null;
      int count = 0;
      Segment segment = head;
      while (segment != null && !all) {
        all = segment == upTo;
        if (all && (segment != tail || segment.start < segment.end)) {
          all = false;
          break;
        }
        last = segment;
        count++;
        segment = segment.next;
      }
      if (last == null) {
        return false;
      }
      if (all) {
        tail = null;
      }
      head = segment;
      last.next = null;
      segments -= count;
      account.give(count);
      signalRoom();
    } finally {
      lock.unlock();
    }
    account.recycle(chain);
    return all;
  }

  // ---- the job's side ----

  /** Gives up what was not drained, after the end; to the pool only if no one may still read it. */
  void discard(boolean recycle) {
    Segment chain;
    lock.lock();
    try {
      discarded = true;
      closed = true;
      endWatch();
      signalRoom();
      chain = head;
      head = null;
      tail = null;
      account.give(segments);
      segments = 0;
      account.close();
    } finally {
      lock.unlock();
    }
    if (recycle) {
      account.recycle(chain);
    }
  }

  MemoryLock lock() {
    return lock;
  }

  /** From now on drops count in the meters only. */
  @GuardedBy("lock")
  void markReported() {
    reported = true;
  }

  /** Returns the lines accepted and not dropped. */
  @GuardedBy("lock")
  long keptLinesSoFar() {
    return acceptedLines - dropped.lines();
  }

  /** Returns the bytes accepted and not dropped. */
  @GuardedBy("lock")
  long keptBytesSoFar() {
    return acceptedBytes - dropped.bytes();
  }

  @GuardedBy("lock")
  Tally accepted() {
    return new Tally(acceptedLines, acceptedBytes);
  }

  @GuardedBy("lock")
  DropTallies dropped() {
    return dropped;
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
