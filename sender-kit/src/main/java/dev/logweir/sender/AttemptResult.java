package dev.logweir.sender;

import dev.logweir.SendException;

/**
 * A possible result of one attempt, and what follows from it. A sender's own results are an enum
 * that implements this; {@link CommonResult} is one. Immutable.
 */
public interface AttemptResult {
  /** What an attempt tells about the server as such. More constants may come. */
  enum Server {
    /** It is there, and answers for itself. */
    UP,
    /** It is not there, or cannot take anything now. */
    DOWN,
    /** The attempt says nothing about it. */
    UNKNOWN
  }

  /** Returns what follows from it. */
  Consequence consequence();

  /** Returns what becomes of the lines if this is the last attempt. */
  default SendException.Kind kind() {
    return consequence().kind();
  }

  /** Returns whether and for how long it is tried again. */
  default Repeat repeat() {
    return consequence().repeat();
  }

  /** Returns what it tells about the server. */
  default Server server() {
    return consequence().server();
  }

  /**
   * Returns whether there was no server to take anything. Earlier attempts that were written and
   * not answered were cut off by the outage, and no longer count. False by default.
   */
  default boolean isOutage() {
    return false;
  }

  /**
   * Returns whether the deadline of the attempt came first. If that was not the sender's but the
   * job's, or the little that was left of the overall time, it says nothing of the server. False by
   * default.
   */
  default boolean isTimeout() {
    return false;
  }
}
