package dev.logweir.sender;

/**
 * What a server says in words, made fit for a message: one line, short, without the secret that the
 * client uses. Thread-safe.
 */
public final class ServerWords {
  /** So many characters are shown. */
  public static final int MAX_CHARS = 300;

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
   * Returns the first {@value #MAX_CHARS} characters of a text in one line: a blank for each run of
   * blanks, line breaks and control characters, none at its ends.
   *
   * @throws NullPointerException if it is null
   */
  public static String shortened(String text) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < text.length() && line.length() < MAX_CHARS; i++) {
      char c = text.charAt(i);
      boolean blank = Character.isWhitespace(c) || Character.isISOControl(c);
      if (!blank) {
        line.append(c);
      } else if (line.length() > 0 && line.charAt(line.length() - 1) != ' ') {
        line.append(' ');
      }
    }
    return line.toString().strip();
  }

  /**
   * Returns whether a text is a page for people, of which a message would show the markup.
   *
   * @throws NullPointerException if it is null
   */
  public static boolean isPage(String text) {
    return text.stripLeading().startsWith("<");
  }
}
