package dev.logweir.examples;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** How fast all jobs together are read. Thread-safe. */
final class Pace {
  private static final int MAX_STEP_BYTES = 4096;
  private static final int STEPS_PER_SECOND = 100;

  private final ReentrantLock lock = new ReentrantLock();
  private final CountDownLatch lifted = new CountDownLatch(1);
  private final long bytesPerSecond;
  private final int stepBytes;
  private long nextNanos = System.nanoTime();

  Pace(long bytesPerSecond) {
    this.bytesPerSecond = bytesPerSecond;
    stepBytes = (int) Math.max(1, Math.min(MAX_STEP_BYTES, bytesPerSecond / STEPS_PER_SECOND));
  }

  /** From now on nobody waits. */
  void lift() {
    lifted.countDown();
  }

  InputStream slow(InputStream in) {
    return new FilterInputStream(in) {
      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) == -1 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = in.read(bytes, offset, Math.min(length, stepBytes));
        if (count > 0) {
          take(count);
        }
        return count;
      }
    };
  }

  private void take(int bytes) throws InterruptedIOException {
    long wait;
    lock.lock();
    try {
      long now = System.nanoTime();
      if (nextNanos - now < 0) {
        nextNanos = now;
      }
      wait = nextNanos - now;
      nextNanos += bytes * 1_000_000_000L / bytesPerSecond;
    } finally {
      lock.unlock();
    }
    try {
      boolean unused = lifted.await(wait, TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException();
    }
  }
}
