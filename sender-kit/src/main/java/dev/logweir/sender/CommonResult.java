package dev.logweir.sender;

import dev.logweir.SendException;

/** The results of most senders. More constants may come. */
public enum CommonResult implements AttemptResult {
  /** The server has the lines. */
  OK(SendException.Kind.FAILED, Repeat.NEVER, Server.UP),
  /** There is no connection. */
  AWAY(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** The connection was lost before all was written. */
  LOST(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** All was written, and no answer can be read: the server may have the lines. */
  UNANSWERED(SendException.Kind.FAILED, Repeat.AT_MOST_ATTEMPTS, Server.DOWN),
  /** The server cannot take them now. */
  BUSY(SendException.Kind.FAILED, Repeat.ATTEMPTS, Server.DOWN),
  /** The server refuses them. */
  REFUSED(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP),
  /** The server does not know the job. */
  JOB_GONE(SendException.Kind.JOB_GONE, Repeat.NEVER, Server.UP),
  /** The job's end, or what came before, left no time for an attempt. */
  NO_TIME(SendException.Kind.FAILED, Repeat.NEVER, Server.UNKNOWN),
  /** The client was closed. */
  CLOSED(SendException.Kind.FAILED, Repeat.NEVER, Server.UNKNOWN),
  /** The thread was interrupted: the job's time is up. */
  INTERRUPTED(SendException.Kind.FAILED, Repeat.NEVER, Server.UNKNOWN);

  @SuppressWarnings("ImmutableEnumChecker") // it is immutable
  private final Consequence consequence;

  CommonResult(SendException.Kind kind, Repeat repeat, Server server) {
    consequence = new Consequence(kind, repeat, server);
  }

  @Override
  public Consequence consequence() {
    return consequence;
  }

  @Override
  public boolean isOutage() {
    return this == AWAY;
  }
}
