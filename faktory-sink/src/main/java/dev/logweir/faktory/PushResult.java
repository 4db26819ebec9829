package dev.logweir.faktory;

import dev.logweir.SendException;
import dev.logweir.sender.AttemptResult;
import dev.logweir.sender.Consequence;
import dev.logweir.sender.Repeat;

/**
 * The possible results of one attempt at a push, and what follows from each.
 *
 * <p>The one place where that is decided; {@code docs/faktory.md} has the same table in words.
 */
enum PushResult implements AttemptResult {
  /** No connection: refused, no route, no such host. */
  UNREACHABLE(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** The connection was lost before the server had greeted: something else took it. */
  NOT_GREETED(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** The TLS handshake failed. */
  TLS_FAILED(SendException.Kind.FAILED, Repeat.ATTEMPTS, Server.DOWN),
  /** The server's certificate is not trusted, or is for another host. */
  UNTRUSTED(SendException.Kind.REFUSED, Repeat.NEVER, Server.DOWN),
  /** The connection was lost before the server answered. */
  LOST(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** The attempt's deadline came first. */
  TIMED_OUT(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** The deadline came while all connections were in use. */
  NO_FREE_CONNECTION(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.UNKNOWN),
  /** The reply is not one of the protocol, or not one to this command. */
  MALFORMED(SendException.Kind.FAILED, Repeat.AT_MOST_ATTEMPTS, Server.DOWN),
  /** {@code -ERR}: the server could not carry the command out. */
  SERVER_ERROR(SendException.Kind.FAILED, Repeat.ATTEMPTS, Server.DOWN),
  /** {@code -SHUTDOWN}: the server ends. */
  SHUTTING_DOWN(SendException.Kind.FAILED, Repeat.WHILE_AWAY, Server.DOWN),
  /** {@code -NOTUNIQUE}: the server has such a job already. */
  NOT_UNIQUE(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP),
  /** The command is for Faktory Enterprise only. */
  ENTERPRISE_ONLY(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP),
  /** The password is wrong, or there is none and the server wants one. */
  UNAUTHORIZED(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP),
  /** An error of another code: a rule of the server's. */
  REFUSED(SendException.Kind.REFUSED, Repeat.NEVER, Server.UP);

  @SuppressWarnings("ImmutableEnumChecker") // it is immutable
  private final Consequence consequence;

  PushResult(SendException.Kind kind, Repeat repeat, Server server) {
    consequence = new Consequence(kind, repeat, server);
  }

  @Override
  public Consequence consequence() {
    return consequence;
  }

  @Override
  public boolean isOutage() {
    return this == UNREACHABLE || this == NOT_GREETED || this == SHUTTING_DOWN;
  }

  @Override
  public boolean isTimeout() {
    return this == TIMED_OUT;
  }
}
