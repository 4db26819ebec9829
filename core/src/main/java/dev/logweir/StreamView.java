package dev.logweir;

import org.jspecify.annotations.Nullable;

/** What a drain may read of a buffer without its lock: bytes once published never change. */
final class StreamView {
  @Nullable Segment head;
  @Nullable Segment tail;
  int tailEnd;
  int tailLines;
  int tailLinesEnd;
  int tailMarks;
  boolean tailEndsLine;

  /** Whether nothing more is written, and the place of the end in the order of both streams. */
  boolean ended;

  int endTurn;

  /** Whether what follows was dropped, so that a line that has not ended never will. */
  boolean dropping;

  /**
   * Where that began, whether it is still to be marked, and whether its last line has not ended.
   */
  int gapTurn;

  boolean hasGap;
  boolean gapGoesOn;

  /** Shows segments from one to another, up to where the last is filled now. */
  void show(@Nullable Segment first, @Nullable Segment last) {
    head = first;
    tail = last;
    tailEnd = last == null ? 0 : last.end;
    tailLines = last == null ? 0 : last.lines;
    tailLinesEnd = last == null ? 0 : last.linesEnd;
    tailMarks = last == null ? 0 : last.marks;
    tailEndsLine = last != null && last.endsLine;
  }

  void clear() {
    head = null;
    tail = null;
  }

  int end(Segment segment) {
    return segment == tail ? tailEnd : segment.end;
  }

  int lines(Segment segment) {
    return segment == tail ? tailLines : segment.lines;
  }

  int linesEnd(Segment segment) {
    return segment == tail ? tailLinesEnd : segment.linesEnd;
  }

  int marks(Segment segment) {
    return segment == tail ? tailMarks : segment.marks;
  }

  boolean endsLine(Segment segment) {
    return segment == tail ? tailEndsLine : segment.endsLine;
  }

  @Nullable Segment after(Segment segment) {
    return segment == tail ? null : segment.next;
  }
}
