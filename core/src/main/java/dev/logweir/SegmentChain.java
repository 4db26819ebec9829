package dev.logweir;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The segments of one place, the oldest first: the last of them is being filled. Behind it are
 * spare ones, taken for what is about to come.
 *
 * <p>The owner takes segments out of its account before it adds them, and gives back what it takes
 * out of here. Guarded by the owner's lock; a drain reads full segments without it.
 */
final class SegmentChain {
  private @Nullable Segment head;
  private @Nullable Segment tail;
  private @Nullable Segment spares;

  /** Spare ones included. */
  private int count;

  @Nullable Segment head() {
    return head;
  }

  /** Returns the segment being filled, null if none is. */
  @Nullable Segment tail() {
    return tail;
  }

  int count() {
    return count;
  }

  boolean hasSpares() {
    return spares != null;
  }

  /** Adds a chain of so many empty segments for what comes. */
  void addSpares(Segment chain, int segments) {
    Segment last = chain;
    while (last.next != null) {
      last = last.next;
    }
    last.next = spares;
    spares = chain;
    count += segments;
  }

  /** Takes the spare segments out; returns their chain. */
  @Nullable Segment takeSpares() {
    Segment chain = spares;
    spares = null;
    for (Segment spare = chain; spare != null; spare = spare.next) {
      count--;
    }
    return chain;
  }

  /** Returns the bytes that fit into the spare segments. */
  int spareRoom() {
    int room = 0;
    for (Segment spare = spares; spare != null; spare = spare.next) {
      room += spare.freeForRun();
    }
    return room;
  }

  /** Makes the next spare segment the one being filled; there must be one. */
  Segment advance() {
    Segment segment = Objects.requireNonNull(spares);
    Segment last = tail;
    spares = segment.next;
    segment.next = null;
    if (last == null) {
      head = segment;
    } else {
      last.next = segment;
    }
    tail = segment;
    return segment;
  }

  /** Returns a segment that takes a byte more: the one being filled, or the next. */
  Segment roomy() {
    Segment segment = tail;
    return segment == null || segment.freeForRun() == 0 ? advance() : segment;
  }

  /** Whether all bytes were read; a stale look at the reader's place says no too often. */
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
      last = segment;
      segment = segment.next;
      count--;
      if (ends) {
        break;
      }
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
    return chain;
  }

  private boolean isAllRead(Segment segment) {
    return segment == tail && segment.start >= segment.end;
  }

  /** Takes out all segments but spare ones; returns their chain. */
  @Nullable Segment takeAll() {
    Segment chain = head;
    for (Segment segment = chain; segment != null; segment = segment.next) {
      count--;
    }
    head = null;
    tail = null;
    return chain;
  }
}
