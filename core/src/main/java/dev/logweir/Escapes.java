package dev.logweir;

/**
 * Reads escapes in a text where each has one meaning, whatever the encoder: white space, numbers
 * and the entities of XML. What may mean several things is for an {@link EscapeWalk}.
 */
final class Escapes {
  private static final int MAX_ENTITY = 9;
  private static final int MAX_BACKSLASHES = 512;

  private Escapes() {}

  /** Whether a byte is a sign that escapes, or a quote. */
  static boolean isSign(byte b) {
    return b == '\\' || b == '"' || b == '\'' || b == '^' || b == '`';
  }

  static boolean isSpace(int c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
  }

  // ---- white space ----

  /**
   * Returns the end of one white space; the place itself if there is none.
   *
   * @param escapes whether it may be escaped
   */
  static int spaceEnd(byte[] bytes, int place, int end, boolean escapes) {
    if (place >= end) {
      return place;
    }
    byte b = bytes[place];
    if (isSpace(b)) {
      return place + 1;
    }
    if (!escapes) {
      return place;
    }
    return switch (b) {
      case '\\' -> backslashedSpaceEnd(bytes, place, end);
      case '%' -> percentSpaceEnd(bytes, place, end);
      case '&' -> entitySpaceEnd(bytes, place, end);
      default -> place;
    };
  }

  /** A letter or a number behind as many backslashes as levels of quoting made of one. */
  private static int backslashedSpaceEnd(byte[] bytes, int place, int end) {
    int letter = place;
    while (letter < end && bytes[letter] == '\\' && letter - place < MAX_BACKSLASHES) {
      letter++;
    }
    if (letter < end && "nrt".indexOf(bytes[letter]) >= 0) {
      return letter + 1;
    }
    boolean unit = letter + 4 < end && bytes[letter] == 'u';
    return unit && isSpace(number(bytes, letter + 1, letter + 5, 16)) ? letter + 5 : place;
  }

  /** Also of what is percent-encoded already. */
  private static int percentSpaceEnd(byte[] bytes, int place, int end) {
    int hex = place + 1;
    while (hex + 3 < end && bytes[hex] == '2' && bytes[hex + 1] == '5') {
      hex += 2;
    }
    return hex + 1 < end && isSpace(number(bytes, hex, hex + 2, 16)) ? hex + 2 : place;
  }

  private static int entitySpaceEnd(byte[] bytes, int place, int end) {
    int semicolon = entityEnd(bytes, place + 1, end);
    boolean whole = semicolon < end && bytes[semicolon] == ';';
    return whole && isSpace(entityPoint(bytes, place + 1, semicolon)) ? semicolon + 1 : place;
  }

  // ---- entities ----

  /** Returns where the name or number of an entity ends, as far as it may be one. */
  static int entityEnd(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end && at - from < MAX_ENTITY && isEntity(bytes[at])) {
      at++;
    }
    return at;
  }

  private static boolean isEntity(byte b) {
    return b == '#' || (b >= '0' && b <= '9') || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'X');
  }

  /** Returns the character that an entity without its signs stands for, -1 if it is none. */
  static int entityPoint(byte[] bytes, int from, int to) {
    if (from < to && bytes[from] == '#') {
      boolean hex = from + 1 < to && (bytes[from + 1] == 'x' || bytes[from + 1] == 'X');
      int first = from + (hex ? 2 : 1);
      return first < to ? number(bytes, first, to, hex ? 16 : 10) : -1;
    }
    if (isText(bytes, from, to, "amp")) {
      return '&';
    }
    if (isText(bytes, from, to, "lt")) {
      return '<';
    }
    if (isText(bytes, from, to, "gt")) {
      return '>';
    }
    if (isText(bytes, from, to, "quot")) {
      return '"';
    }
    return isText(bytes, from, to, "apos") ? '\'' : -1;
  }

  private static boolean isText(byte[] bytes, int from, int to, String text) {
    if (to - from != text.length()) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (bytes[from + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  // ---- numbers ----

  /** Returns how many digits there are from one place on. */
  static int digits(byte[] bytes, int from, int end, int radix) {
    int at = from;
    while (at < end && digit(bytes[at], radix) >= 0) {
      at++;
    }
    return at - from;
  }

  /** Returns the number that digits are, -1 if one of them is none. */
  static int number(byte[] bytes, int from, int to, int radix) {
    int value = 0;
    for (int i = from; i < to; i++) {
      int digit = digit(bytes[i], radix);
      if (digit < 0) {
        return -1;
      }
      value = value * radix + digit;
    }
    return value;
  }

  private static int digit(byte b, int radix) {
    int value = EncodedForms.hexValue(b);
    return value < radix ? value : -1;
  }
}
