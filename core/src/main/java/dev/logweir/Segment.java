package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * A piece of memory in which bytes wait, linked to the next one.
 *
 * <p>Its nominal size covers the array with its header and this object, with and without compressed
 * pointers. Bytes before {@link #end} never change once another thread may have seen them.
 */
final class Segment {
  static final int LARGE = 4 << 10;
  static final int SMALL = 1 << 10;
  static final byte[] NO_BYTES = {};

  /** Header of the array (24 B at most) and this object (56 B at most). */
  private static final int OVERHEAD = 80;

  final byte[] bytes;
  @Nullable Segment next;

  /** Where reading goes on; the reader's. */
  int start;

  int end;

  /** Number of line ends before {@link #end}. */
  int lines;

  /** Index after the last line end, 0 if there is none. */
  int linesEnd;

  /** Number of line ends before {@link #start}; the reader's. */
  short takenLines;

  /** Number of {@link RunMarks} at the end of the array. */
  short marks;

  /** Whether each line end is followed by a count of what the job wrote for the line. */
  boolean tallied;

  /** Whether the last line ends here though no line end follows: nothing is added any more. */
  boolean endsLine;

  /** Whether something was dropped in front of this segment: {@link RunMarks} has what. */
  boolean hasGap;

  /** Whether that was taken; the reader's. */
  boolean gapTaken;

  Segment(int nominal) {
    bytes = new byte[arrayLength(nominal)];
  }

  /** Returns the bytes of text that a segment of a nominal size has room for. */
  static int capacity(int nominal) {
    return arrayLength(nominal) - RunMarks.BYTES;
  }

  private static int arrayLength(int nominal) {
    return nominal - OVERHEAD;
  }

  /** Returns the nominal size of the segments of a job with a {@code maxSize}. */
  static int nominalFor(int maxSize) {
    return maxSize < 64 << 10 ? SMALL : LARGE;
  }

  /** Returns for how many more bytes there is room; for the first mark there always is. */
  int free() {
    return endsLine ? 0 : Math.max(0, RunMarks.begin(this, Math.max(1, marks)) - end);
  }

  /** Returns for how many more bytes there is room, with a mark for those that end a line. */
  int freeForRun() {
    return endsLine ? 0 : Math.max(0, RunMarks.begin(this, Math.max(1, marks) + 1) - end);
  }

  void clear() {
    next = null;
    start = 0;
    end = 0;
    lines = 0;
    linesEnd = 0;
    takenLines = 0;
    marks = 0;
    tallied = false;
    endsLine = false;
    hasGap = false;
    gapTaken = false;
  }
}
