package dev.logweir;

import org.jspecify.annotations.Nullable;

/** Whole lines of one segment that go to the sinks without a processor. */
final class LineRun {
  /** The most bytes of the count behind a line of a segment: two words of 6 bits and one of 1. */
  private static final int COUNT_BYTES = 3;

  byte[] bytes = Segment.NO_BYTES;
  int from;
  int end;
  int lines;

  /** The stream that they are of, as in a mark of a batch, and when they came. */
  int source;

  long millis;

  /** Behind the end of the first line; 0 before that is looked for. */
  private int firstEnd;

  /** What stands in front of each line. */
  @Nullable RunPrefix prefix;

  /** The most bytes that it takes. */
  int prefixBytes;

  /** The number of the first line, for the prefix. */
  long firstNumber;

  /** Begins a run without prefixes, whose lines are still to be counted. */
  void begin(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.from = from;
    this.end = end;
    firstEnd = 0;
    prefix = null;
    prefixBytes = 0;
  }

  /** Returns the room for the first line, with a prefix and a count where it has them. */
  int firstBytes(boolean tallied) {
    if (firstEnd == 0) {
      firstEnd = Newlines.first(bytes, from, end) + 1;
    }
    int line = firstEnd - from;
    return tallied ? line + prefixBytes + 2 * LineCounts.MAX_TRAILER : line;
  }

  /** Returns the room for all of it. */
  int allBytes(boolean tallied, int capacity) {
    int text = end - from;
    if (!tallied) {
      return text;
    }
    int counted = text + lines * (prefixBytes + COUNT_BYTES);
    return counted + unused(counted, capacity);
  }

  /** What segments lose at their ends, where a line end and its count do not fit. */
  private static int unused(int counted, int capacity) {
    return LineCounts.MAX_TRAILER * (counted / capacity + 2);
  }

  /** Leaves out the last lines, so that the others fit; never the first. */
  void cutTo(int room, boolean tallied, int capacity) {
    if (!tallied) {
      end = Newlines.last(bytes, from, from + room) + 1;
      lines = Newlines.count(bytes, from, end);
      return;
    }
    int left = room - unused(room, capacity);
    int line = from;
    int count = 0;
    while (line < end) {
      int next = Newlines.first(bytes, line, end) + 1;
      left -= next - line + prefixBytes + COUNT_BYTES;
      if (left < 0 && count > 0) {
        break;
      }
      line = next;
      count++;
    }
    end = line;
    lines = count;
  }

  /** Shows lines of it one by one, to listeners. */
  @Nullable LogLine view;

  /** Keeps no segment alive. */
  void clear() {
    bytes = Segment.NO_BYTES;
    prefix = null;
  }
}
