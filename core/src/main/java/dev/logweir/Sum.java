package dev.logweir;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** A sum to which many threads add; adding never fails. Thread-safe. */
final class Sum {
  private final LongAdder adder = new LongAdder();

  /** What came when there was no memory for the adder to spread over more cells. */
  private final AtomicLong rest = new AtomicLong();

  void add(long amount) {
    try {
      adder.add(amount);
    } catch (OutOfMemoryError ignored) {
      rest.addAndGet(amount); // the adder makes a cell before it adds: it has added nothing
    }
  }

  void increment() {
    add(1);
  }

  long sum() {
    return adder.sum() + rest.get();
  }
}
