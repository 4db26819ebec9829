package dev.logweir.opslevel;

import dev.logweir.SendException;
import java.util.Locale;

/**
 * What can come of one attempt, and what follows from it.
 *
 * <p>The one place where that is decided; {@code docs/opslevel.md} has the same table in words.
 */
enum AttemptResult {
  /** An answer without errors. */
  OK(SendException.Kind.FAILED, false, true),
  /** No connection: refused, no route, no such host. */
  UNREACHABLE(SendException.Kind.FAILED, true, false),
  /** The TLS handshake failed. */
  TLS_FAILED(SendException.Kind.FAILED, true, false),
  /** The server's certificate is not trusted, or is for another host. */
  UNTRUSTED(SendException.Kind.REFUSED, false, false),
  /** The connection was lost while the body was written. */
  LOST_WRITING(SendException.Kind.FAILED, true, false),
  /** The connection was lost before the answer was read in full. */
  LOST_READING(SendException.Kind.FAILED, true, false),
  /** The attempt's deadline came first. */
  TIMED_OUT(SendException.Kind.FAILED, true, false),
  /** 408, 425, 429: the server wants it later. */
  BUSY(SendException.Kind.FAILED, true, true),
  /** 5xx. */
  SERVER_ERROR(SendException.Kind.FAILED, true, true),
  /** 200 with errors of GraphQL: the call was not carried out. */
  QUERY_ERRORS(SendException.Kind.FAILED, true, true),
  /** 200 with what is no answer: not JSON, empty, incomplete, over 64 KiB. */
  MALFORMED(SendException.Kind.FAILED, true, false),
  /** 401, 403. */
  UNAUTHORIZED(SendException.Kind.REFUSED, false, true),
  /** 404: there is no such endpoint. */
  NOT_FOUND(SendException.Kind.JOB_GONE, false, true),
  /** 413. */
  TOO_LARGE(SendException.Kind.REFUSED, false, true),
  /** 200 with errors of the payload: the server does not want this input. */
  PAYLOAD_ERRORS(SendException.Kind.REFUSED, false, true),
  /** Any other status. */
  REFUSED(SendException.Kind.REFUSED, false, true),
  /** The client was closed. */
  CLOSED(SendException.Kind.FAILED, false, false);

  private final SendException.Kind kind;
  private final boolean retried;
  private final boolean answered;

  AttemptResult(SendException.Kind kind, boolean retried, boolean answered) {
    this.kind = kind;
    this.retried = retried;
    this.answered = answered;
  }

  SendException.Kind kind() {
    return kind;
  }

  boolean isRetried() {
    return retried;
  }

  /** Whether the server said what became of the lines. */
  boolean isAnswered() {
    return answered;
  }

  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }

  static AttemptResult ofStatus(int status) {
    return switch (status) {
      case 401, 403 -> UNAUTHORIZED;
      case 404 -> NOT_FOUND;
      case 408, 425, 429 -> BUSY;
      case 413 -> TOO_LARGE;
      default -> status >= 500 ? SERVER_ERROR : REFUSED;
    };
  }
}
