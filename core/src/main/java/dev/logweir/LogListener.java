package dev.logweir;

/**
 * Sees each line as the sinks get it, after it is in their batches; cannot change it.
 *
 * <p>Called on the job's drain, a thread of the engine, one line of a job at a time; of several
 * jobs at the same time if it is given to several, so that it then must be thread-safe. What it
 * throws is counted and logged at a bounded rate and costs nothing else. One that hangs holds its
 * job up. While 16 calls of listeners of its class hang, in whatever jobs, no job with one is
 * started, and those that run tell theirs nothing.
 */
@FunctionalInterface
public interface LogListener {
  /**
   * Takes note of a line or a fragment.
   *
   * @param line valid during the call; its changing methods throw {@link IllegalStateException}
   * @throws Exception logged at a bounded rate
   */
  void onLine(LogLine line) throws Exception;
}
