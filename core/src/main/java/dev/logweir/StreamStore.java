package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * What one stream holds between its writes and the drain: lines up to {@code maxSize} heap bytes,
 * and the account of what had no room. {@link SafeBuffer} writes into it, {@link StreamDrain} reads
 * it, and the job ends it.
 */
final class StreamStore {
  /*
   * The lock guards all that changes. It is held for copies of memory, for a segment, and for a
   * sink's lock, which comes after it; never for a processor, a sender or a logger. What a write has
   * to start, a drain or a send, it starts after the lock.
   *
   * The drain reads bytes without the lock. It takes a snapshot under it (StreamView) and reads no
   * further; bytes before a segment's end never change once they are there. Segment.start is the
   * drain's. Writers read it without a lock of their own: it only grows, so that an old value costs a
   * request too many, or leaves a little room unused.
   *
   * A segment is the store's, and charged to it, from reserve to release: the drain copies from it.
   *
   * Dropping is a state. It begins with a write that has no room, at a line end, and goes on until an
   * eighth of the segments is free, and then to the next line end. What is dropped meanwhile is one
   * gap: the ledger has it until the next line is kept, and then the segment that this line begins,
   * in front of which it stands. A drain that has come to the end takes it from the ledger.
   */

  /** Once dropping has begun, it goes on until one part in so many of the segments is free. */
  private static final int RESUME_SHARE = 8;

  final MemoryLock lock = new MemoryLock(LockOrder.Level.STREAM);

  /** Empty until a write waits: most streams have no such write. */
  @GuardedBy("lock")
  private WaitingWriters waiting = WaitingWriters.NOBODY;

  /** Under the lock but for what needs none: to recycle a chain, and to forget a waiter. */
  final SegmentAccount account;

  @GuardedBy("lock")
  private final SegmentChain chain;

  @GuardedBy("lock")
  private final StreamLedger ledger;

  @GuardedBy("lock")
  private final LineOrder order;

  /** At how many free segments dropping may end. */
  private final int resumeFree;

  @GuardedBy("lock")
  private boolean dropping;

  /** Whether nothing more is kept, and the place of that end in the order of both streams. */
  @GuardedBy("lock")
  private boolean closed;

  @GuardedBy("lock")
  private int endTurn;

  @GuardedBy("lock")
  private boolean discarded;

  /**
   * Up to where the drain is asked for what is kept, in bytes since the start. What came behind it
   * is shown on request, so that lines that come out of a job's own sending do not keep its drain
   * going.
   */
  @GuardedBy("lock")
  private long askedBytes = Long.MAX_VALUE;

  StreamStore(SegmentAccount account, int maxSize, LineOrder order, Totals totals) {
    this.account = account;
    this.order = order;
    chain = new SegmentChain(account, maxSize, order);
    ledger = new StreamLedger(totals);
    resumeFree = Math.max(1, maxSize / account.nominal() / RESUME_SHARE);
  }

  // ---- what is written ----

  /**
   * Takes bytes, or drops and counts what has no room. What is kept ends with a line end, where it
   * is not all: the cut is at the last one for which there is room, and what follows is dropped up
   * to the next line end, even if that comes in a later write. Where there is none to cut at, as
   * the line began earlier or fills the buffer alone, its beginning is kept, and ends there.
   *
   * @return whether there is something new to drain
   */
  @GuardedBy("lock")
  boolean accept(byte[] bytes, int offset, int end) {
    if (closed) {
      ledger.closed(bytes, offset, end);
      return false;
    }
    int lines = dropping ? -1 : chain.append(bytes, offset, end); // most writes end here
    ledger.accept(Math.max(0, lines), end - offset);
    return lines >= 0 || keepOrDrop(bytes, offset, end);
  }

  /** Keeps what has room of bytes that are counted, and drops the rest; as {@link #accept}. */
  @GuardedBy("lock")
  private boolean keepOrDrop(byte[] bytes, int offset, int end) {
    int from = offset;
    if (dropping) {
      // The rest of the line that is being dropped goes with it.
      from = ledger.isDroppedMidLine() ? Newlines.first(bytes, offset, end) + 1 : offset;
      if (from >= end || !mayResume()) {
        return dropAll(bytes, offset, end);
      }
    }
    Room room = chain.reserve(end - from, dropping);
    int cut = room == Room.THERE ? end : chain.cut(bytes, from, dropping);
    boolean wasEmpty = chain.isRead();
    boolean kept = cut > from;
    if (kept && dropping) {
      drop(bytes, offset, from, ledger.lastReason());
      resume();
    }
    ledger.accept(chain.put(bytes, from, cut), 0);
    chain.giveSpares();
    // What is still being dropped is dropped from the beginning of the write on.
    int dropFrom = dropping ? offset : Math.max(cut, from);
    boolean begins = dropFrom < end && !dropping;
    if (dropFrom < end) {
      dropping = true;
      chain.endBegun();
      drop(bytes, dropFrom, end, room.dropReason(DropReason.BUFFER_FULL));
    }
    return kept || wasEmpty || begins;
  }

  /** Goes on dropping; returns whether a gap can be marked now that could not before. */
  @GuardedBy("lock")
  private boolean dropAll(byte[] bytes, int offset, int end) {
    boolean couldBeTold = ledger.hasWholeGap();
    chain.giveSpares();
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
  private boolean mayResume() {
    // With spares a write that waited has found room, and has it in hand.
    return chain.hasSpares() || chain.free() >= resumeFree;
  }

  @GuardedBy("lock")
  private void resume() {
    ledger.moveGapTo(chain.advance());
    dropping = false;
    chain.endBegun();
  }

  /** Takes room for bytes that are then accepted, or for as many of them as {@link #room} says. */
  @GuardedBy("lock")
  Room reserve(int bytes) {
    return dropping && !mayResume() ? Room.FULL : chain.reserve(bytes, dropping);
  }

  @GuardedBy("lock")
  int room() {
    return dropping && !mayResume() ? 0 : chain.room(dropping);
  }

  /**
   * Ends the line that the last write left open, if it did; counts no byte, as none was written.
   */
  @GuardedBy("lock")
  void endLine() {
    if (!closed && !endDroppedLine() && !dropping && chain.endLine()) {
      ledger.accept(1, 0);
    }
  }

  /** Ends the line that is being dropped, if one is. */
  @GuardedBy("lock")
  private boolean endDroppedLine() {
    if (!dropping || !ledger.isDroppedMidLine()) {
      return false;
    }
    if (ledger.beginsGap()) {
      ledger.beginGap(order.takeTurn());
    }
    ledger.dropLineEnd();
    return true;
  }

  /** Nothing more is kept: the last line ends here. */
  @GuardedBy("lock")
  void close() {
    if (!closed) {
      closed = true;
      endTurn = order.takeTurn();
      if (!endDroppedLine() && !dropping && chain.isMidLine()) {
        ledger.accept(1, 0);
      }
      chain.endBegun();
      waiting.close();
    }
  }

  @GuardedBy("lock")
  boolean isClosed() {
    return closed;
  }

  boolean isDropping() {
    lock.lock();
    try {
      return dropping;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is more in it than, at most, the beginning of a line that may go on. */
  @GuardedBy("lock")
  boolean holdsLines() {
    return dropping || !chain.holdsNoLine();
  }

  /** Returns which of the writes that wait for room is next. */
  @GuardedBy("lock")
  WaitingWriters waiting() {
    if (waiting == WaitingWriters.NOBODY) {
      waiting = new WaitingWriters(lock, closed);
    }
    return waiting;
  }

  // ---- past it; see DirectPath ----

  /** Whether lines may go past it: at most the beginning of the first of them waits. */
  @GuardedBy("lock")
  boolean mayBePassed() {
    return !closed && !holdsLines();
  }

  /** Returns what has that beginning; null if there is none. */
  @GuardedBy("lock")
  @Nullable Segment begun() {
    return chain.tail();
  }

  /** Takes note of whole lines that went past it, and took that beginning with them. */
  @GuardedBy("lock")
  void passed(int lines, int bytes) {
    ledger.accept(lines, bytes);
    chain.clearBegun();
  }

  /** Takes note that so much of a write has gone past it; nothing is held if that was all. */
  @GuardedBy("lock")
  void passingEnded(boolean all) {
    waiting.signal();
    Segment last = chain.tail();
    if (all && last != null) {
      account.recycle(chain.takeRead(last));
    }
  }

  /**
   * Whether there may be something in it that no line written later may pass: more than the
   * beginning of a line, or a gap. Without the lock, for a write to the other stream that owns the
   * drain: as nothing is taken out meanwhile, it sees what earlier writes left.
   */
  @SuppressWarnings("GuardedBy")
  boolean holdsOthersBack() {
    return !chain.holdsNoLine() || ledger.hasGap() || (closed && !chain.isRead());
  }

  // ---- what the drain is asked for ----

  /** What is kept from now on is not drained for its own sake. */
  @GuardedBy("lock")
  void stopAsking() {
    askedBytes = askedBytes == Long.MAX_VALUE ? 0 : askedBytes;
  }

  /** What is held now is to be drained, also what did not ask for it. */
  @GuardedBy("lock")
  void askForAll() {
    long kept = ledger.keptBytes();
    askedBytes = dropping ? kept + 1 : kept; // a gap at the end is asked for too
  }

  /** As {@link #askForAll}, where that makes a difference. */
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

  // ---- the drain's side: one thread at a time ----

  /** Returns how many bytes of complete lines were kept so far; the drain has taken some. */
  long completeBytes() {
    lock.lock();
    try {
      return ledger.keptBytes() - chain.openBytes();
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
      view.show(hidden ? null : chain.head(), hidden ? null : chain.tail());
      view.ended = closed;
      view.endTurn = endTurn;
      view.dropping = dropping && !hidden;
      view.gapTurn = ledger.gapTurn();
      view.hasGap = view.dropping && ledger.hasGap();
      view.gapGoesOn = ledger.isDroppedMidLine();
      order.endRun();
      if (account.isLimited()) {
        waiting.signal(); // what the budget got back may be for a pump
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the stream ends in a gap that can be marked, and all before it was drained. */
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
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes back a gap that could not be marked: there was no memory for its marker.
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
   * @return whether none is left
   */
  boolean release(Segment upTo) {
    Segment read;
    boolean all;
    lock.lock();
    try {
      if (discarded) {
        return true;
      }
      read = chain.takeRead(upTo);
      all = chain.head() == null;
      if (read != null) {
        waiting.signal();
      }
    } finally {
      lock.unlock();
    }
    account.recycle(read);
    return all;
  }

  // ---- the job's side ----

  /** Gives up what was not drained, after the end; to the pool only if no one may still read it. */
  void discard(boolean recycle) {
    Segment left;
    lock.lock();
    try {
      discarded = true;
      closed = true;
      waiting.close();
      left = chain.takeAll();
      account.close();
    } finally {
      lock.unlock();
    }
    if (recycle) {
      account.recycle(left);
    }
  }

  /** Returns the account; it is marked as reported by the final report. */
  @GuardedBy("lock")
  StreamLedger ledger() {
    return ledger;
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
