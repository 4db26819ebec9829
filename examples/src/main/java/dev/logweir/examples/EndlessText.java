package dev.logweir.examples;

import java.io.InputStream;

/** The same text over and over, until it is ended by another thread. */
final class EndlessText extends InputStream {
  private final byte[] text;
  private int next;
  private volatile boolean ended;

  EndlessText(byte[] text) {
    this.text = text;
  }

  void end() {
    ended = true;
  }

  @Override
  public int read() {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) {
    if (ended) {
      return -1;
    }
    int count = Math.min(length, text.length - next);
    System.arraycopy(text, next, target, offset, count);
    next = (next + count) % text.length;
    return count;
  }
}
