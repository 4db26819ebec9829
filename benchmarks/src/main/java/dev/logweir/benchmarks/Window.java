package dev.logweir.benchmarks;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Holds one writer back to a number of lines that have not arrived yet, so that a library which
 * drops what does not fit loses nothing. A writer that had to wait goes on when half of them have
 * arrived, so that it does not wake for each send.
 */
final class Window {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(60);

  private final long limit;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition moved = lock.newCondition();
  private long ended;
  private volatile long arrived;
  private long begun;

  Window(long limit) {
    this.limit = limit;
  }

  /** Returns one that never holds back. */
  static Window open() {
    return new Window(Long.MAX_VALUE);
  }

  /** Waits for room for a line. */
  void begin() throws InterruptedException {
    if (begun - arrived >= limit) {
      awaitOnTheWay(limit / 2);
    }
    begun++;
  }

  /** Tells that lines arrived, on the sender's thread. */
  void end(long lines) {
    lock.lock();
    try {
      ended += lines;
      arrived = ended;
      moved.signalAll(); // the writer in awaitOnTheWay
    } finally {
      lock.unlock();
    }
  }

  /** Waits until all lines have arrived. */
  void awaitAll() throws InterruptedException {
    awaitOnTheWay(0);
  }

  private void awaitOnTheWay(long most) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = PATIENCE;
      while (begun - arrived > most) {
        if (left <= 0) {
          throw new IllegalStateException("only " + arrived + " of " + begun + " lines arrived");
        }
        left = moved.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
