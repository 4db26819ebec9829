package dev.logweir;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The call of a sender under way: what a batch tells its shipper, and what the shipper tells the
 * sender of the job's end.
 */
final class BatchCall {
  private static final int LAST_PAUSES = 8;

  private final ReentrantLock lock;
  private final @Nullable Time time;
  private @Nullable Condition wakeUp;
  private boolean written;
  private int delivered;

  /** How often a server told that it had done something with a batch, and when it last did. */
  private int advances;

  private long advancedNanos;
  private boolean woken;
  private boolean ending;
  private long deadlineNanos;

  /**
   * @param lock the sink's
   * @param time the engine's; null for the system's
   */
  BatchCall(ReentrantLock lock, @Nullable Time time) {
    this.lock = lock;
    this.time = time;
  }

  /** Begins a call: nothing is written yet. */
  void begin() {
    lock.lock();
    try {
      written = false;
      delivered = 0;
    } finally {
      lock.unlock();
    }
  }

  void written() {
    lock.lock();
    try {
      written = true;
    } finally {
      lock.unlock();
    }
  }

  /** Takes {@link #written} back: the server told what became of it. */
  void answered() {
    lock.lock();
    try {
      written = false;
      advance();
    } finally {
      lock.unlock();
    }
  }

  void delivered(int lines) {
    lock.lock();
    try {
      if (lines > delivered) {
        delivered = lines;
        advance();
      }
    } finally {
      lock.unlock();
    }
  }

  private void advance() {
    advances++;
    advancedNanos = nanoTime();
  }

  /** Returns how often a part of a batch was taken, or an answer came. Guarded by the lock. */
  int advances() {
    return advances;
  }

  /** Returns when that was last; of no meaning before the first. Guarded by the lock. */
  long advancedNanos() {
    return advancedNanos;
  }

  /** Returns how many of the first lines have arrived for certain. */
  int delivered() {
    lock.lock();
    try {
      return delivered;
    } finally {
      lock.unlock();
    }
  }

  /** Ends the pause under way, or the next one if there is none. */
  void wake() {
    lock.lock();
    try {
      woken = true;
      if (wakeUp != null) {
        wakeUp.signalAll(); // the sender in pause()
      }
    } finally {
      lock.unlock();
    }
  }

  boolean isWritten() {
    lock.lock();
    try {
      return written;
    } finally {
      lock.unlock();
    }
  }

  /** Wakes a sender that pauses: from now on its pauses are cut to the time left. */
  void beginEnd(long deadline) {
    lock.lock();
    try {
      ending = true;
      deadlineNanos = deadline;
      if (wakeUp != null) {
        wakeUp.signalAll(); // the sender in pause()
      }
    } finally {
      lock.unlock();
    }
  }

  Optional<Duration> timeLeft() {
    lock.lock();
    try {
      return ending
          ? Optional.of(Duration.ofNanos(Math.max(0, deadlineNanos - nanoTime())))
          : Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  void pause(Duration pause) throws InterruptedException {
    long left = TimeUnit.NANOSECONDS.convert(pause);
    lock.lockInterruptibly();
    try {
      if (wakeUp == null) {
        wakeUp = lock.newCondition();
      }
      boolean beganWithin = !ending;
      if (ending) {
        left = Math.min(left, Math.max(0, deadlineNanos - nanoTime()) / LAST_PAUSES);
      }
      while (left > 0 && !woken && !(beganWithin && ending)) {
        left = wakeUp.awaitNanos(left);
      }
      woken = false;
    } finally {
      lock.unlock();
    }
  }

  private long nanoTime() {
    return time == null ? System.nanoTime() : time.nanoTime();
  }
}
