package dev.logweir;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where senders run: a given executor, or threads of the engine, virtual ones from Java 24 on.
 * Before that version a virtual thread in a {@code synchronized} method pins its carrier (JEP 491).
 */
final class SendPool {
  private static final Logger LOG = LoggerFactory.getLogger(SendPool.class);
  private static final int FIRST_UNPINNED_VERSION = 24;
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final WorkerPool pool;
  private final @Nullable Executor executor;
  private final AtomicBoolean warned = new AtomicBoolean();

  SendPool(int maxThreads, @Nullable Executor executor) {
    ThreadFactory virtual = virtualThreads();
    pool =
        virtual == null
            ? new WorkerPool(daemonThreads("logweir-send-"), maxThreads, IDLE_NANOS, null)
            : new WorkerPool(virtual, maxThreads, 0, null);
    this.executor = executor;
  }

  static ThreadFactory daemonThreads(String prefix) {
    AtomicLong number = new AtomicLong();
    return task -> {
      Thread thread = new Thread(task, prefix + number.incrementAndGet());
      thread.setDaemon(true);
      return thread;
    };
  }

  private static @Nullable ThreadFactory virtualThreads() {
    if (Runtime.version().feature() < FIRST_UNPINNED_VERSION) {
      return null;
    }
    try {
      MethodHandles.Lookup lookup = MethodHandles.publicLookup();
      Class<?> type = Class.forName("java.lang.Thread$Builder$OfVirtual");
      Class<?> builder = Class.forName("java.lang.Thread$Builder");
      MethodHandle ofVirtual =
          lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(type));
      MethodHandle name =
          lookup.findVirtual(type, "name", MethodType.methodType(type, String.class, long.class));
      MethodHandle factory =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      Object named = name.invoke(ofVirtual.invoke(), "logweir-send-", 1L);
      return (ThreadFactory) factory.invoke(named);
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      LOG.warn("No virtual threads to be had, senders run on threads of the platform", e);
      return null;
    }
  }

  /** Hands work over; false if no thread can be had for it. */
  boolean execute(WorkerPool.Work work) {
    if (executor == null) {
      return pool.execute(work);
    }
    Handover handover = new Handover(work);
    try {
      executor.execute(handover);
    } catch (Throwable e) {
      // An OutOfMemoryError too: it may be that no thread was to be had.
      warnOnce("rejects tasks", e);
      handover.refuse();
    }
    return handover.finish();
  }

  /** Whether tasks go to an executor that was given, which may take its time with them. */
  boolean isGiven() {
    return executor != null;
  }

  /** Lets another thread take the place of one whose call is abandoned. */
  void replace(Thread thread) {
    pool.replace(thread);
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

  private void warnOnce(String what, @Nullable Throwable cause) {
    if (warned.compareAndSet(false, true)) {
      LOG.warn("The executor given for sends {}: they go to threads of the engine", what, cause);
    }
  }

  /** One task given to the executor, which may run it on the caller or refuse it. */
  private final class Handover implements Runnable {
    private final WorkerPool.Work work;
    private final Thread caller = Thread.currentThread();
    private final AtomicBoolean claimed = new AtomicBoolean();

    /** The caller's: whether {@code execute} is still on its stack, and what came of it. */
    private boolean handing = true;

    private boolean refused;

    Handover(WorkerPool.Work work) {
      this.work = work;
    }

    @Override
    public void run() {
      if (Thread.currentThread() == caller && handing) {
        warnOnce("runs tasks on the calling thread", null);
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
