package dev.logweir.opslevel;

import dev.logweir.SendException;
import dev.logweir.sender.AttemptResult;
import dev.logweir.sender.Consequence;
import dev.logweir.sender.Repeat;
import java.util.Locale;

/**
 * The possible results of one attempt, and what follows from each.
 *
 * <p>The one place where that is decided; {@code docs/opslevel.md} has the same table in words.
 */
enum ApiResult implements AttemptResult {
  /** An answer without errors. */
  OK(SendException.Kind.FAILED, Repeat.NEVER, true, Server.UP),
  /** All connections of the client were in use until the attempt's deadline. */
  NO_FREE_CONNECTION(SendException.Kind.FAILED, Repeat.WHILE_AWAY, false, Server.UNKNOWN),
  /** No connection: refused, no route, no such host. */
  UNREACHABLE(SendException.Kind.FAILED, Repeat.WHILE_AWAY, false, Server.DOWN),
  /** The proxy does not want to connect to the server: a rule of its own. */
  PROXY_REFUSED(SendException.Kind.FAILED, Repeat.ATTEMPTS, false, Server.DOWN),
  /** The proxy could not connect to the server, or did not say whether it did. */
  PROXY_FAILED(SendException.Kind.FAILED, Repeat.WHILE_AWAY, false, Server.DOWN),
  /** 407: the proxy wants a user and a password, or others. */
  PROXY_UNAUTHORIZED(SendException.Kind.REFUSED, Repeat.NEVER, true, Server.UNKNOWN),
  /** The TLS handshake failed. */
  TLS_FAILED(SendException.Kind.FAILED, Repeat.ATTEMPTS, false, Server.DOWN),
  /** The server's certificate is not trusted, or is for another host. */
  UNTRUSTED(SendException.Kind.REFUSED, Repeat.NEVER, false, Server.DOWN),
  /** The connection was lost while the body was written. */
  LOST_WRITING(SendException.Kind.FAILED, Repeat.WHILE_AWAY, false, Server.DOWN),
  /** The connection was lost before the answer was read in full. */
  LOST_READING(SendException.Kind.FAILED, Repeat.ATTEMPTS, false, Server.DOWN),
  /** The attempt's deadline came first. */
  TIMED_OUT(SendException.Kind.FAILED, Repeat.WHILE_AWAY, false, Server.DOWN),
  /** 408, 425, 429: the server wants it later. */
  BUSY(SendException.Kind.FAILED, Repeat.ATTEMPTS, true, Server.DOWN),
  /** 502, 504: the server behind may have taken what was written in full. */
  GATEWAY_ERROR(SendException.Kind.FAILED, Repeat.WHILE_AWAY_TIMED, false, Server.DOWN),
  /** 404 after the API has answered: a gateway that has lost its way there for a while. */
  ROUTE_LOST(SendException.Kind.FAILED, Repeat.WHILE_AWAY, true, Server.DOWN),
  /** 503: a gateway without a server behind it, or one that is not ready. */
  UNAVAILABLE(SendException.Kind.FAILED, Repeat.WHILE_AWAY, true, Server.DOWN),
  /** Other 5xx. */
  SERVER_ERROR(SendException.Kind.FAILED, Repeat.ATTEMPTS, true, Server.DOWN),
  /** 200 with errors of GraphQL: the server says that it could not answer. */
  QUERY_ERRORS(SendException.Kind.FAILED, Repeat.ATTEMPTS, true, Server.UP),
  /** 200 with a malformed answer: not JSON, empty, incomplete, over 64 KiB. */
  MALFORMED(SendException.Kind.FAILED, Repeat.AT_MOST_ATTEMPTS, false, Server.DOWN),
  /** 401, 403. */
  UNAUTHORIZED(SendException.Kind.REFUSED, Repeat.NEVER, true, Server.UP),
  /** 404, where the API has never answered: there is no such endpoint. */
  NOT_FOUND(SendException.Kind.JOB_GONE, Repeat.NEVER, true, Server.UP),
  /** 413. */
  TOO_LARGE(SendException.Kind.REFUSED, Repeat.NEVER, true, Server.UP),
  /** 200 with errors of the payload: the server does not want this input. */
  PAYLOAD_ERRORS(SendException.Kind.REFUSED, Repeat.NEVER, true, Server.UP),
  /** Any other status. */
  REFUSED(SendException.Kind.REFUSED, Repeat.NEVER, true, Server.UP),
  /** The job's end, or what came before, left no time for an attempt. */
  NO_TIME(SendException.Kind.FAILED, Repeat.NEVER, false, Server.UNKNOWN),
  /** The client was closed. */
  CLOSED(SendException.Kind.FAILED, Repeat.NEVER, false, Server.UNKNOWN),
  /** The thread was interrupted, or the batch taken away: the job's time is up. */
  INTERRUPTED(SendException.Kind.FAILED, Repeat.NEVER, false, Server.UNKNOWN);

  @SuppressWarnings("ImmutableEnumChecker") // it is immutable
  private final Consequence consequence;

  private final boolean answered;

  ApiResult(SendException.Kind kind, Repeat repeat, boolean answered, Server server) {
    consequence = new Consequence(kind, repeat, server);
    this.answered = answered;
  }

  @Override
  public Consequence consequence() {
    return consequence;
  }

  @Override
  public boolean isOutage() {
    return switch (this) {
      case UNREACHABLE, PROXY_REFUSED, PROXY_FAILED, UNAVAILABLE, ROUTE_LOST -> true;
      default -> false;
    };
  }

  @Override
  public boolean isTimeout() {
    return this == TIMED_OUT;
  }

  /** Whether the server said if it took the lines. */
  boolean isAnswered() {
    return answered;
  }

  /** Whether an attempt was made that can end so. */
  boolean isOfAttempt() {
    return this != NO_TIME;
  }

  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }

  static ApiResult ofStatus(int status) {
    return switch (status) {
      case 401, 403 -> UNAUTHORIZED;
      case 404 -> NOT_FOUND;
      case 407 -> PROXY_UNAUTHORIZED;
      case 408, 425, 429 -> BUSY;
      case 413 -> TOO_LARGE;
      case 502, 504 -> GATEWAY_ERROR;
      case 503 -> UNAVAILABLE;
      default -> status >= 500 ? SERVER_ERROR : REFUSED;
    };
  }
}
