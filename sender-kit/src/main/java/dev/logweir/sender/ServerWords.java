package dev.logweir.sender;

/**
 * Prepares a server's text for a message: masks the client's secret, and tells whether it fits into
 * a message at all. {@link dev.logweir.ForeignText} makes one short line of it. Thread-safe.
 */
public final class ServerWords {
  private static final String MASK = "**********";

  private ServerWords() {}

  /**
   * Returns a text with a secret masked, as it is or with quotes and backslashes escaped.
   *
   * @param secret may be empty, for none
   * @param isCut whether the text goes on: then the secret's beginning may stand at its end
   * @throws NullPointerException if an argument is null
   */
  public static String masked(String text, String secret, boolean isCut) {
    if (secret.isEmpty()) {
      return text;
    }
    String inJson = secret.replace("\\", "\\\\").replace("\"", "\\\"");
    String masked = text.replace(secret, MASK).replace(inJson, MASK);
    if (isCut) {
      for (int length = Math.min(secret.length() - 1, masked.length()); length > 0; length--) {
        if (secret.startsWith(masked.substring(masked.length() - length))) {
          return masked.substring(0, masked.length() - length) + MASK;
        }
      }
    }
    return masked;
  }

  /**
   * Returns whether a text is an HTML page, of which a message would show the markup.
   *
   * @throws NullPointerException if it is null
   */
  public static boolean isPage(String text) {
    return text.stripLeading().startsWith("<");
  }
}
