package dev.logweir.faktory;

import dev.logweir.ForeignText;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.ServerWords;

/** What an error means that the server replies. */
final class ReplyError {
  /** The open-source server says it in words only, with the code of any other error. */
  private static final String ENTERPRISE = "only available in Faktory Enterprise";

  private ReplyError() {}

  /**
   * Returns what an error says.
   *
   * @param secret does not appear in the text, even if the server repeats it; empty for none
   */
  static AttemptException of(Reply error, String secret) {
    String text = error.text() == null ? "" : error.text();
    return switch (error.code()) {
      case "ERR" ->
          text.contains(ENTERPRISE)
              ? failure(
                  PushResult.ENTERPRISE_ONLY,
                  "the server is no Faktory Enterprise, which alone knows batches; make the sender"
                      + " without a batch's id",
                  error,
                  secret)
              : failure(
                  PushResult.SERVER_ERROR, "the server could not take the job", error, secret);
      case "SHUTDOWN" -> failure(PushResult.SHUTTING_DOWN, "the server shuts down", error, secret);
      case "NOTUNIQUE" ->
          failure(PushResult.NOT_UNIQUE, "the server has such a job already", error, secret);
      default -> failure(PushResult.REFUSED, "the server refused the job", error, secret);
    };
  }

  /** Returns what an error in answer to hello says: a wrong password has no code of its own. */
  static AttemptException ofHello(Reply error, String secret) {
    String text = error.text();
    boolean password = !secret.isEmpty() && text != null && text.contains("Invalid password");
    return password
        ? failure(
            PushResult.UNAUTHORIZED,
            "the server refused the password, see FAKTORY_URL",
            error,
            secret)
        : of(error, secret);
  }

  private static AttemptException failure(
      PushResult result, String what, Reply error, String secret) {
    String said = error.code() + " " + (error.text() == null ? "" : error.text());
    return new AttemptException(
        result,
        what + ": -" + ForeignText.shortened(ServerWords.masked(said, secret, false)),
        null);
  }
}
