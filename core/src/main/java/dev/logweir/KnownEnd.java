package dev.logweir;

/**
 * What is known of a job's end.
 *
 * @param end of its last command
 * @param isProven whether the ends of all its commands are proven, or need not be
 */
record KnownEnd(LogEnd end, boolean isProven) {
  /** Nothing is known, and no proof is asked for. */
  static final KnownEnd OPEN = new KnownEnd(LogEnd.OPEN, true);
}
