package dev.logweir.benchmarks;

/** Takes what a job writes, and hands its lines to a {@link LineSink}. One writer. */
interface Pipeline {
  /** Takes a chunk, which may end within a line. */
  void write(byte[] bytes, int offset, int length) throws Exception;

  /**
   * Returns when all that was written has arrived, and ends the pipeline; {@link Mode#LOSSLESS}.
   */
  void finish() throws Exception;

  /** Ends the pipeline as its library's own close does, whatever is still on its way. */
  void stop() throws Exception;
}
