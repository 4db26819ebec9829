package dev.logweir.faktory;

import dev.logweir.SendException;

/**
 * What can come of one attempt, and what follows from it.
 *
 * <p>The one place where that is decided; {@code docs/faktory.md} has the same table in words.
 */
enum AttemptResult {
  /** No connection: refused, no route, no such host. */
  UNREACHABLE(SendException.Kind.FAILED, true),
  /** The connection was lost before the server had greeted: something else took it. */
  NOT_GREETED(SendException.Kind.FAILED, true),
  /** The TLS handshake failed. */
  TLS_FAILED(SendException.Kind.FAILED, true),
  /** The server's certificate is not trusted, or is for another host. */
  UNTRUSTED(SendException.Kind.REFUSED, false),
  /** The connection was lost before the server answered. */
  LOST(SendException.Kind.FAILED, true),
  /** The attempt's deadline came first. */
  TIMED_OUT(SendException.Kind.FAILED, true),
  /** The deadline came while all connections were in use. */
  NO_CONNECTION_FREE(SendException.Kind.FAILED, true),
  /** What came is no reply of the protocol, or not one to this command. */
  MALFORMED(SendException.Kind.FAILED, true),
  /** {@code -ERR}: the server could not carry the command out. */
  SERVER_ERROR(SendException.Kind.FAILED, true),
  /** {@code -SHUTDOWN}: the server ends. */
  SHUTTING_DOWN(SendException.Kind.FAILED, true),
  /** {@code -NOTUNIQUE}: the server has such a job already. */
  NOT_UNIQUE(SendException.Kind.REFUSED, false),
  /** The command is for Faktory Enterprise only. */
  ENTERPRISE_ONLY(SendException.Kind.REFUSED, false),
  /** The password is wrong, or there is none and the server wants one. */
  UNAUTHORIZED(SendException.Kind.REFUSED, false),
  /** An error of another code: a rule of the server's. */
  REFUSED(SendException.Kind.REFUSED, false),
  /** The job's end left no time for an attempt. */
  NO_TIME(SendException.Kind.FAILED, false),
  /** The client was closed. */
  CLOSED(SendException.Kind.FAILED, false);

  private final SendException.Kind kind;
  private final boolean retried;

  AttemptResult(SendException.Kind kind, boolean retried) {
    this.kind = kind;
    this.retried = retried;
  }

  SendException.Kind kind() {
    return kind;
  }

  /**
   * Whether nobody answered, or was asked, or all said is that the server ends, unless a command
   * was written in full.
   */
  boolean isAway() {
    return switch (this) {
      case UNREACHABLE, NOT_GREETED, LOST, TIMED_OUT, NO_CONNECTION_FREE, SHUTTING_DOWN -> true;
      default -> false;
    };
  }

  /** Whether there was no server to take anything. */
  boolean isOutage() {
    return this == UNREACHABLE || this == NOT_GREETED || this == SHUTTING_DOWN;
  }

  boolean isRetried() {
    return retried;
  }
}
