package dev.logweir.opslevel;

import dev.logweir.sender.AttemptException;
import java.time.Duration;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/** An attempt that failed. Its text holds no secret. */
final class ApiException extends AttemptException {
  private static final long serialVersionUID = 1L;

  static final String PROXY_UNAUTHORIZED =
      "the proxy wants a user and a password, or others: see proxy and HTTPS_PROXY";

  private final ApiResult result;
  private final EnumSet<Trait> traits;

  private enum Trait {
    /** The request was written in full and nothing came back. */
    UNANSWERED,
    /** Fewer lines at a time may be taken. */
    TOO_LARGE,
    /** An error of the payload is about the job's id. */
    NAMES_JOB
  }

  ApiException(ApiResult result, String message, @Nullable Throwable cause) {
    this(result, message, cause, false);
  }

  /**
   * Creates a failure.
   *
   * @param unanswered whether the request was written in full and nothing came back
   */
  ApiException(ApiResult result, String message, @Nullable Throwable cause, boolean unanswered) {
    this(result, message, cause, Duration.ZERO, traits(result, unanswered, false));
  }

  private ApiException(
      ApiResult result,
      String message,
      @Nullable Throwable cause,
      Duration retryAfter,
      EnumSet<Trait> traits) {
    super(result, message, cause, traits.contains(Trait.UNANSWERED), retryAfter);
    this.result = result;
    this.traits = traits;
  }

  private static EnumSet<Trait> traits(ApiResult result, boolean unanswered, boolean namesJob) {
    EnumSet<Trait> all = EnumSet.noneOf(Trait.class);
    if (unanswered) {
      all.add(Trait.UNANSWERED);
    }
    if (result == ApiResult.TOO_LARGE) {
      all.add(Trait.TOO_LARGE);
    }
    if (namesJob) {
      all.add(Trait.NAMES_JOB);
    }
    return all;
  }

  /**
   * Returns the failure that a status means.
   *
   * @param words what the server says of it, without secrets; may be empty
   */
  static ApiException ofStatus(ApiResult result, int status, Duration retryAfter, String words) {
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
    return new ApiException(
        result,
        message + " (HTTP " + status + ")" + (words.isEmpty() ? "" : ": " + words),
        null,
        retryAfter,
        traits(result, false, false));
  }

  static ApiException ofPayload(String message, boolean namesJob) {
    return new ApiException(
        ApiResult.PAYLOAD_ERRORS,
        "the server refused the input: " + message,
        null,
        Duration.ZERO,
        traits(ApiResult.PAYLOAD_ERRORS, false, namesJob));
  }

  static ApiException ofClosed(@Nullable Throwable cause) {
    return new ApiException(ApiResult.CLOSED, "the client is closed", cause);
  }

  /** The same failure, taken for that of a request too large: not to be tried again as it is. */
  ApiException asTooLarge() {
    EnumSet<Trait> more = EnumSet.copyOf(traits);
    more.add(Trait.TOO_LARGE);
    return new ApiException(
        result, "twice running, " + getMessage(), getCause(), retryAfter(), more);
  }

  @Override
  public ApiResult result() {
    return result;
  }

  @Override
  public boolean isRetried() {
    return super.isRetried() && !isTooLarge();
  }

  /** Whether fewer lines at a time may be taken. */
  boolean isTooLarge() {
    return traits.contains(Trait.TOO_LARGE);
  }

  /** Whether an error of the payload is about the job's id. */
  boolean namesJob() {
    return traits.contains(Trait.NAMES_JOB);
  }
}
