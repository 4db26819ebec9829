package dev.logweir.benchmarks;

import java.util.SplittableRandom;

/**
 * The number of bytes and a sum of a random number for each, whatever their order: tells whether
 * the same bytes arrived. One thread at a time.
 */
final class ByteSum {
  private static final int VALUES = 256;
  private static final long[] TERMS = new SplittableRandom(7).longs(VALUES).toArray();

  private long bytes;
  private long sum;

  ByteSum() {}

  void add(byte[] source, int from, int to) {
    long result = sum;
    for (int i = from; i < to; i++) {
      result += TERMS[source[i] & 0xFF];
    }
    sum = result;
    bytes += to - from;
  }

  Value value() {
    return new Value(bytes, sum);
  }

  /** What was added up. */
  record Value(long bytes, long sum) {
    Value times(long factor) {
      return new Value(bytes * factor, sum * factor);
    }
  }
}
