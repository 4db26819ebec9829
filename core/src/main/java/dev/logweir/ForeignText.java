package dev.logweir;

import java.util.Objects;

/**
 * Text from outside, such as a server's, made fit for a message: one short line without hidden
 * characters. For senders and sources. Thread-safe.
 */
public final class ForeignText {
  /** So many characters are shown. */
  public static final int MAX_CHARS = 300;

  private static final String CUT = "...";

  private ForeignText() {}

  /**
   * Returns the first {@value #MAX_CHARS} characters of a text in one line: a blank for each run of
   * blanks, line breaks and control characters, none at its ends; {@code ?} for what is not seen
   * but changes how the rest is shown, such as the mark of a writing direction, and for half of a
   * surrogate pair. A longer text ends with three dots.
   *
   * @throws NullPointerException if it is null
   */
  public static String shortened(String text) {
    Objects.requireNonNull(text, "text");
    StringBuilder line = new StringBuilder();
    int at = 0;
    while (at < text.length() && line.length() <= MAX_CHARS) {
      int point = text.codePointAt(at);
      at += Character.charCount(point);
      if (!Character.isWhitespace(point) && !Character.isISOControl(point)) {
        line.appendCodePoint(isShown(point) ? point : '?');
      } else if (line.length() > 0 && line.charAt(line.length() - 1) != ' ') {
        line.append(' ');
      }
    }
    String all = line.toString().strip();
    if (all.length() <= MAX_CHARS) {
      return all;
    }
    int end = MAX_CHARS - CUT.length();
    return all.substring(0, Character.isHighSurrogate(all.charAt(end - 1)) ? end - 1 : end) + CUT;
  }

  private static boolean isShown(int point) {
    int type = Character.getType(point);
    return type != Character.FORMAT && type != Character.SURROGATE;
  }
}
