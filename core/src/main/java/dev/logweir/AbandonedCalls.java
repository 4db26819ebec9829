package dev.logweir;

import java.util.IdentityHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** Calls of senders and processors that ignored their interruption and have not returned yet. */
final class AbandonedCalls {
  /** How many of one client, or of one processor, stand before new ones are refused. */
  static final int LIMIT = 16;

  private final ReentrantLock lock = new ReentrantLock();
  private final IdentityHashMap<Object, Integer> byOwner = new IdentityHashMap<>();
  private int count;

  void add(Object owner) {
    lock.lock();
    try {
      byOwner.merge(owner, 1, Integer::sum);
      count++;
    } finally {
      lock.unlock();
    }
  }

  void remove(Object owner) {
    lock.lock();
    try {
      byOwner.computeIfPresent(owner, (key, calls) -> calls == 1 ? null : calls - 1);
      count--;
    } finally {
      lock.unlock();
    }
  }

  boolean isAtLimit(Object owner) {
    lock.lock();
    try {
      return count >= LIMIT && byOwner.getOrDefault(owner, 0) >= LIMIT;
    } finally {
      lock.unlock();
    }
  }

  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }
}
