package dev.logweir.sender;

/** Whether and for how long an attempt that failed is repeated. More constants may come. */
public enum Repeat {
  /** Never: the server refuses, or there is no time. */
  NEVER,
  /**
   * As often as there are attempts; at the end of a job, unless the server is up, until its
   * deadline.
   */
  ATTEMPTS,
  /**
   * As often as there are attempts, at the end of a job too: the server may have taken the lines
   * each time.
   */
  AT_MOST_ATTEMPTS,
  /** Until the server is back, or the job ends: the server is away, and got nothing. */
  WHILE_AWAY,
  /**
   * As {@link #WHILE_AWAY}, but the time of the attempts counts for the overall time: a gateway
   * says that the server is away, which may have taken the lines each time.
   */
  WHILE_AWAY_TIMED
}
