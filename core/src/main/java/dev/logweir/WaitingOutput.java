package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/**
 * A view of a stream whose writes wait for room instead of dropping. A waiting write holds no lock;
 * several do not mix.
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
      // The flag is set again already, for code that checks it and for code that catches this.
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
      turn = beginTurn();
      while (from < end) {
        int to = plainEnd(bytes, from, end);
        from = to > from ? writePlain(bytes, from, to, wake) : takeWatched(bytes, from, end, wake);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      buffer.store.account.forget(wake);
      if (turn) {
        endTurn();
      }
    }
    return end - from;
  }

  private boolean beginTurn() throws InterruptedException {
    buffer.store.lock.lockInterruptibly();
    try {
      return buffer.store.waiting().begin();
    } finally {
      buffer.store.lock.unlock();
    }
  }

  private void endTurn() {
    buffer.store.lock.lock();
    try {
      buffer.store.waiting().end();
    } finally {
      buffer.store.lock.unlock();
    }
  }

  /**
   * Takes bytes in which there is nothing of a marker, as far as there is room; waits if there is
   * none. Returns where what it took ends.
   */
  private int writePlain(byte[] bytes, int from, int end, MemoryBudget.Waiter wake)
      throws InterruptedException {
    int passed = buffer.writeDirect(bytes, from, end);
    return passed > from ? passed : writeWithin(bytes, from, end, wake);
  }

  /** Returns where what can be no marker ends. */
  private int plainEnd(byte[] bytes, int from, int end) {
    ExitScan scan = buffer.exit;
    if (scan == null) {
      return end;
    }
    buffer.store.lock.lock();
    try {
      return buffer.plainEnd(scan, bytes, from, end);
    } finally {
      buffer.store.lock.unlock();
    }
  }

  /** Takes what may be of the job's marker; returns where it ends. */
  private int takeWatched(byte[] bytes, int from, int end, MemoryBudget.Waiter wake) {
    ExitScan scan = Objects.requireNonNull(buffer.exit);
    byte[] letGo = Segment.NO_BYTES;
    boolean marker = false;
    int at = from;
    buffer.store.lock.lock();
    try {
      if (buffer.plainEnd(scan, bytes, from, end) == from) {
        at = scan.take(bytes, from, end);
        if (scan.isDecided()) {
          marker = buffer.takeMarker(scan);
          letGo = Arrays.copyOf(scan.held(), scan.letGo());
        }
      }
    } finally {
      buffer.store.lock.unlock();
    }
    if (marker) {
      buffer.requestDrain();
    }
    writeLetGo(letGo, wake);
    return at;
  }

  /** Writes what was held back and is no marker. */
  private void writeLetGo(byte[] bytes, MemoryBudget.Waiter wake) {
    int written = 0;
    try {
      while (written < bytes.length) {
        written = writePlain(bytes, written, bytes.length, wake);
      }
    } catch (InterruptedException e) {
      // Their writer was told that they were taken.
      boolean ask;
      buffer.store.lock.lock();
      try {
        ask = buffer.addWaited(bytes, written, bytes.length);
      } finally {
        buffer.store.lock.unlock();
      }
      if (ask) {
        buffer.requestDrain();
      }
      Thread.currentThread().interrupt();
    }
  }

  private int writeWithin(byte[] bytes, int from, int length, MemoryBudget.Waiter wake)
      throws InterruptedException {
    boolean ask;
    int end;
    buffer.store.lock.lockInterruptibly();
    try {
      end = from + awaitRoom(length - from, wake);
      ask = buffer.addWaited(bytes, from, end);
    } finally {
      buffer.store.lock.unlock();
    }
    if (ask) {
      buffer.requestDrain();
    }
    return end;
  }

  /** Waits for room; returns for how many of the bytes. */
  @GuardedBy("buffer.store.lock")
  private int awaitRoom(int bytes, MemoryBudget.Waiter wake) throws InterruptedException {
    while (!buffer.store.isClosed()) {
      buffer.store.account.whenGiven(
          wake); // before the look, so that nothing given after it is missed
      Room room = buffer.store.reserve(bytes);
      int taken = Math.min(buffer.store.room(), bytes);
      if (taken > 0) {
        return taken;
      }
      buffer.store.waiting().await(room != Room.NO_MEMORY);
    }
    return bytes;
  }

  private void budgetGiven() {
    // The thread that gives back may hold another place's lock: it must not wait for this one.
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
