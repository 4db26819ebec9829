package dev.logweir;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The pool: what it takes over runs, what it refuses does not, and no thread is left. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class WorkerPoolModelTest {
  private static final class Task extends Work {
    final AtomicInteger runs = new AtomicInteger();
    volatile Thread thread;

    @Override
    void run() {
      thread = Thread.currentThread();
      runs.incrementAndGet();
      thread = null;
    }
  }

  /** A pool of two threads, of which each other one can't be had where they are short. */
  private static final class Rig {
    final Models.HandedOver threads = new Models.HandedOver();
    final AtomicInteger made = new AtomicInteger();
    final AtomicInteger taken = new AtomicInteger();
    final AtomicInteger ran = new AtomicInteger();
    final WorkerPool pool;

    Rig(boolean isShort) {
      pool =
          new WorkerPool(
              task -> {
                if (isShort && made.incrementAndGet() % 2 == 0) {
                  throw new OutOfMemoryError("no thread to be had");
                }
                return threads.newThread(task);
              },
              2,
              0,
              null);
    }

    void handOver() {
      AtomicInteger runs = new AtomicInteger();
      Work task =
          new Work() {
            @Override
            void run() {
              Models.require(runs.incrementAndGet() == 1, "a task runs once");
              ran.incrementAndGet();
            }
          };
      if (pool.execute(task)) {
        taken.incrementAndGet();
      }
    }

    void check() {
      threads.runAll();
      Models.require(ran.get() == taken.get(), "runs: " + ran + ", taken over: " + taken);
      Models.require(pool.threads() == 0 && !pool.hasWaiting(), "nothing is left");
    }
  }

  /** A pool with all the threads that it asks for. */
  public static final class Handing {
    private final Rig rig = new Rig(false);

    @Operation
    public void handOver() {
      rig.handOver();
    }

    @Operation
    public void work() {
      rig.threads.runOne();
    }

    @Operation
    public void close() {
      rig.pool.close();
    }

    @Validate
    public void eachRanOnce() {
      rig.check();
      Models.require(rig.made.get() == 0, "threads are not short");
    }
  }

  @Test
  void eachTask_runsOnce() {
    Models.check(Handing.class);
  }

  /** A pool for which threads are short. */
  public static final class FewThreads {
    private final Rig rig = new Rig(true);

    @Operation
    public void handOver() {
      rig.handOver();
    }

    @Operation
    public void work() {
      rig.threads.runOne();
    }

    @Validate
    public void eachRanOnceOrWasRefused() {
      rig.check();
    }
  }

  @Test
  void taskForWhichThereIsNoThread_isRefused() {
    Models.check(FewThreads.class);
  }

  /** One task handed over again and again, whose thread may be given up. */
  public static final class Again {
    private final Models.HandedOver threads = new Models.HandedOver();
    private final WorkerPool pool = new WorkerPool(threads, 1, 0, null);
    private final Task task = new Task();
    private final AtomicInteger given = new AtomicInteger();

    @Operation
    public void handOver() {
      given.incrementAndGet();
      Models.require(pool.execute(task), "there is a thread");
    }

    @Operation
    public void work() {
      threads.runOne();
    }

    @Operation
    public void giveUp() {
      Thread thread = task.thread;
      if (thread != null) {
        pool.replace(thread, task);
      }
    }

    @Validate
    public void itRanAfterTheLastTime() {
      int before = task.runs.get();
      threads.runAll();
      int all = task.runs.get();
      Models.require(all <= given.get() && (all > 0 || given.get() == 0), "runs: " + before + all);
      Models.require(pool.threads() == 0 && !pool.hasWaiting(), "nothing is left");
    }
  }

  @Test
  void taskHandedOverAgain_runsAgain() {
    Models.check(Again.class);
  }
}
