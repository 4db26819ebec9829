package dev.logweir;

import java.util.Map;

/** What was dropped, by reason. Guarded by its owner's lock; takes room from the first drop on. */
final class DropTallies {
  private static final long[] NONE = {};
  private long[] counts = NONE;

  void add(DropReason reason, long lines, long bytes) {
    if (counts.length == 0) {
      counts = new long[2 * DropReason.ALL.length];
    }
    counts[2 * reason.ordinal()] += lines;
    counts[2 * reason.ordinal() + 1] += bytes;
  }

  /** Returns all but what came after the end. */
  Tally total() {
    long lines = 0;
    long bytes = 0;
    for (int i = 0; i < counts.length; i += 2) {
      lines += counts[i];
      bytes += counts[i + 1];
    }
    return new Tally(lines, bytes);
  }

  void addTo(Map<DropReason, Tally> sums) {
    for (DropReason reason : DropReason.ALL) {
      int i = 2 * reason.ordinal();
      if (counts.length > 0 && (counts[i] | counts[i + 1]) != 0) {
        sums.merge(reason, new Tally(counts[i], counts[i + 1]), Tally::plus);
      }
    }
  }
}
