package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.OutputStream;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The buffer of {@link PlainPort}: a growing byte array with a cap, one lock, a line at a time
 * taken out.
 */
final class PlainBuffer extends OutputStream {
  private static final int FIRST_SIZE = 4 << 10;

  private final int cap;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition roomFreed = lock.newCondition();
  private byte[] bytes = new byte[FIRST_SIZE];
  private int start;
  private int end;
  private long dropped;

  PlainBuffer(int cap) {
    this.cap = cap;
  }

  @Override
  public void write(int b) {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) {
    lock.lock();
    try {
      int taken = Math.min(length, cap - (end - start));
      makeRoom(taken);
      System.arraycopy(source, offset, bytes, end, taken);
      end += taken;
      dropped += length - taken;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until that many bytes fit, which must be at most half of the cap. */
  void awaitRoom(int length) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (cap - (end - start) < length) {
        roomFreed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  void signalRoom() {
    lock.lock();
    try {
      roomFreed.signalAll(); // the writer in awaitRoom
    } finally {
      lock.unlock();
    }
  }

  /** Returns the next line without its end, or null if no whole line is there. */
  @Nullable String takeLine() {
    lock.lock();
    try {
      int lineEnd = start;
      while (lineEnd < end && bytes[lineEnd] != '\n') {
        lineEnd++;
      }
      if (lineEnd == end) {
        return null;
      }
      String line = new String(bytes, start, lineEnd - start, UTF_8);
      start = lineEnd + 1;
      return line;
    } finally {
      lock.unlock();
    }
  }

  /** Returns what is left. */
  String takeRest() {
    lock.lock();
    try {
      String rest = new String(bytes, start, end - start, UTF_8);
      start = end;
      return rest;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of bytes held. */
  int size() {
    lock.lock();
    try {
      return end - start;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the number of bytes for which there was no room. */
  long dropped() {
    lock.lock();
    try {
      return dropped;
    } finally {
      lock.unlock();
    }
  }

  private void makeRoom(int length) {
    if (bytes.length - end >= length) {
      return;
    }
    int held = end - start;
    byte[] target = bytes;
    if (held + length > bytes.length) {
      target = new byte[Math.min(cap, Math.max(2 * bytes.length, held + length))];
    }
    System.arraycopy(bytes, start, target, 0, held);
    bytes = target;
    start = 0;
    end = held;
  }
}
