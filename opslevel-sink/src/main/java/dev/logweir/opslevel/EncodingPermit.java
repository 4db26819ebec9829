package dev.logweir.opslevel;

import java.util.concurrent.Semaphore;

/**
 * One send's permit to use a processor for its encoding: of all senders of this JVM no more have
 * one at once than there are processors. So the others wait for the network together, and for the
 * processors one by one. A hundred that encode at once leave no processor to the JIT compiler,
 * whose result they need.
 *
 * <p>Held while bytes are computed, for microseconds, and never while waiting for the network or
 * for foreign code. Used by one thread.
 */
final class EncodingPermit {
  private static final Semaphore PERMITS =
      new Semaphore(Runtime.getRuntime().availableProcessors());

  private boolean held;

  /**
   * Waits for one, unless it is held. Not ended by an interruption, as others hold one so shortly.
   */
  void acquire() {
    if (!held) {
      PERMITS.acquireUninterruptibly();
      held = true;
    }
  }

  /** Gives it back; returns whether it was held. */
  boolean release() {
    boolean had = held;
    if (had) {
      held = false;
      PERMITS.release();
    }
    return had;
  }
}
