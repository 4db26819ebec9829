package dev.logweir;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line ends in bytes, eight at a time. */
final class Newlines {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LINE_ENDS = 0x0A0A0A0A0A0A0A0AL;
  private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;

  /** Bytes of which the marks, a bit each, fit into a word. */
  private static final int BLOCK = Long.SIZE;

  private Newlines() {}

  /**
   * Returns a word in which the high bit of each byte that is a line end, and no other bit, is set.
   */
  private static long mark(byte[] bytes, int index) {
    long word = (long) LONGS.get(bytes, index) ^ LINE_ENDS;
    return ~(((word & LOW_BITS) + LOW_BITS) | word | LOW_BITS);
  }

  /** Whether one of eight bytes is a line end. */
  static boolean isIn(byte[] bytes, int index) {
    return mark(bytes, index) != 0;
  }

  static int count(byte[] bytes, int from, int to) {
    int count = 0;
    int index = from;
    for (; index <= to - BLOCK; index += BLOCK) {
      // The marks of eight words side by side: one count for all of them.
      count +=
          Long.bitCount(
              mark(bytes, index) >>> 7
                  | mark(bytes, index + 8) >>> 6
                  | mark(bytes, index + 16) >>> 5
                  | mark(bytes, index + 24) >>> 4
                  | mark(bytes, index + 32) >>> 3
                  | mark(bytes, index + 40) >>> 2
                  | mark(bytes, index + 48) >>> 1
                  | mark(bytes, index + 56));
    }
    for (; index <= to - Long.BYTES; index += Long.BYTES) {
      count += Long.bitCount(mark(bytes, index));
    }
    for (; index < to; index++) {
      if (bytes[index] == '\n') {
        count++;
      }
    }
    return count;
  }

  /** Returns the index of the first line end in the range, or {@code to} if there is none. */
  static int first(byte[] bytes, int from, int to) {
    int index = from;
    for (; index <= to - Long.BYTES; index += Long.BYTES) {
      long marks = mark(bytes, index);
      if (marks != 0) {
        return index + (Long.numberOfTrailingZeros(marks) >>> 3);
      }
    }
    while (index < to && bytes[index] != '\n') {
      index++;
    }
    return index;
  }

  /** Returns the index of the last line end in the range, or {@code from - 1} if there is none. */
  static int last(byte[] bytes, int from, int to) {
    int index = to;
    for (; index >= from + Long.BYTES; index -= Long.BYTES) {
      long marks = mark(bytes, index - Long.BYTES);
      if (marks != 0) {
        return index - 1 - (Long.numberOfLeadingZeros(marks) >>> 3);
      }
    }
    index--;
    while (index >= from && bytes[index] != '\n') {
      index--;
    }
    return index;
  }
}
