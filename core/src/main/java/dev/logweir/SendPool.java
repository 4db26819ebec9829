package dev.logweir;

import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Where senders are called, or closed: a given executor, or threads of the engine, virtual ones
 * from Java 24 on.
 */
final class SendPool {
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final WorkerPool pool;
  private final @Nullable Executor executor;
  private final FailureLog log;

  SendPool(String prefix, int maxThreads, @Nullable Executor executor, FailureLog log) {
    this.log = log;
    ThreadFactory virtual = DaemonThreads.virtual(prefix, log);
    pool =
        virtual == null
            ? new WorkerPool(DaemonThreads.platform(prefix), maxThreads, IDLE_NANOS, null)
            : new WorkerPool(virtual, maxThreads, 0, null);
    this.executor = executor;
  }

  /** Hands work over; false if no thread can be had for it. */
  boolean execute(Work work) {
    if (executor == null) {
      return pool.execute(work);
    }
    Handover handover;
    try {
      handover = new Handover(work);
    } catch (OutOfMemoryError ignored) {
      return pool.execute(work); // which takes no memory while there are threads
    }
    assert LockOrder.CHECK.isFree();
    try {
      executor.execute(handover);
    } catch (Throwable e) {
      // An OutOfMemoryError too: it may be that no thread was to be had.
      handover.refuse();
      log.failed("{}: the executor given for sends rejects tasks: they go to own threads", e);
    }
    return handover.finish();
  }

  /** Whether the calling thread is one of the engine's own here. */
  boolean isOn() {
    return pool.isOn();
  }

  /** Whether tasks go to an executor that was given, which may take its time with them. */
  boolean isGiven() {
    return executor != null;
  }

  /** Lets another thread take the place of one whose call is abandoned. */
  void replace(Thread thread, Work work) {
    pool.replace(thread, work);
  }

  boolean hasWaiting() {
    return pool.hasWaiting();
  }

  int threads() {
    return pool.threads();
  }

  void close() {
    pool.close();
  }

  boolean awaitEnd(long nanos) throws InterruptedException {
    return pool.awaitEnd(nanos);
  }

  /** One task given to the executor, which may run it on the caller or refuse it. */
  private final class Handover implements Runnable {
    private final Work work;
    private final Thread caller = Thread.currentThread();
    private final AtomicBoolean claimed = new AtomicBoolean();

    /** The caller's: whether {@code execute} is still on its stack, and what came of it. */
    private boolean handing = true;

    private boolean refused;

    Handover(Work work) {
      this.work = work;
    }

    @Override
    public void run() {
      if (Thread.currentThread() == caller && handing) {
        log.failed(
            "{}: the executor given for sends runs tasks on the caller: they go to own threads",
            null);
        refused = true;
      } else if (claimed.compareAndSet(false, true)) {
        work.run();
      }
    }

    void refuse() {
      refused = true;
    }

    boolean finish() {
      handing = false;
      return !refused || !claimed.compareAndSet(false, true) || pool.execute(work);
    }
  }
}
