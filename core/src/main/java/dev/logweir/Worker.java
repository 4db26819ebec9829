package dev.logweir;

import org.jspecify.annotations.Nullable;

/** A thread of a {@link WorkerPool}: does one task after another. Guarded by its pool's lock. */
final class Worker implements Runnable {
  enum Stage {
    /** It counts; its thread is about to be started. */
    MADE,
    /** Its thread was started, and has not come for work yet. */
    STARTED,
    /** Its thread is idle or at a task, by turns. */
    THERE,
    /** It hangs: another may take its place, and it ends when its task returns. */
    GIVEN_UP
  }

  /** Where it gets its tasks. Takes the lock. */
  interface Source {
    /** Returns the next task of a worker, null if it is to end. */
    @Nullable Work next(Worker worker);
  }

  /** The source of the calling thread's tasks, also of one that was given up. */
  private static final ThreadLocal<Source> OWN = new ThreadLocal<>();

  private final Source source;
  @Nullable Thread thread;
  Stage stage = Stage.MADE;

  /** Until it is {@link Stage#THERE}: how many tasks all had taken when it looked last. */
  int takenBefore;

  /** What it is at, and since when; null while it is idle. */
  @Nullable Work task;

  long sinceNanos;

  Worker(Source source, int taken) {
    this.source = source;
    takenBefore = taken;
  }

  static boolean isOf(Source source) {
    return OWN.get() == source;
  }

  boolean isComing() {
    return stage == Stage.MADE || stage == Stage.STARTED;
  }

  /**
   * Ends only when there are no more tasks. Want of memory does not end it: there may be no other
   * thread for what waits, and none to be had.
   */
  @Override
  public void run() {
    boolean goesOn = true;
    while (goesOn) {
      try {
        OWN.set(source);
        while (goesOn) {
          goesOn = runNext();
        }
      } catch (Throwable ignored) {
        MemoryLock.awaitMemory(); // until there may be memory again
      }
    }
  }

  /** In a frame of its own: one that waited for work would keep the last, and so a whole job. */
  private boolean runNext() {
    Work next = source.next(this);
    if (next == null) {
      return false;
    }
    try {
      next.run();
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
