package dev.logweir.faktory;

import org.jspecify.annotations.Nullable;

/** An attempt that failed. Its text holds no secret. */
final class AttemptException extends Exception {
  private static final long serialVersionUID = 1L;

  /** So much of what a server says is shown. */
  private static final int MAX_SAID_CHARS = 200;

  /** The open-source server says it in words only, with the code of any other error. */
  private static final String ENTERPRISE = "only available in Faktory Enterprise";

  private final AttemptResult result;

  /** Whether a command was written in full and nothing came back. */
  private final boolean unanswered;

  AttemptException(AttemptResult result, String message, @Nullable Throwable cause) {
    this(result, message, cause, false);
  }

  /**
   * Creates a failure.
   *
   * @param unanswered whether a command was written in full and nothing came back
   */
  AttemptException(
      AttemptResult result, String message, @Nullable Throwable cause, boolean unanswered) {
    super(message, cause);
    this.result = result;
    this.unanswered = unanswered;
  }

  /**
   * Returns what an error says.
   *
   * @param secret does not appear in the text, even if the server repeats it; null for none
   */
  static AttemptException of(Reply error, @Nullable String secret) {
    String text = error.text() == null ? "" : error.text();
    String said = ": -" + printable(error.code() + " " + text, secret);
    return switch (error.code()) {
      case "ERR" ->
          text.contains(ENTERPRISE)
              ? new AttemptException(
                  AttemptResult.ENTERPRISE_ONLY,
                  "the server is no Faktory Enterprise, which alone knows batches; make the sender"
                      + " without a batch's id"
                      + said,
                  null)
              : new AttemptException(
                  AttemptResult.SERVER_ERROR, "the server could not take the job" + said, null);
      case "SHUTDOWN" ->
          new AttemptException(AttemptResult.SHUTTING_DOWN, "the server shuts down" + said, null);
      case "NOTUNIQUE" ->
          new AttemptException(
              AttemptResult.NOT_UNIQUE, "the server has such a job already" + said, null);
      default ->
          new AttemptException(AttemptResult.REFUSED, "the server refused the job" + said, null);
    };
  }

  /**
   * Returns the end of attempts that is not the fault of the last one, but tells of it.
   *
   * @param last null if there was none
   */
  static AttemptException after(
      @Nullable AttemptException last, AttemptResult result, String message) {
    String before = last == null ? "" : "; before: " + last.getMessage();
    return new AttemptException(result, message + before, last);
  }

  static String printable(String said, @Nullable String secret) {
    String text = secret == null ? said : said.replace(secret, "**********");
    String shown = text.length() > MAX_SAID_CHARS ? text.substring(0, MAX_SAID_CHARS) + "…" : text;
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  /** Whether nobody answered, or was asked: such attempts use up none of those that are set. */
  boolean isAway() {
    return result.isAway() && !unanswered;
  }

  /** Whether a command was written in full and nothing came back. */
  boolean isUnanswered() {
    return unanswered;
  }

  AttemptResult result() {
    return result;
  }
}
