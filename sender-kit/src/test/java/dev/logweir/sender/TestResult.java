package dev.logweir.sender;

import dev.logweir.SendException;

/** Results of a sender of its own kind. */
enum TestResult implements AttemptResult {
  OK(Repeat.NEVER, Server.UP),
  /** The server answers that it could not. */
  FAILED(Repeat.ATTEMPTS, Server.UP),
  BUSY(Repeat.ATTEMPTS, Server.DOWN),
  GONE(Repeat.WHILE_AWAY, Server.DOWN),
  LOST(Repeat.WHILE_AWAY, Server.DOWN),
  TIMED_OUT(Repeat.WHILE_AWAY, Server.DOWN),
  NO_PLACE(Repeat.WHILE_AWAY, Server.UNKNOWN),
  GATEWAY(Repeat.WHILE_AWAY_TIMED, Server.DOWN),
  MALFORMED(Repeat.AT_MOST_ATTEMPTS, Server.DOWN),
  REFUSED(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP),
  NO_TIME(Repeat.NEVER, Server.UNKNOWN),
  CLOSED(Repeat.NEVER, Server.UNKNOWN),
  INTERRUPTED(Repeat.NEVER, Server.UNKNOWN);

  @SuppressWarnings("ImmutableEnumChecker") // it is immutable
  private final Consequence consequence;

  TestResult(Repeat repeat, Server server) {
    this(SendException.Kind.FAILED, repeat, server);
  }

  TestResult(SendException.Kind kind, Repeat repeat, Server server) {
    consequence = new Consequence(kind, repeat, server);
  }

  @Override
  public Consequence consequence() {
    return consequence;
  }

  @Override
  public boolean isOutage() {
    return this == GONE;
  }

  @Override
  public boolean isTimeout() {
    return this == TIMED_OUT;
  }
}
