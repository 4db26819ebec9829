package dev.logweir.benchmarks;

import java.util.Arrays;

/** Cuts chunks into lines, as every program that takes a line at a time must. */
final class LineSplitter {
  private final Target target;
  private byte[] begun = new byte[1 << 10];
  private int held;

  /** Takes a line without its line end; the bytes are its own only during the call. */
  @FunctionalInterface
  interface Target {
    void line(byte[] bytes, int offset, int length) throws InterruptedException;
  }

  LineSplitter(Target target) {
    this.target = target;
  }

  void write(byte[] bytes, int offset, int length) throws InterruptedException {
    int end = offset + length;
    int from = offset;
    for (int at = offset; at < end; at++) {
      if (bytes[at] == '\n') {
        if (held == 0) {
          target.line(bytes, from, at - from);
        } else {
          hold(bytes, from, at - from);
          target.line(begun, 0, held);
          held = 0;
        }
        from = at + 1;
      }
    }
    hold(bytes, from, end - from);
  }

  private void hold(byte[] bytes, int offset, int length) {
    if (begun.length - held < length) {
      begun = Arrays.copyOf(begun, 2 * (held + length));
    }
    System.arraycopy(bytes, offset, begun, held, length);
    held += length;
  }
}
