package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The variables of a job and the names of those not set, within a bound of heap bytes. Changed by
 * the job's drain alone, read by any thread.
 */
final class OutcomeStore {
  /** Heap of an entry, without the two strings. */
  private static final int ENTRY_BYTES = 64;

  /** Heap of the table for an entry, which never shrinks, and while it grows. */
  private static final int TABLE_BYTES = 24;

  /** Heap of a string without its characters, with the array's header and padding. */
  private static final int STRING_BYTES = 32 + 24 + 7;

  /** The longest key of a variable, in characters. */
  static final int MAX_KEY = 128;

  /** Heap of the objects that are always there. */
  private static final int FIXED_BYTES = 1536;

  private static final int BYTES_PER_VARIABLE = 512;
  private static final int MAX_NAMES = 16;

  private final long maxBytes;
  private final long maxCount;
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.LEAF);

  @GuardedBy("lock")
  private final Map<String, String> variables = new LinkedHashMap<>();

  @GuardedBy("lock")
  private final List<String> excess = new ArrayList<>(MAX_NAMES);

  @GuardedBy("lock")
  private final List<String> incomplete = new ArrayList<>(MAX_NAMES);

  @GuardedBy("lock")
  private long excessCount;

  @GuardedBy("lock")
  private long incompleteCount;

  private long used;

  /**
   * @param captureBytes heap of the objects that captures may take
   */
  OutcomeStore(long maxBytes, int captureBytes) {
    this.maxBytes = maxBytes;
    maxCount = maxBytes / BYTES_PER_VARIABLE;
    used = FIXED_BYTES + captureBytes + maxCount * TABLE_BYTES;
  }

  /** Takes heap bytes, if that many are left. */
  boolean reserve(long bytes) {
    if (bytes > maxBytes - used) {
      return false;
    }
    used += bytes;
    return true;
  }

  void release(long bytes) {
    used -= bytes;
  }

  /** Sets a variable, or counts it as one in excess, without a value from then on. */
  void set(String key, String value) {
    lock.lock();
    try {
      remove(key);
      boolean room = variables.size() < maxCount;
      if (room && reserve(cost(key, value))) {
        variables.put(key, value);
      } else {
        addExcess(key);
      }
    } finally {
      lock.unlock();
    }
  }

  void addExcess(String key) {
    lock.lock();
    try {
      excessCount++;
      addName(excess, key);
    } finally {
      lock.unlock();
    }
  }

  void addIncomplete(String key) {
    lock.lock();
    try {
      incompleteCount++;
      addName(incomplete, key);
    } finally {
      lock.unlock();
    }
  }

  Map<String, String> variables() {
    lock.lock();
    try {
      return Collections.unmodifiableMap(new LinkedHashMap<>(variables));
    } finally {
      lock.unlock();
    }
  }

  /** How many variables were not set, and the names of the first of them. */
  record Names(long count, List<String> names) {
    Names {
      names = List.copyOf(names);
    }
  }

  Names excess() {
    lock.lock();
    try {
      return new Names(excessCount, excess);
    } finally {
      lock.unlock();
    }
  }

  Names incomplete() {
    lock.lock();
    try {
      return new Names(incompleteCount, incomplete);
    } finally {
      lock.unlock();
    }
  }

  int size() {
    lock.lock();
    try {
      return variables.size();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void addName(List<String> names, String key) {
    remove(key);
    if (names.size() < MAX_NAMES && !names.contains(key) && reserve(cost(key))) {
      names.add(key);
    }
  }

  @GuardedBy("lock")
  private void remove(String key) {
    String value = variables.remove(key);
    if (value != null) {
      release(cost(key, value));
    }
  }

  private static long cost(String key, String value) {
    return ENTRY_BYTES + cost(key) + cost(value);
  }

  private static long cost(String text) {
    int index = 0;
    while (index < text.length() && text.charAt(index) < 0x100) {
      index++;
    }
    return STRING_BYTES + (long) text.length() * (index == text.length() ? 1 : 2);
  }
}
