package dev.logweir.examples;

import java.util.Arrays;

/**
 * What was retained over a whole run, in at most {@value #POINTS} points: each is the most of its
 * time, and where they run out, every two become one of twice the time. Not thread-safe.
 */
final class MemoryHistory {
  static final int POINTS = 240;

  private final long[] points = new long[POINTS];
  private int count;
  private int looksAPoint = 1;
  private int looks;

  /** Notes one look, taken at the same distance from the last one as all others. */
  void add(long bytes) {
    if (looks == 0) {
      if (count == POINTS) {
        halve();
      }
      points[count++] = bytes;
    } else {
      points[count - 1] = Math.max(points[count - 1], bytes);
    }
    looks = (looks + 1) % looksAPoint;
  }

  private void halve() {
    for (int i = 0; i < POINTS / 2; i++) {
      points[i] = Math.max(points[2 * i], points[2 * i + 1]);
    }
    count = POINTS / 2;
    looksAPoint *= 2;
  }

  /** How many looks one point stands for. */
  int looksAPoint() {
    return looksAPoint;
  }

  /** Returns the points in bytes, the oldest first. */
  long[] points() {
    return Arrays.copyOf(points, count);
  }
}
