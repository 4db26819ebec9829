package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The segments in which the bytes of one stream wait, charged to the stream's account.
 *
 * <p>Guarded by the stream's lock; a drain reads full segments without it.
 */
final class SegmentChain extends SegmentRow {
  private final SegmentAccount account;
  private final int maxSegments;
  private final LineOrder order;

  /** How many of the bytes added last are the beginning of a line that may go on. */
  private int openBytes;

  /** Whether the last byte added is not a line end. */
  private boolean midLine;

  SegmentChain(SegmentAccount account, int maxSize, LineOrder order) {
    this.account = account;
    this.maxSegments = maxSize / account.nominal();
    this.order = order;
  }

  int openBytes() {
    return openBytes;
  }

  boolean isMidLine() {
    return midLine;
  }

  // ---- room ----

  /** Returns how many more segments there may be. */
  int free() {
    return maxSegments - count;
  }

  /**
   * Takes spare segments for so many bytes, or for as many of them as it gets; {@link #room} says
   * for how many there then is room.
   *
   * @param afterGap whether a gap comes first: what follows it begins in a segment of its own,
   *     which has the gap's record
   */
  Room reserve(int bytes, boolean afterGap) {
    while (room(afterGap) < bytes) {
      Room more = count < maxSegments ? account.take(1, this) : Room.FULL;
      if (more != Room.THERE) {
        return more;
      }
    }
    return Room.THERE;
  }

  /** Returns for how many bytes there is room in the segments that it has; less than 0 for none. */
  int room(boolean afterGap) {
    Segment last = tail;
    int room = afterGap ? -RunMarks.GAP_BYTES : last == null ? 0 : last.freeForRun();
    for (Segment spare = spares; spare != null; spare = spare.next) {
      room += spare.freeForRun();
    }
    return room;
  }

  /** Returns where what is kept of a write ends, of which not all bytes have room. */
  int cut(byte[] bytes, int from, boolean afterGap) {
    int most = from + Math.max(0, room(afterGap));
    int cut = Newlines.last(bytes, from, most) + 1;
    boolean beginsHere = cut <= from && (isRead() || (midLine && !afterGap));
    return beginsHere ? LineCut.boundary(bytes, from, most) : cut;
  }

  void giveSpares() {
    Segment chain = spares;
    spares = null;
    giveAll(chain);
    account.recycle(chain);
  }

  /** Takes a chain out of the account. */
  private void giveAll(@Nullable Segment chain) {
    int before = count;
    for (Segment segment = chain; segment != null; segment = segment.next) {
      count--;
    }
    account.give(before - count);
  }

  // ---- adding ----

  /**
   * Adds bytes of a write if there is room for them where the last ones ended.
   *
   * @return how many lines end in them; -1 if there is no room
   */
  int append(byte[] bytes, int from, int end) {
    Segment last = tail;
    if (last == null || last.freeForRun() < end - from) {
      return -1;
    }
    order.beginWrite();
    return append(last, bytes, from, end);
  }

  /** Adds bytes of a write for which there is room; returns how many lines end in them. */
  int put(byte[] bytes, int from, int end) {
    int index = from;
    int lines = 0;
    order.beginWrite();
    while (index < end) {
      Segment last = tail;
      Segment segment = last == null || last.freeForRun() == 0 ? advance() : last;
      int next = Math.min(end, index + segment.freeForRun());
      lines += append(segment, bytes, index, next);
      index = next;
    }
    return lines;
  }

  private int append(Segment segment, byte[] bytes, int from, int end) {
    int at = segment.end;
    int after = at + end - from;
    System.arraycopy(bytes, from, segment.bytes, at, end - from);
    int lines = Newlines.count(segment.bytes, at, after);
    segment.end = after;
    if (lines > 0) {
      order.mark(segment);
      segment.lines += lines;
      segment.linesEnd = Newlines.last(segment.bytes, at, after) + 1;
      openBytes = after - segment.linesEnd;
    } else {
      openBytes += end - from;
    }
    midLine = bytes[end - 1] != '\n';
    return lines;
  }

  /** Ends the line that was begun last where it stands; returns whether there is one. */
  boolean endLine() {
    Segment last = tail;
    if (!midLine || last == null) {
      return false;
    }
    order.beginWrite();
    last = order.hasRoom(last) ? last : emptySegment(last);
    order.mark(last);
    last.endsLine = true;
    midLine = false;
    openBytes = 0;
    return true;
  }

  /** Returns a segment of its own for the mark of an end; the last one if there is none. */
  private Segment emptySegment(Segment last) {
    boolean more = count < maxSegments && account.take(1, this) == Room.THERE;
    return more ? advance() : last;
  }

  // ---- reading ----

  /**
   * Whether all bytes were read; with a stale value of the reader's place it is false too often.
   */
  boolean isRead() {
    Segment segment = tail;
    return segment == null || (segment == head && segment.start == segment.end);
  }

  /** Whether there is no more in it than, at most, the beginning of a line that may go on. */
  boolean holdsNoLine() {
    Segment segment = tail;
    return segment == null
        || (segment == head
            && segment.linesEnd <= segment.start
            && !segment.hasGap
            && !segment.endsLine);
  }

  /** What was begun last went another way: there is nothing but that. */
  void clearBegun() {
    Segment begun = tail;
    if (begun != null) {
      order.released(begun.marks);
      begun.clear();
    }
    endBegun();
  }

  /** What is added next begins a line: the one before has ended, or was cut. */
  void endBegun() {
    midLine = false;
    openBytes = 0;
  }

  /**
   * Takes out the segments before one, and that one too if all of it was read and nothing follows:
   * then none is left.
   *
   * @return their chain, null if there are none
   */
  @Nullable Segment takeRead(Segment upTo) {
    Segment last = null;
    Segment segment = head;
    while (segment != null && (segment != upTo || isAllRead(segment))) {
      boolean ends = segment == upTo;
      order.released(segment.marks);
      last = segment;
      segment = segment.next;
      if (ends) {
        break;
      }
    }
    if (segment != null) {
      order.read(segment);
    }
    if (last == null) {
      return null;
    }
    Segment chain = head;
    last.next = null;
    head = segment;
    if (segment == null) {
      tail = null;
    }
    giveAll(chain);
    return chain;
  }

  private boolean isAllRead(Segment segment) {
    return segment == tail && segment.start >= segment.end;
  }

  /** Takes out all segments but spare ones; returns their chain. */
  @Nullable Segment takeAll() {
    Segment chain = head;
    head = null;
    tail = null;
    giveAll(chain);
    return chain;
  }
}
