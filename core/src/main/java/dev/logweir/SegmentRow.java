package dev.logweir;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Segments in a row, the oldest first: the last of them is being filled. Behind it are spare ones,
 * taken for what is about to come. Guarded by the lock of the place that they are in; full ones are
 * read without it.
 */
abstract class SegmentRow {
  @Nullable Segment head;
  @Nullable Segment tail;
  @Nullable Segment spares;

  /** Spare ones included. */
  int count;

  @Nullable Segment head() {
    return head;
  }

  /** Returns the segment being filled, null if none is. */
  @Nullable Segment tail() {
    return tail;
  }

  boolean hasSpares() {
    return spares != null;
  }

  /** Adds a chain of empty segments for what comes. */
  void addRoom(Segment chain) {
    Segment next = chain;
    while (next != null) {
      Segment spare = next;
      next = spare.next;
      spare.next = spares;
      spares = spare;
      count++;
    }
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
}
