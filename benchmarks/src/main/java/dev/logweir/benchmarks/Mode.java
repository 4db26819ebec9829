package dev.logweir.benchmarks;

/** What a pipeline is set up for. */
enum Mode {
  /** Least cost for a line, with nothing lost: a writer that is ahead of its sender waits. */
  LOSSLESS,

  /** The library's defaults: a writer is not held back by the benchmark. */
  DEFAULTS,

  /** Least time from the write to the send. */
  PROMPT
}
