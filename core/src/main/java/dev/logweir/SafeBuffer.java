package dev.logweir;

import java.io.OutputStream;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One stream of a job: takes what the job writes, up to {@code maxSize} heap bytes, until the drain
 * has taken it away.
 *
 * <p>A write returns after a copy in memory. It never waits for a sender, a processor or another
 * job and never throws because of shipping, not even after {@link #close}. What does not fit is
 * dropped at a line end and counted; once dropping has begun, it goes on until an eighth of the
 * buffer is free, and then to the next line end. Thread-safe; each write is atomic.
 */
public final class SafeBuffer extends OutputStream {
  private static final int RESUME_SHARE = 8;

  private final ReentrantLock lock = new ReentrantLock();
  private final JobDrain drain;
  private final SegmentAccount account;
  private final int maxSegments;
  private final Totals totals;

  private @Nullable Condition roomFreed;
  private @Nullable Segment head;
  private @Nullable Segment tail;
  private int segments;
  private boolean closed;
  private boolean discarded;
  private boolean reported;

  /** Whether the last byte kept is not a line end. */
  private boolean midLine;

  private boolean dropping;

  /** Whether the last byte dropped is not a line end. */
  private boolean droppedMidLine;

  private long acceptedLines;
  private long acceptedBytes;

  /** Made at the first drop: most jobs lose nothing. */
  private @Nullable Losses losses;

  SafeBuffer(JobDrain drain, SegmentAccount account, int maxSize, Totals totals) {
    this.drain = drain;
    this.account = account;
    this.maxSegments = maxSize / account.nominal();
    this.totals = totals;
  }

  /** Takes one byte; as {@link #write(byte[], int, int)}. */
  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
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
    boolean taken;
    lock.lock();
    try {
      taken = accept(bytes, offset, offset + length);
    } finally {
      lock.unlock();
    }
    if (taken) {
      drain.request();
    }
  }

  /** Does nothing: what is complete is drained without being asked for. */
  @Override
  public void flush() {}

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
      if (dropping ? droppedMidLine : midLine) {
        acceptedLines++;
      }
      if (dropping && droppedMidLine) {
        losses().dropped.add(lastDropReason(), 1, 0);
        totals.dropped(lastDropReason(), 1, 0);
        losses().gap.add(1, 0, 0);
      }
      signalRoom();
    } finally {
      lock.unlock();
    }
    drain.request();
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

  private boolean accept(byte[] bytes, int offset, int end) {
    acceptedBytes += end - offset;
    int from = offset;
    Segment before = tail;
    if (closed) {
      drop(bytes, from, end, DropReason.CLOSED);
      return false;
    }
    if (dropping) {
      from = resumeAt(bytes, from, end);
      if (from == end) {
        return false;
      }
    }
    int fit = takeSegments(end - from);
    if (fit >= end - from) {
      put(bytes, from, end);
      return true;
    }
    DropReason reason = segments < maxSegments ? DropReason.BUDGET : DropReason.BUFFER_FULL;
    int cut = Newlines.last(bytes, from, from + fit) + 1;
    if (cut <= from && (midLine || isEmpty())) {
      cut = Utf8.boundary(bytes, from, from + fit);
    }
    put(bytes, from, cut);
    takeBackGap(before);
    dropSpares();
    dropping = true;
    drop(bytes, cut, end, reason);
    return true;
  }

  /** Drops what must still go; returns where lines are taken again, {@code end} if nowhere. */
  private int resumeAt(byte[] bytes, int from, int end) {
    DropReason reason = lastDropReason();
    boolean free = maxSegments - segments >= Math.max(1, maxSegments / RESUME_SHARE);
    int lineStart = droppedMidLine ? Newlines.first(bytes, from, end) + 1 : from;
    if (!free || lineStart >= end) {
      drop(bytes, from, end, reason);
      return end;
    }
    // Without a segment of its own the gap's record would have no place.
    if (!account.canTake() || !addSegment()) {
      drop(bytes, from, end, DropReason.BUDGET);
      return end;
    }
    drop(bytes, from, lineStart, reason);
    Segment segment = Objects.requireNonNull(tail);
    if (segment.end > 0) {
      segment = Objects.requireNonNull(segment.next);
      tail = segment;
    }
    GapTally gap = losses().gap;
    segment.gapLines = gap.lines;
    segment.gapBytes = gap.bytes;
    segment.gapReasons = (byte) gap.reasons;
    gap.clear();
    dropping = false;
    midLine = false;
    return lineStart;
  }

  /** What was dropped here: all of it by reason, and the part since lines were taken last. */
  private static final class Losses {
    private final DropTallies dropped = new DropTallies();
    private final GapTally gap = new GapTally();
  }

  private Losses losses() {
    Losses made = losses;
    if (made == null) {
      made = new Losses();
      losses = made;
    }
    return made;
  }

  /** A gap in front of a segment that then got nothing goes on: the segment may be dropped. */
  private void takeBackGap(@Nullable Segment before) {
    Segment segment = tail;
    if (before != null && segment != null && segment.end == 0 && segment.gapReasons != 0) {
      losses().gap.add(segment.gapLines, segment.gapBytes, segment.gapReasons);
      segment.clearGap();
      tail = before;
    }
  }

  private DropReason lastDropReason() {
    return (losses().gap.reasons & DropReason.BUDGET.bit()) != 0
        ? DropReason.BUDGET
        : DropReason.BUFFER_FULL;
  }

  private void drop(byte[] bytes, int from, int end, DropReason reason) {
    if (from >= end) {
      return;
    }
    int lines = Newlines.count(bytes, from, end);
    acceptedLines += lines;
    totals.dropped(reason, lines, end - from);
    if (reported) {
      return;
    }
    losses().dropped.add(reason, lines, end - from);
    if (reason != DropReason.CLOSED) {
      droppedMidLine = bytes[end - 1] != '\n';
      losses().gap.add(lines, end - from, reason.bit());
    }
  }

  /** Takes the segments that so many bytes need; returns how many bytes then fit. */
  private int takeSegments(int bytes) {
    int room = room();
    while (room < bytes && segments < maxSegments && addSegment()) {
      room += account.capacity();
    }
    return Math.min(room, bytes);
  }

  private int room() {
    Segment segment = tail;
    int room = segment == null ? 0 : segment.free();
    for (Segment spare = segment == null ? null : segment.next; spare != null; spare = spare.next) {
      room += spare.free();
    }
    return room;
  }

  private boolean addSegment() {
    Segment segment = account.take();
    if (segment == null) {
      return false;
    }
    segments++;
    Segment last = tail;
    if (last == null) {
      head = segment;
      tail = segment;
    } else {
      while (last.next != null) {
        last = last.next;
      }
      last.next = segment;
    }
    return true;
  }

  private void put(byte[] bytes, int from, int end) {
    Segment segment = tail;
    int index = from;
    while (index < end && segment != null) {
      int count = Math.min(end - index, segment.free());
      int at = segment.end;
      System.arraycopy(bytes, index, segment.bytes, at, count);
      int lines = Newlines.count(segment.bytes, at, at + count);
      if (lines > 0) {
        segment.lines += lines;
        segment.linesEnd = Newlines.last(segment.bytes, at, at + count) + 1;
        acceptedLines += lines;
      }
      segment.end = at + count;
      index += count;
      if (index < end) {
        segment = segment.next;
        tail = segment;
      }
    }
    if (end > from) {
      midLine = bytes[end - 1] != '\n';
    }
  }

  private void dropSpares() {
    Segment segment = tail;
    if (segment == null) {
      return;
    }
    Segment spares = segment.next;
    segment.next = null;
    if (segment == head && segment.end == 0) {
      head = null;
      tail = null;
      segment.next = spares;
      spares = segment;
    }
    int count = 0;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      count++;
    }
    segments -= count;
    account.give(count);
    account.recycle(spares);
  }

  private boolean isEmpty() {
    Segment segment = head;
    return segment == null || (segment == tail && segment.start == segment.end);
  }

  private void signalRoom() {
    if (roomFreed != null) {
      roomFreed.signalAll(); // a pump in awaitRoom
    }
  }

  /**
   * Waits until a write of so many bytes would be taken whole, or the stream is closed.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  void awaitRoom(int bytes) throws InterruptedException {
    Runnable wake = this::budgetGiven;
    lock.lockInterruptibly();
    try {
      if (roomFreed == null) {
        roomFreed = lock.newCondition();
      }
      int needed = Math.min(bytes, (maxSegments - 1) * account.capacity());
      while (!closed && !takesWhole(needed, wake)) {
        roomFreed.await();
      }
    } finally {
      lock.unlock();
      account.forget(wake);
    }
  }

  private boolean takesWhole(int bytes, Runnable wake) {
    if (dropping && maxSegments - segments < Math.max(1, maxSegments / RESUME_SHARE)) {
      return false;
    }
    int room = room();
    int own = dropping ? account.capacity() : 0;
    account.whenGiven(wake);
    while (room < bytes + own) {
      if (segments == maxSegments || !addSegment()) {
        return false;
      }
      room += account.capacity();
    }
    return true;
  }

  private void budgetGiven() {
    // The giver may hold another place's lock: it must not wait for this one.
    drain.request();
  }

  // ---- the drain's side: one thread at a time ----

  /** Shows the drain what is there. */
  void snapshot(StreamView view) {
    lock.lock();
    try {
      Segment segment = tail;
      view.head = head;
      view.tail = segment;
      view.tailEnd = segment == null ? 0 : segment.end;
      view.tailLines = segment == null ? 0 : segment.lines;
      view.tailLinesEnd = segment == null ? 0 : segment.linesEnd;
      view.ended = closed;
      view.dropping = dropping;
      signalRoomForBudget();
    } finally {
      lock.unlock();
    }
  }

  private void signalRoomForBudget() {
    if (account.isLimited()) {
      signalRoom();
    }
  }

  /**
   * Takes the gap at the end of the stream, once all before it was drained and its last line has
   * ended.
   *
   * @return whether there was one
   */
  boolean takeGap(GapTally target) {
    lock.lock();
    try {
      GapTally gap = losses().gap;
      if (!dropping || gap.isEmpty() || (droppedMidLine && !closed) || !isDrained()) {
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
        tail = segment; // what a pump has taken in advance stays
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

  ReentrantLock lock() {
    return lock;
  }

  /** From now on drops count in the meters only. Guarded by the lock. */
  void markReported() {
    reported = true;
  }

  Tally accepted() {
    return new Tally(acceptedLines, acceptedBytes);
  }

  DropTallies dropped() {
    return losses().dropped;
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
