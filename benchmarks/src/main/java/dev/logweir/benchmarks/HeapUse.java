package dev.logweir.benchmarks;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.List;

/**
 * What of the heap is in use.
 *
 * <p>After a collection it is what the collection itself left in each pool, which no allocation
 * since can change: exact to the byte, while {@code totalMemory() - freeMemory()} also has what
 * threads have allocated since, and the rest of their allocation buffers. Thread-safe.
 */
final class HeapUse {
  private static final int TRIES = 10;
  private static final List<MemoryPoolMXBean> POOLS =
      ManagementFactory.getMemoryPoolMXBeans().stream()
          .filter(pool -> pool.getType() == MemoryType.HEAP)
          .toList();

  private HeapUse() {}

  /** Collects and returns what is left, in bytes. */
  static long afterCollection() {
    System.gc();
    return leftByLastCollection();
  }

  /** Collects until a collection frees nothing more, and returns what is left. */
  static long settled() {
    long left = afterCollection();
    for (int i = 0; i < TRIES; i++) {
      long next = afterCollection();
      if (next >= left) {
        return next;
      }
      left = next;
    }
    return left;
  }

  /** Returns what the last collection of each pool left, in bytes. */
  static long leftByLastCollection() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : POOLS) {
      MemoryUsage usage = pool.getCollectionUsage();
      bytes += usage == null ? 0 : usage.getUsed();
    }
    return bytes;
  }

  /** Returns what is in use now, garbage included, in bytes. */
  static long now() {
    long bytes = 0;
    for (MemoryPoolMXBean pool : POOLS) {
      bytes += pool.getUsage().getUsed();
    }
    return bytes;
  }
}
