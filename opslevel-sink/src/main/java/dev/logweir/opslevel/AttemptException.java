package dev.logweir.opslevel;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An attempt that failed. Its text holds no secret. */
final class AttemptException extends Exception {
  private static final long serialVersionUID = 1L;

  static final String PROXY_UNAUTHORIZED =
      "the proxy wants a user and a password, or others: see proxy and HTTPS_PROXY";

  private final AttemptResult result;
  private final Duration retryAfter;
  private final boolean namesJob;
  private final boolean tooLarge;

  /** Whether the request was written in full and nothing came back. */
  private final boolean unanswered;

  AttemptException(AttemptResult result, String message, @Nullable Throwable cause) {
    this(result, message, cause, false);
  }

  /**
   * Creates a failure.
   *
   * @param unanswered whether the request was written in full and nothing came back
   */
  AttemptException(
      AttemptResult result, String message, @Nullable Throwable cause, boolean unanswered) {
    this(
        result,
        message,
        cause,
        Duration.ZERO,
        false,
        result == AttemptResult.TOO_LARGE,
        unanswered);
  }

  private AttemptException(
      AttemptResult result,
      String message,
      @Nullable Throwable cause,
      Duration retryAfter,
      boolean namesJob,
      boolean tooLarge,
      boolean unanswered) {
    super(message, cause);
    this.result = result;
    this.retryAfter = retryAfter;
    this.namesJob = namesJob;
    this.tooLarge = tooLarge;
    this.unanswered = unanswered;
  }

  /**
   * Returns the failure that a status means.
   *
   * @param words what the server says of it, without secrets; may be empty
   */
  static AttemptException ofStatus(
      AttemptResult result, int status, Duration retryAfter, String words) {
    String message =
        switch (result) {
          case UNAUTHORIZED -> "the server refused the token, see OPSLEVEL_API_TOKEN";
          case NOT_FOUND -> "there is no such endpoint, see OPSLEVEL_API_URL";
          case ROUTE_LOST -> "a gateway has lost the way to the server";
          case PROXY_UNAUTHORIZED -> PROXY_UNAUTHORIZED;
          case TOO_LARGE -> "the request is too large for the server";
          case BUSY -> "the server is busy";
          case SERVER_ERROR, UNAVAILABLE -> "the server failed";
          case GATEWAY_ERROR -> "the server behind a gateway failed";
          default -> status >= 300 && status < 400 ? "redirects are not followed" : "refused";
        };
    return new AttemptException(
        result,
        message + " (HTTP " + status + ")" + (words.isEmpty() ? "" : ": " + words),
        null,
        retryAfter,
        false,
        result == AttemptResult.TOO_LARGE,
        false);
  }

  static AttemptException ofPayload(String message, boolean namesJob) {
    return new AttemptException(
        AttemptResult.PAYLOAD_ERRORS,
        "the server refused the input: " + message,
        null,
        Duration.ZERO,
        namesJob,
        false,
        false);
  }

  static AttemptException ofClosed(@Nullable Throwable cause) {
    return new AttemptException(AttemptResult.CLOSED, "the client is closed", cause);
  }

  /** The same failure, taken for that of a request too large: not to be tried again as it is. */
  AttemptException asTooLarge() {
    return new AttemptException(
        result,
        "twice running, " + getMessage(),
        getCause(),
        retryAfter,
        namesJob,
        true,
        unanswered);
  }

  AttemptResult result() {
    return result;
  }

  boolean isRetried() {
    return result.isRetried() && !tooLarge;
  }

  /** Whether nobody answered, or was asked: such attempts use up none of those that are set. */
  boolean isAway() {
    return result.isAway() && !unanswered;
  }

  /**
   * Whether the server was there and may have accepted the lines, as often as they are sent: such
   * attempts are bounded, whatever comes of the others.
   */
  boolean isAcceptedPerhaps() {
    return result.isAcceptedPerhaps() || unanswered;
  }

  /** Whether the request was written in full and nothing came back. */
  boolean isUnanswered() {
    return unanswered;
  }

  /** Whether fewer lines at a time may be taken. */
  boolean isTooLarge() {
    return tooLarge;
  }

  /** Returns how long the server wants to be left alone; zero if it did not say. */
  Duration retryAfter() {
    return retryAfter;
  }

  /** Whether an error of the payload is about the job's id. */
  boolean namesJob() {
    return namesJob;
  }
}
