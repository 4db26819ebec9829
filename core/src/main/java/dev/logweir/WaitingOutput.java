package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Objects;

/**
 * A view of a stream whose writes wait for room instead of dropping. While one waits, it has no
 * lock; of several, one goes whole before the next.
 */
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
    int left = writeAll(bytes, offset, offset + length);
    if (left > 0) {
      // The flag is set again already: who looks at it and who catches this both know.
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while waiting for room in a log");
      interrupted.bytesTransferred = length - left;
      throw interrupted;
    }
  }

  /**
   * Takes all bytes, waiting for room where there is none, or until the stream is closed.
   *
   * @return how many were not taken as the thread was interrupted, which it then is again
   */
  int writeAll(byte[] bytes, int offset, int end) {
    if (buffer.isWithinJob()) {
      buffer.write(bytes, offset, end - offset); // it would wait for itself
      return 0;
    }
    MemoryBudget.Waiter wake = new MemoryBudget.Waiter(this::budgetGiven);
    int from = offset;
    boolean turn = false;
    try {
      turn = buffer.beginTurn();
      while (from < end) {
        int to = buffer.isWatched() ? buffer.plainEnd(bytes, from, end) : end;
        if (to == from) {
          from = takeWatched(bytes, from, end, wake);
        }
        while (from < to) {
          from = buffer.writeDirect(bytes, from, to);
          if (from < to) {
            from = writeWithin(bytes, from, to, wake);
          }
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      buffer.forget(wake);
      if (turn) {
        buffer.endTurn();
      }
    }
    return end - from;
  }

  /** Takes what may be of the job's marker; returns where it ends. */
  private int takeWatched(byte[] bytes, int from, int end, MemoryBudget.Waiter wake) {
    SafeBuffer.Watched taken = buffer.takeWatched(bytes, from, end);
    byte[] letGo = taken.letGo();
    int written = 0;
    try {
      while (written < letGo.length) {
        written = buffer.writeDirect(letGo, written, letGo.length);
        if (written < letGo.length) {
          written = writeWithin(letGo, written, letGo.length, wake);
        }
      }
    } catch (InterruptedException e) {
      // Who wrote them was told that they were taken.
      buffer.addNow(letGo, written, letGo.length);
      Thread.currentThread().interrupt();
    }
    return taken.end();
  }

  private int writeWithin(byte[] bytes, int from, int length, MemoryBudget.Waiter wake)
      throws InterruptedException {
    boolean ask;
    int end;
    buffer.lock.lockInterruptibly();
    try {
      end = from + awaitRoom(length - from, wake);
      ask = buffer.acceptWaited(bytes, from, end);
    } finally {
      buffer.lock.unlock();
    }
    if (ask) {
      buffer.requestDrain();
    }
    return end;
  }

  /** Waits for room; returns for how many of the bytes. */
  @GuardedBy("buffer.lock")
  private int awaitRoom(int bytes, MemoryBudget.Waiter wake) throws InterruptedException {
    while (!buffer.isClosed()) {
      buffer.whenGiven(wake); // before the look, so that nothing given after it is missed
      int room = buffer.reserve(bytes);
      if (room > 0) {
        return room;
      }
      buffer.awaitRoom();
    }
    return bytes;
  }

  private void budgetGiven() {
    // The giver may hold another place's lock: it must not wait for this one.
    buffer.requestDrain();
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
