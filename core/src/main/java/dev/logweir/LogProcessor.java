package dev.logweir;

/**
 * Changes, splits or removes lines between a job and its sinks.
 *
 * <p>Processors run in the order in which they were added, on the job's drain, one line of a job at
 * a time: what {@link #forStream} returns is called by one thread at a time, each seeing what the
 * one before did, and need not be thread-safe. One that throws costs the line, counted as {@code
 * processor_failed}; one that hangs blocks its job. While 16 calls of its class hang, over all
 * jobs, no job with such a processor starts, and the lines of running ones wait. A processor may
 * serve several jobs at once if it keeps nothing between lines, or keeps it in what {@link
 * #forStream} returns; then its own methods are called by several threads at the same time.
 */
@FunctionalInterface
public interface LogProcessor {
  /**
   * Processes a line or a fragment of a long line: may replace or remove it.
   *
   * @param line valid during the call
   * @throws Exception drops the line as {@code processor_failed}
   */
  void process(LogLine line) throws Exception;

  /**
   * Returns the processor for one stream of one job, made at the job's start, on the thread that
   * starts it. The default is this processor itself: right for one that keeps nothing between
   * lines. The returned processor is never closed: free what it holds in {@link #end}, which is not
   * called if the job's time is up before, or in this processor's {@link #close}.
   */
  default LogProcessor forStream(LogSource source) {
    return this;
  }

  /**
   * Called on what {@link #forStream} returned where lines of that stream were dropped, between the
   * lines before and after the gap. Does nothing by default.
   *
   * @throws Exception logged at a bounded rate
   */
  default void gap() throws Exception {}

  /**
   * Called on what {@link #forStream} returned after the stream's last line. What is emitted goes
   * to the next processors. Does nothing by default.
   *
   * @throws Exception logged at a bounded rate
   */
  default void end(Output out) throws Exception {}

  /**
   * Returns the most heap, in bytes, that this processor holds for a job, both streams together. A
   * part of {@link LogStreamer#maxRetainedBytes()}. Called at start, and by a builder's {@code
   * maxRetainedBytes()}; the default is 0.
   */
  default long maxRetainedBytes() {
    return 0;
  }

  /**
   * Called once a job, on the processor that was given to it, at the job's end; when the job's time
   * is up, on an interrupted thread, or interrupted and abandoned. Does nothing by default.
   *
   * @throws Exception logged without its text, with no further effect
   */
  default void close() throws Exception {}

  /** Takes the text that a processor emits at the end of a stream. */
  interface Output {
    /**
     * Sends a text on as a line, or as several where it has line breaks.
     *
     * @throws NullPointerException if {@code text} is null
     */
    void emit(String text);
  }
}
