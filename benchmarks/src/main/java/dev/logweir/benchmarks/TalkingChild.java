package dev.logweir.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Two streams that say a text as often as they are told to, and are silent in between. While it is
 * pumped with {@code WhenFull.WAIT}, a job's lines wait in the buffers, so that every place fills.
 * Thread-safe.
 */
final class TalkingChild {
  private static final int STREAMS = 2;

  private final byte[] text;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Stream stdout = new Stream();
  private final Stream stderr = new Stream();
  private int silent;
  private boolean ended;

  TalkingChild(byte[] text) {
    this.text = text;
  }

  /** Says the text so many times more, side by side on the two streams. */
  void say(int toStdout, int toStderr) {
    lock.lock();
    try {
      stdout.left += (long) toStdout * text.length;
      stderr.left += (long) toStderr * text.length;
      silent = 0;
      changed.signalAll(); // the readers
    } finally {
      lock.unlock();
    }
  }

  /** Waits until both streams are being read and have nothing to say. */
  void awaitSilence() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (silent < STREAMS && !ended) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether both streams are being read and have nothing to say. */
  boolean isSilent() {
    lock.lock();
    try {
      return silent == STREAMS;
    } finally {
      lock.unlock();
    }
  }

  /** Ends both streams. */
  void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll(); // the readers, and who awaits silence
    } finally {
      lock.unlock();
    }
  }

  InputStream stdout() {
    return stdout;
  }

  InputStream stderr() {
    return stderr;
  }

  private final class Stream extends InputStream {
    private long left;
    private int at;

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      lock.lock();
      try {
        awaitText();
        if (left == 0) {
          return -1;
        }
        int count = Math.min(length, text.length - at);
        System.arraycopy(text, at, target, offset, count);
        at = (at + count) % text.length;
        left -= count;
        return count;
      } catch (InterruptedException e) {
        throw new InterruptedIOException();
      } finally {
        lock.unlock();
      }
    }

    private void awaitText() throws InterruptedException {
      if (left == 0 && !ended) {
        silent++;
        changed.signalAll(); // who awaits silence
        while (left == 0 && !ended) {
          changed.await();
        }
      }
    }
  }
}
