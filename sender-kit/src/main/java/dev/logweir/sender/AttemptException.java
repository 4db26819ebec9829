package dev.logweir.sender;

import dev.logweir.SendException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that failed, or the end of attempts. Its message becomes that of the {@link
 * SendException}, and so must hold no secret.
 */
public class AttemptException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient AttemptResult result;
  private final boolean unanswered;
  private final Duration retryAfter;

  /**
   * Creates a failure without a {@code Retry-After}.
   *
   * @throws NullPointerException if {@code result} or {@code message} is null
   */
  public AttemptException(AttemptResult result, String message, @Nullable Throwable cause) {
    this(result, message, cause, false, Duration.ZERO);
  }

  /**
   * Creates a failure.
   *
   * @param unanswered whether all was written and no answer came: such attempts are bounded, as the
   *     server may have taken each
   * @param retryAfter how long the server wants to be left alone; zero if it did not say
   * @throws NullPointerException if {@code result}, {@code message} or {@code retryAfter} is null
   */
  public AttemptException(
      AttemptResult result,
      String message,
      @Nullable Throwable cause,
      boolean unanswered,
      Duration retryAfter) {
    super(Objects.requireNonNull(message, "message"), cause);
    this.result = Objects.requireNonNull(result, "result");
    this.unanswered = unanswered;
    this.retryAfter = Objects.requireNonNull(retryAfter, "retryAfter");
  }

  /**
   * Returns the end of attempts for another reason than the last failure, which is its cause.
   *
   * @param last null if there was none
   */
  static AttemptException after(
      @Nullable AttemptException last, AttemptResult result, String message) {
    String before = last == null ? "" : "; before: " + last.getMessage();
    return new AttemptException(result, message + before, last);
  }

  /** Returns the result of the attempt. */
  public AttemptResult result() {
    return result;
  }

  /** Returns how long the server wants to be left alone; zero if it did not say. */
  public Duration retryAfter() {
    return retryAfter;
  }

  /** Returns whether all was written and no answer came. */
  public boolean isUnanswered() {
    return unanswered;
  }

  /**
   * Returns whether it is tried again at all: as the result says, unless a sender's own exception
   * overrides it.
   */
  public boolean isRetried() {
    return result.repeat() != Repeat.NEVER;
  }

  /** Returns whether the server is away: such attempts do not count. */
  public final boolean isAway() {
    return isRetried()
        && !unanswered
        && switch (result.repeat()) {
          case WHILE_AWAY, WHILE_AWAY_TIMED -> true;
          default -> false;
        };
  }

  /** Whether the server may have taken the lines, as often as they are sent. */
  final boolean isTakenPerhaps() {
    return unanswered || result.repeat() == Repeat.AT_MOST_ATTEMPTS;
  }

  /**
   * Returns the failure of a batch, with the kind of the result.
   *
   * @param what begins the text, such as {@code log of job 1 not sent}
   */
  public final SendException toSendException(String what) {
    return new SendException(result.kind(), what + ": " + getMessage(), this);
  }
}
