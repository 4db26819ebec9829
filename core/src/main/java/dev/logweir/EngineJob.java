package dev.logweir;

/** A job as its engine sees it. */
interface EngineJob {
  /** Whether the calling thread is in a processor, sender or callback of this job. */
  boolean isWithin();

  /** Lines may go on that waited. */
  void requestDrain();

  /**
   * Begins the end if it has not begun.
   *
   * @param waits whether the caller waits for it, and ends it at its deadline
   */
  void beginEnd(long timeoutNanos, boolean waits);

  /** Waits for the end, no longer than the engine has time for. */
  LogReport finishBy(long deadlineNanos);

  /** Returns the report as it is; where there is no memory for it, tries for a while. */
  LogReport finalReport();

  /** Returns the heap bytes charged to it now. */
  long retainedBytes();

  /** Returns the most heap bytes that it holds. */
  long maxRetainedBytes();
}
