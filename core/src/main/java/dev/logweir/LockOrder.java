package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Which levels of locks each thread holds: a thread takes no lock of an earlier level than one that
 * it holds, and calls foreign code with none. Kept and checked where assertions are on, as in all
 * tests; elsewhere it costs nothing.
 *
 * <p>Once broken, every later check fails too: the first may be on a thread that passes over what
 * fails on it.
 */
final class LockOrder {
  /** The locks, outermost first; {@code docs/architecture.md} says what each guards. */
  enum Level {
    /** That the account of a job is closed once. */
    CLOSING,
    /** Of who calls from outside: lines that stay together, what a sender counts. */
    CALLER,
    /** A stream; standard output's before standard error's. */
    STREAM(true),
    /** A sink; several of a job in the order of its sinks. */
    SINK(true),
    /** The thread of a call, or of a pump, against a late interrupt. */
    CALL,
    JOB,
    /** Nothing but the time's is taken under it. */
    LEAF,
    TIME;

    private final boolean several;

    Level() {
      this(false);
    }

    /**
     * @param several whether a thread may hold several; in which order is not checked
     */
    Level(boolean several) {
      this.several = several;
    }
  }

  /** Of all locks of this JVM. */
  static final LockOrder CHECK = new LockOrder();

  private static final int LEVELS = Level.values().length;

  /** How often a thread holds a lock of each level. */
  private final ThreadLocal<int[]> held = ThreadLocal.withInitial(() -> new int[LEVELS]);

  private volatile @Nullable String broken;

  /**
   * Whether the calling thread may take a lock.
   *
   * @param again whether it holds that lock already
   */
  boolean mayTake(Level level, boolean again) {
    int[] counts = counts();
    int from = level.ordinal() + (level.several ? 1 : 0);
    for (int i = from; i < LEVELS && counts != null && !again; i++) {
      if (counts[i] > 0) {
        breaks(level + " under " + Level.values()[i]);
      }
    }
    return isWhole();
  }

  /** Takes note that the calling thread has taken a lock. */
  boolean taken(Level level) {
    int[] counts = counts();
    if (counts != null) {
      counts[level.ordinal()]++;
    }
    return true;
  }

  /** Takes note that the calling thread gives a lock back. */
  boolean givenBack(Level level) {
    int[] counts = counts();
    if (counts != null && counts[level.ordinal()] > 0) {
      counts[level.ordinal()]--;
    }
    return true;
  }

  /** Whether the calling thread holds no lock, so that foreign code may run. */
  boolean isFree() {
    int[] counts = counts();
    for (int i = 0; i < LEVELS && counts != null; i++) {
      if (counts[i] > 0) {
        breaks("foreign code under " + Level.values()[i]);
      }
    }
    return isWhole();
  }

  /** Whether the calling thread holds a lock of this level. */
  boolean holds(Level level) {
    int[] counts = counts();
    return counts != null && counts[level.ordinal()] > 0;
  }

  private void breaks(String how) {
    if (broken == null) {
      broken = how + " on " + Thread.currentThread().getName();
      throw new AssertionError(broken);
    }
  }

  private boolean isWhole() {
    String how = broken;
    if (how != null) {
      throw new AssertionError("the order of locks was broken before: " + how);
    }
    return true;
  }

  /** Returns the calling thread's counts; null if there is no memory or no stack left for them. */
  private int @Nullable [] counts() {
    try {
      return held.get();
    } catch (VirtualMachineError ignored) {
      return null;
    }
  }
}
