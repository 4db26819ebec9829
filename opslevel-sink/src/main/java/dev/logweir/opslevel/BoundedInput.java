package dev.logweir.opslevel;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** A stream that refuses to be read beyond a number of bytes. */
final class BoundedInput extends FilterInputStream {
  private int left;

  BoundedInput(InputStream in, int maxBytes) {
    super(in);
    left = maxBytes;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    // One byte beyond the bound tells a stream that ends there from one that does not.
    int count = in.read(target, offset, Math.min(length, left + 1));
    if (count > left) {
      throw new TooLongException();
    }
    left -= Math.max(0, count);
    return count;
  }

  /** Reads on to the end, or to the bound. */
  void drain() throws IOException {
    byte[] rest = new byte[1024];
    try {
      while (read(rest, 0, rest.length) >= 0) {
        // goes on
      }
    } catch (TooLongException ignored) {
      // the rest is not wanted
    }
  }

  /** Closed by its owner: closing it would read on to the end. */
  @Override
  public void close() {
    // see above
  }

  static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;
  }
}
