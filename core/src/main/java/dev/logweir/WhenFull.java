package dev.logweir;

/**
 * What {@link LogStreamer#pump} does when there is no room for the output of a child process, and
 * whether there are {@linkplain SafeBuffer#waiting() streams that wait}. More constants may come in
 * later versions.
 */
public enum WhenFull {
  /** Reads on and drops, counted: the child never waits. The default. */
  DROP,
  /**
   * Stops reading until there is room: the full pipe blocks the child, and with a slow API nothing
   * is lost. Lines are dropped only after a sink made no progress for {@link
   * LogStreamer.Builder#maxWait}, until it makes some again, and when the time of the job's end is
   * up.
   */
  WAIT
}
