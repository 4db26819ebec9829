package dev.logweir;

import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/** A view of a stream whose writes wait for room instead of dropping. */
final class WaitingOutput extends OutputStream {
  private final SafeBuffer buffer;

  WaitingOutput(SafeBuffer buffer) {
    this.buffer = buffer;
  }

  @Override
  public void write(int b) throws InterruptedIOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedIOException {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int left = buffer.writeWaiting(bytes, offset, offset + length);
    if (left > 0) {
      // The flag is set again already: who looks at it and who catches this both know.
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while waiting for room in a log");
      interrupted.bytesTransferred = length - left;
      throw interrupted;
    }
  }

  @Override
  public void close() {
    buffer.close();
  }

  @Override
  public String toString() {
    return "waiting " + buffer;
  }
}
