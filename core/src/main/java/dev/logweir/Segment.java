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

  /** Header of the array (24 B at most) and this object (72 B at most). */
  private static final int OVERHEAD = 96;

  final byte[] bytes;
  @Nullable Segment next;

  /** Where reading goes on; the reader's. */
  int start;

  int end;

  /** Number of line ends before {@link #end}. */
  int lines;

  /** Index after the last line end, 0 if there is none. */
  int linesEnd;

  /** Whether each line end is followed by a count of what the job wrote for the line. */
  boolean tallied;

  /** Whether the last line ends here though no line end follows: nothing is added any more. */
  boolean endsLine;

  /** What was dropped in front of this segment. */
  short gapReasons;

  long gapLines;
  long gapBytes;

  Segment(int nominal) {
    bytes = new byte[capacity(nominal)];
  }

  /** Returns the bytes of text that a segment of a nominal size has room for. */
  static int capacity(int nominal) {
    return nominal - OVERHEAD;
  }

  /** Returns the nominal size of the segments of a job with a {@code maxSize}. */
  static int nominalFor(int maxSize) {
    return maxSize < 64 << 10 ? SMALL : LARGE;
  }

  int free() {
    return endsLine ? 0 : bytes.length - end;
  }

  void clear() {
    next = null;
    start = 0;
    end = 0;
    lines = 0;
    linesEnd = 0;
    tallied = false;
    endsLine = false;
    clearGap();
  }

  void clearGap() {
    gapReasons = 0;
    gapLines = 0;
    gapBytes = 0;
  }
}
