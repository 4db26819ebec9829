package dev.logweir;

/**
 * What {@link LogStreamer#pump} does when the library has no room for what a child process writes.
 */
public enum WhenFull {
  /** Reads on and drops, counted: the child never waits. The default. */
  DROP,
  /**
   * Stops reading until there is room: the pipe holds the child back, and a slow API loses nothing.
   */
  WAIT
}
