package dev.logweir;

/** What was dropped at one place of the log, for its marker. */
final class GapTally {
  long lines;
  long bytes;
  int reasons;

  boolean isEmpty() {
    return reasons == 0;
  }

  void add(long moreLines, long moreBytes, int moreReasons) {
    lines += moreLines;
    bytes += moreBytes;
    reasons |= moreReasons;
  }

  void add(GapTally other) {
    add(other.lines, other.bytes, other.reasons);
  }

  void clear() {
    lines = 0;
    bytes = 0;
    reasons = 0;
  }
}
