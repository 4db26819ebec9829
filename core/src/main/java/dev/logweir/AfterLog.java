package dev.logweir;

/** Reports the outcome of a job, once its log has ended. */
@FunctionalInterface
public interface AfterLog {
  /**
   * Runs after the last batch and after the senders were closed, on a thread of the engine, within
   * the share of the time kept for it; interrupted at the deadline. Not run when the job was
   * cancelled.
   *
   * @param report the final report
   * @throws Exception logged, with no further effect
   */
  void run(LogReport report) throws Exception;
}
