package dev.logweir;

import java.util.Map;

/**
 * What was dropped, by reason. Guarded by its owner's lock; takes room from the first drop on.
 * Counting never fails: where there is no room for the reasons, all counts as {@code memory}.
 */
final class DropTallies {
  private static final long[] NONE = {};
  private long[] counts = NONE;

  /** What was dropped when there was no memory for the counts. */
  private long uncountedLines;

  private long uncountedBytes;

  /** Counts a drop, and returns the reason under which it was counted. */
  DropReason add(DropReason reason, long lines, long bytes) {
    if (counts.length == 0 && !makeRoom()) {
      uncountedLines += lines;
      uncountedBytes += bytes;
      return DropReason.MEMORY;
    }
    counts[2 * reason.ordinal()] += lines;
    counts[2 * reason.ordinal() + 1] += bytes;
    return reason;
  }

  private boolean makeRoom() {
    try {
      long[] room = new long[2 * DropReason.ALL.length];
      room[2 * DropReason.MEMORY.ordinal()] = uncountedLines;
      room[2 * DropReason.MEMORY.ordinal() + 1] = uncountedBytes;
      counts = room;
      uncountedLines = 0;
      uncountedBytes = 0;
      return true;
    } catch (OutOfMemoryError ignored) {
      return false;
    }
  }

  long lines() {
    long lines = uncountedLines;
    for (int i = 0; i < counts.length; i += 2) {
      lines += counts[i];
    }
    return lines;
  }

  long bytes() {
    long bytes = uncountedBytes;
    for (int i = 1; i < counts.length; i += 2) {
      bytes += counts[i];
    }
    return bytes;
  }

  /** Returns all but what came after the end. */
  Tally total() {
    long lines = uncountedLines;
    long bytes = uncountedBytes;
    for (int i = 0; i < counts.length; i += 2) {
      lines += counts[i];
      bytes += counts[i + 1];
    }
    return new Tally(lines, bytes);
  }

  void addTo(Map<DropReason, Tally> sums) {
    if ((uncountedLines | uncountedBytes) != 0) {
      sums.merge(DropReason.MEMORY, new Tally(uncountedLines, uncountedBytes), Tally::plus);
    }
    for (DropReason reason : DropReason.ALL) {
      int i = 2 * reason.ordinal();
      if (counts.length > 0 && (counts[i] | counts[i + 1]) != 0) {
        sums.merge(reason, new Tally(counts[i], counts[i + 1]), Tally::plus);
      }
    }
  }
}
