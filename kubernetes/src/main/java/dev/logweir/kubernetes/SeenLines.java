package dev.logweir.kubernetes;

import java.util.ArrayDeque;

/**
 * Which lines of the last second came already, by time and checksum: a log can be asked for from a
 * second on only. Holds at most {@value #MAX_LINES} lines of a second; of more it knows the number.
 */
final class SeenLines {
  static final int MAX_LINES = 4_096;

  private final ArrayDeque<Long> last = new ArrayDeque<>();
  private final ArrayDeque<Long> expected = new ArrayDeque<>();

  /** Lines of the second before those in {@link #last}. */
  private long evicted;

  private long toSkip;
  private String second = "";
  private boolean resumed;
  private boolean lost;

  /**
   * Returns the second from which on the log is to be asked for, or an empty text for all of it.
   */
  String second() {
    return second;
  }

  /** The log comes anew from {@link #second()} on. */
  void resume() {
    resumed = !second.isEmpty();
    lost = false;
    toSkip = evicted;
    expected.clear();
    expected.addAll(last);
  }

  /**
   * Returns whether a line is a new one, and remembers it if so.
   *
   * @param time as the server wrote it, with the second in its first 19 characters
   */
  boolean isNew(String time, long checksum) {
    String its = time.length() < 19 ? second : time.substring(0, 19) + "Z";
    long key = 31 * checksum + time.hashCode();
    if (resumed && its.compareTo(second) <= 0) {
      if (toSkip > 0) {
        toSkip--;
        return false;
      }
      if (!expected.isEmpty() && expected.removeFirstOccurrence(key)) {
        return false;
      }
    }
    if (toSkip > 0 || !expected.isEmpty()) {
      // What came before is not in the log any longer: nor may be what came after it.
      lost = true;
      toSkip = 0;
      expected.clear();
    }
    int order = its.compareTo(second);
    if (order > 0) {
      second = its;
      last.clear();
      evicted = 0;
    }
    if (order >= 0) {
      last.addLast(key);
      if (last.size() > MAX_LINES) {
        last.removeFirst();
        evicted++;
      }
    }
    return true;
  }

  /** Whether lines were missing of those that came before; asked for once. */
  boolean takeLost() {
    boolean was = lost;
    lost = false;
    return was;
  }

  /** Whether all lines that came before were there again. */
  boolean isCaughtUp() {
    return toSkip == 0 && expected.isEmpty();
  }
}
