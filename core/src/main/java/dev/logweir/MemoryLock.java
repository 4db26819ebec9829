package dev.logweir;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.AbstractQueuedSynchronizer;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A reentrant lock that can always be had, also where there is no memory for the node in which a
 * thread waits for it: the lock of the JDK then throws, which would leave half done what needs
 * several locks. It is one object, where that is two: an idle job has six.
 */
final class MemoryLock extends AbstractQueuedSynchronizer implements Lock {
  private static final long serialVersionUID = 1L;
  private static final long PAUSE_NANOS = 100_000L;

  /** How long a thread looks away that could not wait for a signal, or had no memory. */
  private static final long MISSED_NANOS = 10_000_000L;

  private final LockOrder.Level level;

  MemoryLock(LockOrder.Level level) {
    this.level = level;
  }

  // ---- what the queue of waiting threads asks; the state is how often the owner has it ----

  @Override
  protected boolean tryAcquire(int once) {
    Thread self = Thread.currentThread();
    if (getExclusiveOwnerThread() == self) {
      setState(getState() + once);
      return true;
    }
    if (getState() == 0 && compareAndSetState(0, once)) {
      setExclusiveOwnerThread(self);
      return true;
    }
    return false;
  }

  @Override
  protected boolean tryRelease(int once) {
    if (getExclusiveOwnerThread() != Thread.currentThread()) {
      throw new IllegalMonitorStateException();
    }
    int left = getState() - once;
    if (left == 0) {
      setExclusiveOwnerThread(null);
    }
    setState(left);
    return left == 0;
  }

  @Override
  protected boolean isHeldExclusively() {
    return getExclusiveOwnerThread() == Thread.currentThread();
  }

  // ---- the lock ----

  @Override
  public void lock() {
    assert LockOrder.CHECK.mayTake(level, isHeldExclusively());
    boolean held = tryAcquire(1);
    while (!held) {
      try {
        acquire(1);
        held = true;
      } catch (OutOfMemoryError ignored) {
        LockSupport.parkNanos(PAUSE_NANOS); // who holds it is not waiting for memory
      }
    }
    assert LockOrder.CHECK.taken(level);
  }

  @Override
  public void lockInterruptibly() throws InterruptedException {
    assert LockOrder.CHECK.mayTake(level, isHeldExclusively());
    boolean held = false;
    while (!held) {
      try {
        acquireInterruptibly(1);
        held = true;
      } catch (OutOfMemoryError ignored) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    assert LockOrder.CHECK.taken(level);
  }

  @Override
  public boolean tryLock() {
    boolean had = tryAcquire(1);
    assert !had || LockOrder.CHECK.taken(level);
    return had;
  }

  @Override
  public boolean tryLock(long time, TimeUnit unit) throws InterruptedException {
    assert LockOrder.CHECK.mayTake(level, isHeldExclusively());
    boolean had = tryAcquireNanos(1, unit.toNanos(time));
    assert !had || LockOrder.CHECK.taken(level);
    return had;
  }

  @Override
  public void unlock() {
    release(1);
    assert LockOrder.CHECK.givenBack(level);
  }

  @Override
  public Condition newCondition() {
    return new ConditionObject();
  }

  /** Waits a moment, in which there may be memory again. Not under a lock. */
  static void awaitMemory() {
    LockSupport.parkNanos(MISSED_NANOS);
  }

  /** Returns a condition of this lock, null if there is no memory for it. */
  @Nullable Condition condition() {
    try {
      return newCondition();
    } catch (OutOfMemoryError ignored) {
      return null;
    }
  }

  /**
   * Waits for a signal of this lock's condition; may return without one, as any such wait.
   *
   * @param condition null if there was no memory for one
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  @SuppressWarnings("WaitNotInLoop") // its callers loop
  void await(@Nullable Condition condition) throws InterruptedException {
    if (condition == null) {
      lookAway(MISSED_NANOS);
      return;
    }
    try {
      condition.await();
    } catch (OutOfMemoryError ignored) {
      lookAway(MISSED_NANOS);
    }
  }

  /**
   * Waits for a signal of this lock's condition, at most so long; may return without one.
   *
   * @return the nanoseconds left, 0 or less if there are none
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  @SuppressWarnings("WaitNotInLoop") // its callers loop
  long awaitNanos(@Nullable Condition condition, long nanos) throws InterruptedException {
    if (condition != null) {
      try {
        return condition.awaitNanos(nanos);
      } catch (OutOfMemoryError ignored) {
        // it still has the lock, and looks away instead
      }
    }
    long pause = Math.min(nanos, MISSED_NANOS);
    lookAway(pause);
    return nanos - pause;
  }

  private void lookAway(long nanos) throws InterruptedException {
    unlock();
    try {
      LockSupport.parkNanos(nanos);
    } finally {
      lock();
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }
}
