package dev.logweir;

import java.util.concurrent.atomic.AtomicIntegerArray;

/** Called before each allocation of instrumented classes; lets one of them, or some, fail. */
public final class AllocationHook {
  private static final int MAX_SITES = 4096;

  private static final AtomicIntegerArray HITS = new AtomicIntegerArray(MAX_SITES);
  private static volatile int armed = -1;
  private static volatile int firstHit;
  private static volatile int lastHit;
  private static volatile boolean thrown;

  private AllocationHook() {}

  /** Called by instrumented code. */
  public static void at(int site) {
    int hit = HITS.incrementAndGet(site);
    if (site == armed && hit >= firstHit && hit <= lastHit) {
      thrown = true;
      throw new OutOfMemoryError("no heap, for a test");
    }
  }

  /** From now on a site fails, from one hit to another, counted from 1. */
  static void arm(int site, int from, int to) {
    for (int i = 0; i < MAX_SITES; i++) {
      HITS.set(i, 0);
    }
    thrown = false;
    firstHit = from;
    lastHit = to;
    armed = site;
  }

  /** There is memory again. */
  public static void disarm() {
    armed = -1;
  }

  static int hits(int site) {
    return HITS.get(site);
  }

  static boolean hasThrown() {
    return thrown;
  }
}
