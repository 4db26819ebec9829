package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Calls of senders, processors and listeners that hang: they ignored an interrupt, or held a
 * drain's thread for too long, and have not returned yet.
 *
 * <p>Sends count to the sender's client. Calls in a drain, of processors, of listeners, and of
 * senders for what a line costs, count to their class: where each job has an instance of its own, a
 * bound for an instance would bound nothing.
 */
final class AbandonedCalls {
  /** How many of one client, or of one class, may hang before new ones are refused. */
  static final int LIMIT = 16;

  private final MemoryLock lock = new MemoryLock(LockOrder.Level.LEAF);

  @GuardedBy("lock")
  private final IdentityHashMap<Object, int[]> byClient = new IdentityHashMap<>();

  @GuardedBy("lock")
  private final Map<Class<?>, int[]> byClass = new HashMap<>();

  /** Read without the lock where most often there is nothing to see. */
  private volatile int count;

  @SuppressWarnings("NonAtomicVolatileUpdate") // guarded by the lock
  void add(Object owner) {
    lock.lock();
    try {
      count++;
      int[] calls = callsOf(owner);
      if (calls != null) {
        calls[0]++;
      } else {
        Class<?> type = classInADrain(owner);
        if (type != null) {
          byClass.put(type, new int[] {1});
        } else {
          byClient.put(owner, new int[] {1});
        }
      }
    } catch (OutOfMemoryError ignored) {
      // It stands in the count of all, if not in its owner's.
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private int @Nullable [] callsOf(Object owner) {
    Class<?> type = classInADrain(owner);
    return type != null ? byClass.get(type) : byClient.get(owner);
  }

  /** Takes a call out that has returned; returns whether calls of its owner were refused. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // guarded by the lock
  boolean remove(Object owner) {
    lock.lock();
    try {
      boolean refused = isAtLimitLocked(owner);
      int[] calls = callsOf(owner);
      if (calls != null && --calls[0] == 0) {
        Class<?> type = classInADrain(owner);
        if (type != null) {
          byClass.remove(type);
        } else {
          byClient.remove(owner);
        }
      }
      count--;
      return refused;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the class to which a call in a drain counts; null of one that is in none. */
  private static @Nullable Class<?> classInADrain(Object owner) {
    if (owner instanceof EncodedBound bound) {
      return bound.senderClass();
    }
    boolean inADrain = owner instanceof LogProcessor || owner instanceof LogListener;
    return inADrain ? owner.getClass() : null;
  }

  boolean isAtLimit(Object owner) {
    if (count < LIMIT) {
      return false;
    }
    lock.lock();
    try {
      return isAtLimitLocked(owner);
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private boolean isAtLimitLocked(Object owner) {
    int[] calls = callsOf(owner);
    return calls != null && calls[0] >= LIMIT;
  }

  int count() {
    return count;
  }
}
