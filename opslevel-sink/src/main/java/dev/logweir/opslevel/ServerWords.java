package dev.logweir.opslevel;

import java.util.Locale;

/** What a server says in words, made fit for a message: one line, short, without the token. */
final class ServerWords {
  static final int MAX_CHARS = 300;

  private static final String MASK = "**********";

  private ServerWords() {}

  /**
   * Returns the text with the token masked.
   *
   * @param isCut whether the text goes on: then the token's beginning may stand at its end
   */
  static String masked(String text, String token, boolean isCut) {
    String inJson = token.replace("\\", "\\\\").replace("\"", "\\\"");
    String masked = text.replace(token, MASK).replace(inJson, MASK);
    if (isCut) {
      for (int length = Math.min(token.length() - 1, masked.length()); length > 0; length--) {
        if (token.startsWith(masked.substring(masked.length() - length))) {
          return masked.substring(0, masked.length() - length) + MASK;
        }
      }
    }
    return masked;
  }

  /** Returns the first characters of a text, in one line. */
  static String shortened(String text) {
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

  /** Whether a text is a page for people, of which a message would show the markup. */
  static boolean isPage(String text) {
    String begin = text.stripLeading().toLowerCase(Locale.ROOT);
    return begin.startsWith("<");
  }
}
