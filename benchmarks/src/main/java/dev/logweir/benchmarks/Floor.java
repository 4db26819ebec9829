package dev.logweir.benchmarks;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What nobody can do without: one copy of the bytes, and one scan of them for line ends.
 *
 * <p>Chunks go to one buffer of {@value Workload#CHUNK} bytes, which stays in the nearest cache,
 * and are scanned there.
 */
final class Floor {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LINE_ENDS = 0x0A0A0A0A0A0A0A0AL;
  private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;

  /** Bytes taken in one step: the marks of eight words go side by side into one. */
  private static final int STEP = 8 * Long.BYTES;

  private final byte[] buffer = new byte[Workload.CHUNK];

  /** Copies the bytes chunk by chunk and returns the last byte of the last one. */
  byte copy(byte[] source) {
    for (int at = 0; at < source.length; at += Workload.CHUNK) {
      System.arraycopy(source, at, buffer, 0, Workload.CHUNK);
    }
    return buffer[buffer.length - 1];
  }

  /** Copies the bytes chunk by chunk and returns the number of line ends in the copies. */
  int copyAndCount(byte[] source) {
    int count = 0;
    for (int at = 0; at < source.length; at += Workload.CHUNK) {
      System.arraycopy(source, at, buffer, 0, Workload.CHUNK);
      count += count(buffer);
    }
    return count;
  }

  /**
   * Copies the bytes chunk by chunk and returns the sum of the places of all line ends in their
   * chunks.
   */
  int copyAndFind(byte[] source) {
    int sum = 0;
    for (int at = 0; at < source.length; at += Workload.CHUNK) {
      System.arraycopy(source, at, buffer, 0, Workload.CHUNK);
      sum += find(buffer);
    }
    return sum;
  }

  /** Returns the number of line ends. The length must be a multiple of 64. */
  static int count(byte[] bytes) {
    return count(bytes, 0, bytes.length);
  }

  /** Returns the number of line ends in a range, whose length must be a multiple of 64. */
  static int count(byte[] bytes, int from, int to) {
    int count = 0;
    for (int at = from; at < to; at += STEP) {
      count += Long.bitCount(ends(bytes, at));
    }
    return count;
  }

  /** Returns the sum of the indices of all line ends. The length must be a multiple of 64. */
  static int find(byte[] bytes) {
    int sum = 0;
    for (int at = 0; at < bytes.length; at += STEP) {
      long ends = ends(bytes, at);
      while (ends != 0) {
        int bit = Long.numberOfTrailingZeros(ends);
        sum += at + ((bit & 7) << 3) + (bit >>> 3);
        ends &= ends - 1;
      }
    }
    return sum;
  }

  /**
   * Returns a word with a bit for each line end among 64 bytes: byte i of word w has bit 8 i + w.
   */
  private static long ends(byte[] bytes, int index) {
    return ~(others(bytes, index) >>> 7
        | others(bytes, index + 8) >>> 6
        | others(bytes, index + 16) >>> 5
        | others(bytes, index + 24) >>> 4
        | others(bytes, index + 32) >>> 3
        | others(bytes, index + 40) >>> 2
        | others(bytes, index + 48) >>> 1
        | others(bytes, index + 56));
  }

  /** Returns a word with the high bit of each byte that is no line end set, and no other bit. */
  private static long others(byte[] bytes, int index) {
    long word = (long) LONGS.get(bytes, index) ^ LINE_ENDS;
    return ((word & LOW_BITS) + LOW_BITS | word) & ~LOW_BITS;
  }
}
