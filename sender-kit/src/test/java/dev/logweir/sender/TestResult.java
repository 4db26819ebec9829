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
  REFUSED(Repeat.NEVER, Server.UP),
  NO_TIME(Repeat.NEVER, Server.UNKNOWN),
  CLOSED(Repeat.NEVER, Server.UNKNOWN),
  INTERRUPTED(Repeat.NEVER, Server.UNKNOWN);

  private final Repeat repeat;
  private final Server server;

  TestResult(Repeat repeat, Server server) {
    this.repeat = repeat;
    this.server = server;
  }

  @Override
  public SendException.Kind kind() {
    return this == REFUSED ? SendException.Kind.REFUSED : SendException.Kind.FAILED;
  }

  @Override
  public Repeat repeat() {
    return repeat;
  }

  @Override
  public Server server() {
    return server;
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
