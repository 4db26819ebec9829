package dev.logweir;

/**
 * What {@link LogStreamer#pump} does when the library has no room for what a child process writes,
 * and whether there are {@linkplain SafeBuffer#waiting() streams that wait}. More constants may
 * come in later versions.
 */
public enum WhenFull {
  /** Reads on and drops, counted: the child never waits. The default. */
  DROP,
  /**
   * Stops reading until there is room: the pipe holds the child back, and a slow API loses nothing.
   * What is read is dropped only after a sink made no progress for {@link
   * LogStreamer.Builder#maxWait}, until it does again, and when the time of the job's end is up.
   */
  WAIT
}
