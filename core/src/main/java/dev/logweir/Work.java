package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * What a thread of a {@link WorkerPool} does. Waits in at most one queue, and there once, however
 * often it is handed over.
 *
 * <p>It is its own node of the queue, so that handing it over takes no memory. Its place there is
 * guarded by the lock of the pool.
 */
abstract class Work {
  @Nullable Work nextWork;
  boolean queued;

  abstract void run();

  /**
   * Its thread is about to be given up for hanging; called with no lock of the pool held. Returns
   * whether that is counted to an owner with a limit on such calls: else the pool bounds it.
   */
  boolean countAsHanging(Thread thread) {
    return false;
  }
}
