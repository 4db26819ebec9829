package dev.logweir;

import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Calls that hang: of senders, processors and listeners that ignored their interruption, or that
 * have cost a drain its thread, and have not returned yet.
 *
 * <p>Calls of senders count to their client. Those of processors and listeners count to their
 * class: where each job has an instance of its own, a bound for an instance would bound nothing.
 */
final class AbandonedCalls {
  /** How many of one client, or of one class, stand before new ones are refused. */
  static final int LIMIT = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final IdentityHashMap<Object, Integer> byClient = new IdentityHashMap<>();
  private final Map<Class<?>, Integer> byClass = new HashMap<>();

  /** Read without the lock where most often there is nothing to see. */
  private volatile int count;

  void add(Object owner) {
    lock.lock();
    try {
      if (isOfADrain(owner)) {
        byClass.merge(owner.getClass(), 1, Integer::sum);
      } else {
        byClient.merge(owner, 1, Integer::sum);
      }
      count = total();
    } finally {
      lock.unlock();
    }
  }

  /** Takes a call out that has returned; returns whether calls of its owner were refused. */
  boolean remove(Object owner) {
    lock.lock();
    try {
      boolean refused = isAtLimitLocked(owner);
      if (isOfADrain(owner)) {
        byClass.computeIfPresent(owner.getClass(), (key, calls) -> calls == 1 ? null : calls - 1);
      } else {
        byClient.computeIfPresent(owner, (key, calls) -> calls == 1 ? null : calls - 1);
      }
      count = total();
      return refused;
    } finally {
      lock.unlock();
    }
  }

  private static boolean isOfADrain(Object owner) {
    return owner instanceof LogProcessor || owner instanceof LogListener;
  }

  private int total() {
    int calls = 0;
    for (int of : byClient.values()) {
      calls += of;
    }
    for (int of : byClass.values()) {
      calls += of;
    }
    return calls;
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

  private boolean isAtLimitLocked(Object owner) {
    int calls =
        isOfADrain(owner)
            ? byClass.getOrDefault(owner.getClass(), 0)
            : byClient.getOrDefault(owner, 0);
    return calls >= LIMIT;
  }

  int count() {
    return count;
  }
}
