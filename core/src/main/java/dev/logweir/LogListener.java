package dev.logweir;

/**
 * Sees each line as the sinks get it, after it is in their batches; cannot change it.
 *
 * <p>Called on the job's drain, a thread of the engine, one line of a job at a time; of several
 * jobs at the same time if it is given to several, so that it then must be thread-safe. What it
 * throws is counted and logged at a bounded rate and costs nothing else. One that hangs blocks its
 * job. While 16 calls of listeners of its class hang, over all jobs, no job with such a listener
 * starts, and running jobs do not call theirs.
 */
@FunctionalInterface
public interface LogListener {
  /**
   * Called with a line or a fragment.
   *
   * @param line valid during the call; its changing methods throw {@link IllegalStateException}
   * @throws Exception logged at a bounded rate
   */
  void onLine(LogLine line) throws Exception;
}
