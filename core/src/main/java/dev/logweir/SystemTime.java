package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The system's time, with one thread for all timers.
 *
 * <p>The thread is there while it is held, and a while longer, so that setting a timer starts none.
 * A timer that is set while it is not held starts a thread if it can.
 */
final class SystemTime implements EngineTime {
  /*
   * The lock is a leaf. The thread waits by parking, which takes no memory; a call that makes
   * another timer the next one unparks it. A permit that comes before it parks makes it look once
   * more, so no wake-up is lost.
   */

  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  /** When a timer runs again that had no memory. */
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private final String threadName;
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.TIME);

  @GuardedBy("lock")
  private final TimerQueue timers = new TimerQueue();

  @GuardedBy("lock")
  private @Nullable Thread thread;

  @GuardedBy("lock")
  private int holders;

  /** Since when the thread has had nothing to wait for. */
  @GuardedBy("lock")
  private long idleSinceNanos;

  @GuardedBy("lock")
  private boolean closed;

  SystemTime(String threadName) {
    this.threadName = threadName;
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public void hold() {
    lock.lock();
    try {
      begin();
      holders++;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void release() {
    lock.lock();
    try {
      holders--;
      wake();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void set(EngineTimer timer, long delayNanos) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      timers.set(timer, System.nanoTime() + Math.max(0, delayNanos));
      if (thread == null) {
        tryToBegin();
      } else if (timers.first() == timer) {
        wake();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel(EngineTimer timer) {
    lock.lock();
    try {
      timers.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  /** The thread is not held: the next timer that is set tries again. */
  @GuardedBy("lock")
  private void tryToBegin() {
    try {
      begin();
    } catch (OutOfMemoryError ignored) {
      // The engine has no job then, and so no deadline.
    }
  }

  @GuardedBy("lock")
  private void begin() {
    if (thread == null && !closed) {
      Thread begun = DaemonThreads.thread(threadName, this::serve);
      begun.start();
      thread = begun;
      idleSinceNanos = System.nanoTime();
    }
  }

  @GuardedBy("lock")
  private void wake() {
    LockSupport.unpark(thread);
  }

  private void serve() {
    long left = 0;
    while (left >= 0) {
      if (left > 0) {
        LockSupport.parkNanos(left);
      }
      Thread.interrupted(); // or it would not wait
      left = runNext();
    }
  }

  /**
   * Runs the timer that is due; in a frame of its own, as one that waits would keep the last one
   * and so a whole job.
   *
   * @return for how long there is nothing to do; negative if the thread is to end
   */
  private long runNext() {
    EngineTimer due;
    lock.lock();
    try {
      due = timers.first();
      long now = System.nanoTime();
      if (due == null || closed) {
        return whileIdle(now);
      }
      idleSinceNanos = now;
      if (due.dueNanos - now > 0) {
        return due.dueNanos - now;
      }
      timers.remove(due);
    } finally {
      lock.unlock();
    }
    try {
      due.run();
    } catch (OutOfMemoryError e) {
      runAgain(due);
    } catch (Throwable ignored) {
      // No timer may end the thread that the others need.
    }
    return 0;
  }

  @GuardedBy("lock")
  private long whileIdle(long now) {
    long left = idleSinceNanos + IDLE_NANOS - now;
    if (closed || (holders == 0 && left <= 0)) {
      thread = null;
      return -1;
    }
    return left > 0 ? left : IDLE_NANOS;
  }

  private void runAgain(EngineTimer timer) {
    lock.lock();
    try {
      if (!TimerQueue.isSet(timer) && !closed) {
        timers.set(timer, System.nanoTime() + RETRY_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    return latch.await(nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      for (EngineTimer timer = timers.first(); timer != null; timer = timers.first()) {
        timers.remove(timer);
      }
      wake();
    } finally {
      lock.unlock();
    }
  }
}
