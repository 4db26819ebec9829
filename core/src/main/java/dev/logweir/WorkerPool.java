package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Threads that run work in the order in which it came; they begin when needed and end when idle.
 *
 * <p>Work is its own node of the queue, so that handing it over takes no memory. A thread that does
 * not come back is replaced: after {@link #STUCK_NANOS} if others wait for it, or when it is given
 * up.
 */
final class WorkerPool {
  /*
   * The lock is a leaf: only the timer's is taken under it, and no work runs under it. Whoever hands work
   * over may hold any other lock. A thread is made and started after it.
   *
   * A worker is started, then idle or at a task, by turns. One that hangs is lost: it is out of the
   * list, another may take its place, and it ends when its task returns. A loss is counted to whose
   * call hangs, or else here, to nobody, and then it is bounded. Both bounds are for threads that
   * never come back: without them each would cost a thread for ever.
   */

  /** Work in pieces so short that one that takes as long as this hangs. */
  private static final long STUCK_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How many threads are replaced that hang in nobody's call. */
  private static final int MAX_LOST = 16;

  /** When who got no thread asks again. */
  static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** The pool that a thread belongs to, one that was given up too. */
  private static final ThreadLocal<WorkerPool> OWN = new ThreadLocal<>();

  private final MemoryLock lock = new MemoryLock();
  private final Condition work = lock.newCondition();
  private final ThreadFactory factory;
  private final int maxThreads;
  private final long idleNanos;
  private final @Nullable Time watch;

  @GuardedBy("lock")
  private @Nullable Work first;

  @GuardedBy("lock")
  private @Nullable Work last;

  @GuardedBy("lock")
  private int queued;

  @GuardedBy("lock")
  private int idle;

  @GuardedBy("lock")
  private int lost;

  @GuardedBy("lock")
  private final List<Worker> workers = new ArrayList<>();

  /** Lost ones whose loss is counted to nobody who is refused more calls at a limit. */
  @GuardedBy("lock")
  private final List<Worker> lostToNobody = new ArrayList<>();

  private final Timer stuckCheck =
      new Timer() {
        @Override
        void run() {
          replaceStuck();
        }
      };

  @GuardedBy("lock")
  private boolean watching;

  @GuardedBy("lock")
  private boolean closed;

  private final Condition ended = lock.newCondition();

  /**
   * @param watch the time by which a thread that hangs is replaced; null if threads may take as
   *     long as they like
   */
  WorkerPool(ThreadFactory factory, int maxThreads, long idleNanos, @Nullable Time watch) {
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
      append(task);
      if (queued <= idle) {
        work.signal(); // an idle worker
      } else if (workers.size() < maxThreads) {
        begun = newWorker();
        if (begun == null && workers.isEmpty()) {
          return !withdraw(task); // no memory for a thread, and none is there
        }
      } else {
        watchIfStuck();
      }
    } finally {
      lock.unlock();
    }
    return begun == null || begin(begun, task);
  }

  /** Whether the calling thread belongs to this pool. */
  boolean isOn() {
    return OWN.get() == this;
  }

  boolean hasWaiting() {
    lock.lock();
    try {
      return queued > 0;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Lets another thread take the place of one that may not come back, within a limit; not of one
   * that has done that work meanwhile.
   */
  @SuppressWarnings("GuardedBy") // the worker is of this pool
  void replace(Thread thread, Work task) {
    boolean counted = task.hangs(thread);
    Worker replacement = null;
    lock.lock();
    try {
      if (!counted && lostToNobody.size() >= Math.max(MAX_LOST, maxThreads)) {
        return;
      }
      for (int i = 0; i < workers.size(); i++) {
        Worker worker = workers.get(i);
        if (thread == worker.thread && task == worker.task) {
          replacement = lose(worker, counted);
          break;
        }
      }
    } finally {
      lock.unlock();
    }
    if (replacement != null) {
      begin(replacement, null);
    }
  }

  int threads() {
    lock.lock();
    try {
      return workers.size() + lost;
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
    } finally {
      lock.unlock();
    }
  }

  /** Waits until the threads have ended, those given up too, at most so long. */
  boolean awaitEnd(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = nanos;
      while (workers.size() + lost > 0 && left > 0) {
        left = lock.awaitNanos(ended, left);
      }
      return workers.size() + lost == 0;
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void append(Work task) {
    if (task.waiting) {
      return;
    }
    task.waiting = true;
    task.nextWork = null;
    if (last == null) {
      first = task;
    } else {
      last.nextWork = task;
    }
    last = task;
    queued++;
  }

  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private boolean begin(Worker worker, @Nullable Work task) {
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
        worker.started = true;
      } finally {
        lock.unlock();
      }
      return true;
    } catch (Throwable ignored) {
      // No thread to be had: those there are will do, or the caller must go without.
      lock.lock();
      try {
        workers.remove(worker);
        return task == null || hasStarted() || !withdraw(task);
      } finally {
        lock.unlock();
      }
    }
  }

  @GuardedBy("lock")
  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private boolean hasStarted() {
    for (int i = 0; i < workers.size(); i++) {
      if (workers.get(i).started) {
        return true;
      }
    }
    return false;
  }

  /** Returns a worker that counts as there; null if there is no memory for it. */
  @GuardedBy("lock")
  private @Nullable Worker newWorker() {
    try {
      Worker worker = new Worker();
      workers.add(worker);
      return worker;
    } catch (OutOfMemoryError ignored) {
      return null;
    }
  }

  @GuardedBy("lock")
  private boolean withdraw(Work task) {
    Work before = null;
    for (Work at = first; at != null; before = at, at = at.nextWork) {
      if (at == task) {
        if (before == null) {
          first = at.nextWork;
        } else {
          before.nextWork = at.nextWork;
        }
        if (last == at) {
          last = before;
        }
        task.waiting = false;
        queued--;
        return true;
      }
    }
    return false;
  }

  /** Returns a worker to begin in the place of a lost one, if there is a need. */
  @GuardedBy("lock")
  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private @Nullable Worker lose(Worker worker, boolean counted) {
    worker.lost = true;
    workers.remove(worker);
    lost++;
    if (!counted) {
      addLostToNobody(worker);
    }
    return queued == 0 || closed ? null : newWorker();
  }

  @GuardedBy("lock")
  private void addLostToNobody(Worker worker) {
    try {
      lostToNobody.add(worker);
    } catch (OutOfMemoryError ignored) {
      // One more may be lost then.
    }
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
      if (queued > 0) {
        watchIfStuck();
      }
    } finally {
      lock.unlock();
    }
  }

  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private List<Worker> stuck() {
    List<Worker> stuck = new ArrayList<>();
    lock.lock();
    try {
      if (watch == null || queued == 0) {
        return stuck;
      }
      stuck.addAll(lostToNobody); // by now they may hang in somebody's call
      long now = watch.nanoTime();
      for (Worker worker : workers) {
        if (worker.task != null && now - worker.sinceNanos >= STUCK_NANOS) {
          stuck.add(worker);
        }
      }
    } finally {
      lock.unlock();
    }
    return stuck;
  }

  @SuppressWarnings("GuardedBy") // the worker is of this pool
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
    if (task == null || thread == null) {
      return;
    }
    boolean counted = task.hangs(thread);
    Worker replacement = null;
    lock.lock();
    try {
      if (worker.lost && counted && task == worker.task) {
        lostToNobody.remove(worker);
      } else if (task == worker.task && !worker.lost) {
        boolean bounded = counted || lostToNobody.size() < MAX_LOST;
        replacement = bounded ? lose(worker, counted) : null;
      }
    } finally {
      lock.unlock();
    }
    if (replacement != null) {
      begin(replacement, null);
    }
  }

  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private @Nullable Work next(Worker worker) {
    lock.lock();
    try {
      worker.task = null;
      if (worker.lost) {
        lost--;
        lostToNobody.remove(worker);
        ended.signalAll(); // awaitEnd
        return null;
      }
      long left = idleNanos;
      while (first == null) {
        if (closed || left <= 0) {
          workers.remove(worker);
          ended.signalAll(); // awaitEnd
          return null;
        }
        idle++;
        try {
          left = lock.awaitNanos(work, left);
        } catch (InterruptedException ignored) {
          // An interrupt is meant for work, and there is none.
        } finally {
          idle--;
        }
      }
      Work task = first;
      first = task.nextWork;
      if (first == null) {
        last = null;
      }
      task.nextWork = null;
      task.waiting = false;
      queued--;
      worker.task = task;
      if (watch != null) {
        worker.sinceNanos = watch.nanoTime();
      }
      return task;
    } finally {
      lock.unlock();
    }
  }

  /** Takes a worker out that ended otherwise than by itself; another one takes its place. */
  @SuppressWarnings("GuardedBy") // the worker is of this pool
  private void died(Worker worker) {
    Worker replacement = null;
    lock.lock();
    try {
      if (worker.lost) {
        lost--;
        lostToNobody.remove(worker);
      } else {
        workers.remove(worker);
      }
      ended.signalAll(); // awaitEnd
      replacement = queued > idle ? newWorker() : null;
    } finally {
      lock.unlock();
    }
    if (replacement != null) {
      begin(replacement, null);
    }
  }

  private final class Worker implements Runnable {
    @GuardedBy("lock")
    private @Nullable Thread thread;

    @GuardedBy("lock")
    private boolean started;

    /** What it is at; null while it is idle. */
    @GuardedBy("lock")
    private @Nullable Work task;

    @GuardedBy("lock")
    private long sinceNanos;

    @GuardedBy("lock")
    private boolean lost;

    @Override
    public void run() {
      boolean goesOn = true;
      try {
        OWN.set(WorkerPool.this);
        while (goesOn) {
          goesOn = runNext();
        }
      } finally {
        if (goesOn) {
          died(this); // for want of memory, or as a handler of its exceptions threw
        }
      }
    }

    /** In a frame of its own: one that waited for work would keep the last, and so a whole job. */
    private boolean runNext() {
      Work task = next(this);
      if (task == null) {
        return false;
      }
      try {
        task.run();
      } catch (Throwable e) {
        report(e);
      }
      DaemonThreads.reset();
      return true;
    }

    /** As for a thread that ends by it, which this one must not. */
    private static void report(Throwable e) {
      try {
        Thread self = Thread.currentThread();
        self.getUncaughtExceptionHandler().uncaughtException(self, e);
      } catch (Throwable ignored) {
        // Foreign code: a handler may throw as well.
      }
    }
  }
}
