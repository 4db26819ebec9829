package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Threads that run work in the order in which it came; they begin when needed and end when idle.
 *
 * <p>A thread that does not come back is replaced: after {@link #STUCK_NANOS} if others wait for
 * it, or when it is given up.
 */
final class WorkerPool implements Worker.Source {
  /*
   * The lock is a leaf: only the timer's is taken under it, and no work runs under it. A caller
   * that hands work over may hold any other lock. A thread is made and started after it.
   *
   * How many threads there are. Work that waits may need a thread each, as a task may wait for a
   * server; or a few threads take it all in the time in which one more begins. That shows when one
   * does: so few begin at once, and each that comes looks how much was taken since it was made. If
   * that is little beside what waits, it takes a task, and two more begin. If it is much, it stands
   * by, and looks again. So while more waits than the idle and the coming ones will take, there is
   * one that looks, or as many threads as may be; and how many begin is bounded by how fast they
   * come, not by how fast work is handed over.
   *
   * A thread that is given up is counted to the owner of the call that hangs; if there is none, how
   * many are is bounded here. Both bounds are for threads that never come back: without them each would cost a
   * thread for ever.
   */

  /** Work in pieces so short that one that takes as long as this hangs. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How many threads are replaced that hang in a call without an owner. */
  private static final int MAX_GIVEN_UP = 16;

  /** After which time work that got no thread asks again. */
  static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How many threads begin at once at least, and one for so many that are there. */
  private static final int MIN_COMING = 2;

  private static final int COMING_SHARE = 4;

  /** Much was taken if no more than so many times as much waits. */
  private static final int MUCH = 8;

  /** How long one that stands by looks at the others. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final MemoryLock lock = new MemoryLock(LockOrder.Level.LEAF);
  private final Condition work = lock.newCondition();
  private final Condition look = lock.newCondition();
  private final Condition ended = lock.newCondition();
  private final ThreadFactory factory;
  private final int maxThreads;
  private final long idleNanos;
  private final @Nullable EngineTime watch;

  @GuardedBy("lock")
  private final WorkQueue queue = new WorkQueue();

  @GuardedBy("lock")
  private final Workers workers = new Workers();

  @GuardedBy("lock")
  private int idle;

  /** How many tasks were taken so far; may overflow. */
  @GuardedBy("lock")
  private int taken;

  private final EngineTimer stuckCheck =
      new EngineTimer() {
        @Override
        public void run() {
          replaceStuck();
        }
      };

  @GuardedBy("lock")
  private boolean watching;

  @GuardedBy("lock")
  private boolean closed;

  /**
   * @param watch the time by which a thread that hangs is replaced; null if threads may take as
   *     long as they like
   */
  WorkerPool(ThreadFactory factory, int maxThreads, long idleNanos, @Nullable EngineTime watch) {
    this.factory = factory;
    this.maxThreads = maxThreads;
    this.idleNanos = idleNanos;
    this.watch = watch;
  }

  /**
   * Hands work over to a thread.
   *
   * @return false if there is no thread and none can be had: the work was not taken
   */
  boolean execute(Work task) {
    Worker begun = null;
    lock.lock();
    try {
      queue.add(task);
      if (queue.size() <= idle) {
        work.signal(); // an idle worker
      } else if (workers.count() >= maxThreads) {
        watchIfStuck();
      } else if (needsOneMore() || !workers.hasStarted()) {
        begun = workers.add(this, taken);
        if (begun == null && workers.count() == 0) {
          return !queue.remove(task); // no memory for a thread, and none is there
        }
      }
    } finally {
      lock.unlock();
    }
    return begin(begun, task);
  }

  /** Whether the calling thread belongs to this pool. */
  boolean isOn() {
    return Worker.isOf(this);
  }

  boolean hasWaiting() {
    lock.lock();
    try {
      return !queue.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  int threads() {
    lock.lock();
    try {
      return workers.threads();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the threads as soon as they have no more work. */
  void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll(); // idle workers end
      look.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the threads have ended, those given up too, at most so long. */
  boolean awaitEnd(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (workers.threads() > 0 && left > 0) {
        left = lock.awaitNanos(ended, left);
      }
      return workers.threads() == 0;
    } finally {
      lock.unlock();
    }
  }

  // ---- threads begin ----

  /** Whether more waits than those that are free will take, and few threads are about to come. */
  @GuardedBy("lock")
  private boolean needsOneMore() {
    int coming = workers.coming();
    int atOnce = Math.max(MIN_COMING, (workers.count() - coming) / COMING_SHARE);
    return coming < atOnce && workers.count() < maxThreads && queue.size() > idle + coming;
  }

  /**
   * Starts the thread of a worker, if one is to begin.
   *
   * @param task what it is for
   * @return false if no thread is to be had, and the task was taken back
   */
  private boolean begin(@Nullable Worker worker, @Nullable Work task) {
    if (worker == null) {
      return true;
    }
    try {
      Thread thread = factory.newThread(worker);
      lock.lock();
      try {
        worker.thread = thread;
      } finally {
        lock.unlock();
      }
      thread.start();
      lock.lock();
      try {
        if (worker.stage == Worker.Stage.MADE) { // else it has come already
          worker.stage = Worker.Stage.STARTED;
        }
      } finally {
        lock.unlock();
      }
      return true;
    } catch (Throwable ignored) {
      // No thread to be had: those there are will do, or the caller must go without.
      lock.lock();
      try {
        workers.remove(worker);
        return task == null || workers.hasStarted() || !queue.remove(task);
      } finally {
        lock.unlock();
      }
    }
  }

  // ---- threads come for work ----

  @Override
  public @Nullable Work next(Worker worker) {
    Work task;
    Worker begun = null;
    Worker another = null;
    lock.lock();
    try {
      worker.task = null;
      boolean comes = worker.isComing();
      if (comes) {
        standBy(worker);
        workers.came(worker);
      }
      if (worker.stage == Worker.Stage.GIVEN_UP || !awaitWork()) {
        workers.remove(worker);
        ended.signalAll(); // awaitEnd
        return null;
      }
      task = queue.poll();
      taken++;
      worker.task = task;
      if (watch != null) {
        worker.sinceNanos = watch.nanoTime();
      }
      if (comes) { // two for one, so that many come soon where many are needed
        begun = needsOneMore() ? workers.add(this, taken) : null;
        another = needsOneMore() ? workers.add(this, taken) : null;
      }
    } finally {
      lock.unlock();
    }
    begin(begun, null);
    begin(another, null);
    return task;
  }

  /** Waits as long as the others take so much that one more would not help them. */
  @GuardedBy("lock")
  private void standBy(Worker worker) {
    int lately = taken - worker.takenBefore;
    while (!closed && !queue.isEmpty() && queue.size() <= (long) MUCH * lately) {
      worker.takenBefore = taken;
      await(look, LOOK_NANOS);
      lately = taken - worker.takenBefore;
    }
  }

  /** Waits until there is work; false if there is none for too long. */
  @GuardedBy("lock")
  private boolean awaitWork() {
    long left = idleNanos;
    while (queue.isEmpty()) {
      if (closed || left <= 0) {
        return false;
      }
      idle++;
      try {
        left = await(work, left);
      } finally {
        idle--;
      }
    }
    return true;
  }

  @GuardedBy("lock")
  private long await(Condition condition, long nanos) {
    try {
      return lock.awaitNanos(condition, nanos);
    } catch (InterruptedException ignored) {
      return nanos; // an interrupt is meant for work, and there is none
    }
  }

  // ---- threads that hang ----

  /**
   * Lets another thread take the place of one that may not come back, within a limit; not of one
   * that has done that work meanwhile.
   */
  void replace(Thread thread, Work task) {
    replace(thread, task, Math.max(MAX_GIVEN_UP, maxThreads));
  }

  /**
   * @param most how many may be given up without an owner
   */
  private void replace(Thread thread, Work task, int most) {
    boolean counted = task.countAsHanging(thread);
    Worker replacement = null;
    lock.lock();
    try {
      Worker worker = workers.at(thread, task);
      if (worker == null) {
        return;
      }
      if (worker.stage == Worker.Stage.GIVEN_UP) {
        if (counted) {
          workers.countedLate(worker);
        }
      } else if (counted || workers.uncounted() < most) {
        workers.giveUp(worker, counted);
        replacement = queue.isEmpty() || closed ? null : workers.add(this, taken);
      }
    } finally {
      lock.unlock();
    }
    begin(replacement, null);
  }

  @GuardedBy("lock")
  private void watchIfStuck() {
    if (watch != null && !watching) {
      watching = true;
      watch.set(stuckCheck, STUCK_NANOS);
    }
  }

  private void replaceStuck() {
    try {
      for (Worker worker : stuck()) {
        replaceStuck(worker);
      }
    } catch (OutOfMemoryError ignored) {
      // The next look may have the memory.
    }
    lock.lock();
    try {
      watching = false;
      if (!queue.isEmpty()) {
        watchIfStuck();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Returns what hangs in the way of others; of those given up without an owner one may be in a
   * call now.
   */
  private List<Worker> stuck() {
    lock.lock();
    try {
      return watch == null || queue.isEmpty()
          ? List.of()
          : workers.stuck(watch.nanoTime() - STUCK_NANOS);
    } finally {
      lock.unlock();
    }
  }

  private void replaceStuck(Worker worker) {
    Work task;
    Thread thread;
    lock.lock();
    try {
      task = worker.task;
      thread = worker.thread;
    } finally {
      lock.unlock();
    }
    if (task != null && thread != null) {
      replace(thread, task, MAX_GIVEN_UP);
    }
  }
}
