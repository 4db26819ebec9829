package dev.logweir;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What a segment knows of its lines besides their bytes: runs of lines of one stream that came
 * together, each with a mark that says where it begins and when it came.
 *
 * <p>Marks are written from the end of the segment's array towards its beginning, so that they are
 * charged with it. A mark holds for all lines from its position to that of the next. A line belongs
 * to the mark of the segment in which it ends, in a buffer, and begins, in a batch. Guarded as the
 * segment.
 */
final class RunMarks {
  /** Of a mark: position and time together, and the turn. */
  static final int BYTES = Long.BYTES + Integer.BYTES;

  /** Of the record of a gap in front of a segment, which stands behind its marks. */
  static final int GAP_BYTES = 2 * Long.BYTES + 2 * Integer.BYTES;

  private static final int TIME_BITS = 48;
  private static final long TIME_MASK = (1L << TIME_BITS) - 1;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private RunMarks() {}

  /**
   * Adds a mark; there must be room.
   *
   * @param position where the first line of the run begins in the segment, 0 if before it
   * @param turn the run's place in the order of both streams, in a buffer; its source, in a batch
   */
  static void add(Segment segment, int position, int turn, long millis) {
    set(segment, segment.marks, position, turn, millis);
    segment.marks++;
  }

  /** Writes a mark anew. */
  static void set(Segment segment, int mark, int position, int turn, long millis) {
    int at = index(segment, mark);
    LONGS.set(segment.bytes, at, (long) position << TIME_BITS | (millis & TIME_MASK));
    INTS.set(segment.bytes, at + Long.BYTES, turn);
  }

  /** Whether there is room for one more mark. */
  static boolean hasRoom(Segment segment) {
    return segment.end <= begin(segment, segment.marks + 1);
  }

  static int position(Segment segment, int mark) {
    return (int) ((long) LONGS.get(segment.bytes, index(segment, mark)) >>> TIME_BITS);
  }

  static long millis(Segment segment, int mark) {
    return (long) LONGS.get(segment.bytes, index(segment, mark)) & TIME_MASK;
  }

  static int turn(Segment segment, int mark) {
    return (int) INTS.get(segment.bytes, index(segment, mark) + Long.BYTES);
  }

  /** Returns the last of so many marks, from one on, that begins at a position or before; or -1. */
  static int at(Segment segment, int from, int marks, int position) {
    int mark = from;
    while (mark < marks && position(segment, mark) <= position) {
      mark++;
    }
    return mark - 1;
  }

  /** Returns where so many marks begin. */
  static int begin(Segment segment, int marks) {
    return segment.bytes.length - (segment.hasGap ? GAP_BYTES : 0) - BYTES * marks;
  }

  private static int index(Segment segment, int mark) {
    return begin(segment, mark + 1);
  }

  // ---- the gap in front of a segment ----

  /** Writes what was dropped in front of an empty segment, and its place in the order. */
  static void setGap(Segment segment, GapTally gap, int turn) {
    int at = segment.bytes.length - GAP_BYTES;
    LONGS.set(segment.bytes, at, gap.lines);
    LONGS.set(segment.bytes, at + Long.BYTES, gap.bytes);
    INTS.set(segment.bytes, at + 2 * Long.BYTES, gap.reasons);
    INTS.set(segment.bytes, at + 2 * Long.BYTES + Integer.BYTES, turn);
    segment.hasGap = true;
  }

  static void addGapTo(GapTally target, Segment segment) {
    int at = segment.bytes.length - GAP_BYTES;
    long lines = (long) LONGS.get(segment.bytes, at);
    long bytes = (long) LONGS.get(segment.bytes, at + Long.BYTES);
    target.add(lines, bytes, (int) INTS.get(segment.bytes, at + 2 * Long.BYTES));
  }

  static int gapTurn(Segment segment) {
    return (int) INTS.get(segment.bytes, segment.bytes.length - Integer.BYTES);
  }
}
