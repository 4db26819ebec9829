package dev.logweir;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes every thread of core: daemons with a name and a number.
 *
 * <p>A thread outlives the job that needed it first, so it takes nothing from the thread on which
 * it is made: no inheritable thread local, no context class loader, no thread group and no
 * priority. Its context class loader is the library's own: code that runs on it finds what the
 * library finds, and no class loader of a job is kept alive.
 */
final class DaemonThreads implements ThreadFactory {
  private static final int FIRST_UNPINNED_VERSION = 24;
  private static final @Nullable ClassLoader LOADER = DaemonThreads.class.getClassLoader();
  private static final ThreadGroup GROUP = outermostGroup();

  private final String prefix;
  private final AtomicLong number = new AtomicLong();

  private DaemonThreads(String prefix) {
    this.prefix = prefix;
  }

  /** Returns a factory of platform threads. */
  static ThreadFactory platform(String prefix) {
    return new DaemonThreads(prefix);
  }

  /**
   * Returns a factory of virtual threads; null before Java 24, where a virtual thread in a {@code
   * synchronized} method pins its carrier (JEP 491).
   */
  static @Nullable ThreadFactory virtual(String prefix, FailureLog log) {
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
      MethodHandle inherit =
          lookup.findVirtual(
              type, "inheritInheritableThreadLocals", MethodType.methodType(type, boolean.class));
      MethodHandle factory =
          lookup.findVirtual(builder, "factory", MethodType.methodType(ThreadFactory.class));
      Object heirless = inherit.invoke(name.invoke(ofVirtual.invoke(), prefix, 1L), false);
      ThreadFactory virtual = (ThreadFactory) factory.invoke(heirless);
      return task -> {
        Thread thread = virtual.newThread(task);
        thread.setContextClassLoader(LOADER);
        return thread;
      };
    } catch (VirtualMachineError e) {
      throw e;
    } catch (Throwable e) {
      log.failed("{}: no virtual threads to be had, senders run on threads of the platform", e);
      return null;
    }
  }

  /** Makes one thread, not started. */
  @SuppressWarnings("ThreadPriorityCheck") // the usual priority, not the maker's
  static Thread thread(String name, Runnable task) {
    Thread thread = new Thread(GROUP, task, name, 0, false);
    thread.setContextClassLoader(LOADER);
    thread.setPriority(Thread.NORM_PRIORITY);
    thread.setDaemon(true);
    return thread;
  }

  /** Takes away what one job's code left set on the calling thread, which is for the next job. */
  static void reset() {
    Thread thread = Thread.currentThread();
    if (thread.getContextClassLoader() != LOADER) {
      thread.setContextClassLoader(LOADER);
    }
    Thread.interrupted();
  }

  @Override
  public Thread newThread(Runnable task) {
    return thread(prefix + number.incrementAndGet(), task);
  }

  private static ThreadGroup outermostGroup() {
    ThreadGroup group = Thread.currentThread().getThreadGroup();
    while (group.getParent() != null) {
      group = group.getParent();
    }
    return group;
  }
}
