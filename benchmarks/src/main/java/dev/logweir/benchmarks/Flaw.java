package dev.logweir.benchmarks;

/** What a measurement can be broken by on purpose, to see that it fails. */
enum Flaw {
  NONE,
  /** Senders keep a copy of each batch. */
  LEAK,
  /** A buffer without a cap stands before each job. */
  UNCAPPED
}
