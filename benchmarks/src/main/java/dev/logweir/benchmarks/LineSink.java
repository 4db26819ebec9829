package dev.logweir.benchmarks;

import dev.logweir.LogBatch;

/**
 * What a pipeline's sender hands lines to, in order, on one thread at a time, in whichever form the
 * pipeline has them.
 */
interface LineSink {
  /** Takes a line without its line end. */
  void line(String line);

  /** Takes a line without its line end, as UTF-8. */
  void line(byte[] bytes, int offset, int length);

  /** Takes all lines of a batch. */
  void batch(LogBatch batch);

  /** Takes all lines of a batch, one by one, as a sender must that encodes each. */
  default void lineByLine(LogBatch batch) {
    batch.forEach(this::line);
  }

  /** Ends a send: what was handed over since the last one would be one request. */
  void sent();
}
