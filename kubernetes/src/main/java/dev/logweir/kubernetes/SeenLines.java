package dev.logweir.kubernetes;

import java.time.Instant;

/**
 * Which lines of the last seconds came already: a log can be asked for from a second on only. Holds
 * at most {@value #MAX_LINES} lines; of those before them in the same seconds it knows the number.
 *
 * <p>The log is asked for from some seconds before its newest line on, as a line that came later
 * may have an earlier time: the clock of a node is set back, or its two streams are timed apart.
 */
final class SeenLines {
  /*
   * What came is in the order of the file, and so is what comes again: the lines of the seconds
   * asked for, in that order, less what was rotated away before the first of them. So a place in the
   * ring is all that has to be kept. If the last line that came is found again, nothing between it
   * and the next one is missing.
   */

  static final int MAX_LINES = 4_096;

  /** By how much earlier than the newest a line may be and still be found after a cut. */
  static final int OVERLAP_SECONDS = 5;

  /** The arrays, with their headers. */
  static final int BYTES = 2 * 8 * MAX_LINES + (1 << 10);

  private static final int SLOTS = OVERLAP_SECONDS + 1;

  /** A ring: the last lines in the order in which they came. */
  private final long[] keys = new long[MAX_LINES];

  private final long[] seconds = new long[MAX_LINES];
  private int first;
  private int count;

  /** How many lines of each of the last seconds are in the ring no longer, by second. */
  private final long[] evicted = new long[SLOTS];

  private boolean any;
  private long newestSecond;
  private int newestNanos;

  /** Lines that are to come again before those in the ring. */
  private long toSkip;

  /** How many lines at the end of the ring are to come again. */
  private int expected;

  /** Whether one of the expected lines came again. */
  private boolean found;

  /** Whether a line came that would not come again. */
  private boolean early;

  /** Whether the line that came last is in the ring. */
  private boolean keptLast;

  private boolean lost;

  /** Returns the time from which on the log is to be asked for, or an empty text for all of it. */
  String since() {
    return any ? Instant.ofEpochSecond(from()).toString() : "";
  }

  private long from() {
    return newestSecond - OVERLAP_SECONDS;
  }

  /** The log comes anew from {@link #since()} on. */
  void resume() {
    lost |= early;
    early = false;
    found = false;
    toSkip = 0;
    for (long lines : evicted) {
      toSkip += lines;
    }
    expected = count;
    dropExpected(0);
  }

  /** Takes lines off those expected, and then those which the log is not asked for. */
  private void dropExpected(int lines) {
    expected -= lines;
    while (expected > 0 && seconds[ring(count - expected)] < from()) {
      expected--;
    }
  }

  private int ring(int index) {
    return (first + index) % MAX_LINES;
  }

  /** Returns whether a line is a new one, and remembers it if so. */
  boolean isNew(long second, int nanos, long checksum) {
    long key = (checksum << 32 ^ nanos) * 31 + second;
    boolean later =
        !any || second > newestSecond || (second == newestSecond && nanos > newestNanos);
    if (expected > 0) {
      if (!later && cameBefore(key)) {
        return false;
      }
      // What came last is not in the log any longer: nor may be what came after it.
      lost = true;
      toSkip = 0;
      expected = 0;
    }
    if (later) {
      advance(second, nanos);
    }
    keptLast = second >= from();
    if (keptLast) {
      add(key, second);
    } else {
      early = true;
    }
    return true;
  }

  private boolean cameBefore(long key) {
    if (toSkip > 0 && key != keys[ring(count - 1)]) {
      toSkip--;
      return true;
    }
    toSkip = 0;
    for (int i = count - expected; i < count; i++) {
      if (keys[ring(i)] == key && seconds[ring(i)] >= from()) {
        lost |= found && i > count - expected;
        found = true;
        dropExpected(i + 1 - (count - expected));
        return true;
      }
    }
    return false;
  }

  private void advance(long second, int nanos) {
    long cleared = any ? Math.max(newestSecond + 1, second - OVERLAP_SECONDS) : second + 1;
    for (; cleared <= second; cleared++) {
      evicted[slot(cleared)] = 0;
    }
    any = true;
    newestSecond = second;
    newestNanos = nanos;
  }

  private static int slot(long second) {
    return (int) Math.floorMod(second, (long) SLOTS);
  }

  private void add(long key, long second) {
    if (count == MAX_LINES) {
      if (seconds[first] >= from()) {
        evicted[slot(seconds[first])]++;
      }
      first = ring(1);
      count--;
    }
    keys[ring(count)] = key;
    seconds[ring(count)] = second;
    count++;
  }

  /** The line that came last was cut within: it is to come again as a new one. */
  void forgetLast() {
    if (keptLast) {
      keptLast = false;
      count--;
    }
  }

  /** Whether lines may be missing before the one that came last; asked for once. */
  boolean takeLost() {
    boolean was = lost;
    lost = false;
    return was;
  }

  /** Whether the last line that came before was there again. */
  boolean isCaughtUp() {
    return expected == 0 && !lost;
  }
}
