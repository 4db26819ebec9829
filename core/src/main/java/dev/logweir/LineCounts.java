package dev.logweir;

/**
 * What stands behind a line end in a segment of a batch whose lines are not all as the job wrote
 * them: the count of what the job wrote for the line, and behind a marker the numbers of its gap.
 *
 * <p>A count is written in bytes of 6 bits, the lowest first, each with its high bit set, so that
 * none is a line end; the last of them has another bit set.
 */
final class LineCounts {
  /** Room for a line end and the largest count behind it. */
  static final int MAX_TRAILER = 1 + 8;

  private static final int BITS = 6;
  private static final int MASK = (1 << BITS) - 1;
  private static final int HIGH = 0x80;
  private static final int LAST = 0x40;

  /** Of a number of a gap: far more than any job drops. */
  private static final int GAP_GROUPS = 9;

  /** Of 6 bits each: a bit for each reason. */
  private static final int REASON_GROUPS = (DropReason.ALL.length + 5) / BITS;

  /** A first byte, the lines and bytes and reasons of the gap, a last byte. */
  private static final int MARKER_BYTES = 1 + 2 * GAP_GROUPS + REASON_GROUPS + 1;

  /** Room for a line end and the count of a marker behind it. */
  static final int MARKER_TRAILER = 1 + MARKER_BYTES;

  /** What {@link #get} returns of a marker. */
  static final long MARKER = -1;

  private LineCounts() {}

  /** Writes a count and returns the index after it. */
  static int put(byte[] bytes, int index, long value) {
    int at = index;
    long rest = value;
    while (rest > MASK) {
      bytes[at++] = (byte) (HIGH | (rest & MASK));
      rest >>>= BITS;
    }
    bytes[at++] = (byte) (HIGH | LAST | rest);
    return at;
  }

  /** Returns a count; {@link #MARKER} for that of a marker. */
  static long get(byte[] bytes, int index) {
    long value = 0;
    int shift = 0;
    int at = index;
    while (at < bytes.length) {
      byte b = bytes[at++];
      int bits = b & MASK;
      value |= (long) bits << shift;
      shift += BITS;
      if (isLast(b)) {
        return bits == 0 && at - index > 1 ? MARKER : value;
      }
    }
    return value;
  }

  /** Returns how many bytes a count takes. */
  static int length(byte[] bytes, int index) {
    int at = index;
    while (at < bytes.length && !isLast(bytes[at++])) {
      // goes on
    }
    return at - index;
  }

  private static boolean isLast(byte b) {
    return (b & LAST) != 0;
  }

  // ---- markers ----

  /**
   * Writes the count of a marker: the numbers of its gap, and behind them a last byte of nothing,
   * which no other count of several bytes has. Returns the index after it.
   */
  static int putMarker(byte[] bytes, int index, long lines, long gapBytes, int reasons) {
    bytes[index] = (byte) HIGH;
    int at = putGroups(bytes, index + 1, GAP_GROUPS, lines);
    at = putGroups(bytes, at, GAP_GROUPS, gapBytes);
    at = putGroups(bytes, at, REASON_GROUPS, reasons);
    bytes[at] = (byte) (HIGH | LAST);
    return at + 1;
  }

  /** Adds the gap that a marker's count reports. */
  static void addGapTo(GapTally gaps, byte[] bytes, int index) {
    int lines = index + 1;
    int gapBytes = lines + GAP_GROUPS;
    int reasons = gapBytes + GAP_GROUPS;
    gaps.add(
        getGroups(bytes, lines, GAP_GROUPS),
        getGroups(bytes, gapBytes, GAP_GROUPS),
        (int) getGroups(bytes, reasons, REASON_GROUPS));
  }

  private static int putGroups(byte[] bytes, int index, int groups, long value) {
    long rest = Math.min(value, (1L << (groups * BITS)) - 1);
    for (int i = 0; i < groups; i++) {
      bytes[index + i] = (byte) (HIGH | (rest & MASK));
      rest >>>= BITS;
    }
    return index + groups;
  }

  private static long getGroups(byte[] bytes, int index, int groups) {
    long value = 0;
    for (int i = groups - 1; i >= 0; i--) {
      value = value << BITS | (bytes[index + i] & MASK);
    }
    return value;
  }
}
