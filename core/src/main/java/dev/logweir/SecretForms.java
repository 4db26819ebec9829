package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The texts to search for: the values as they are, without the quotes and blanks that often
 * surround a stored value, and with other white space.
 */
final class SecretForms {
  /** The longest line of a value, and the longest value of several lines that is encoded. */
  static final int MAX_LINE = 16 << 10;

  /** The shortest line of a value of several lines. */
  private static final int MIN_LINE = 6;

  /** The shortest text that is left of a value without the quotes and blanks around it. */
  private static final int MIN_TRIMMED = 4;

  private static final Pattern LINE_END = Pattern.compile("\r?\n");
  private static final Pattern SPACES = Pattern.compile("\\s+");
  private static final Pattern AROUND =
      Pattern.compile("^[\\s\"'`\\x{FEFF}]+|[\\s\"'`\\x{FEFF}]+$");
  private static final Pattern ENDS = Pattern.compile("^[\r\n\\x{FEFF}]+|[\r\n]+$");

  /** Texts as bytes, none empty. */
  final List<byte[]> plain = new ArrayList<>();

  /** Texts whose encoded forms are looked for too. */
  final List<String> encoded = new ArrayList<>();

  /** Whether white space in one of the texts stands for any. */
  boolean wideSpaces;

  /** Values and lines that are blanks alone. */
  int blankValues;

  int blankLines;

  private final boolean withEncoded;

  SecretForms(boolean withEncoded) {
    this.withEncoded = withEncoded;
  }

  /**
   * Adds the forms of a value.
   *
   * @throws IllegalArgumentException if a line is too long
   */
  void add(String value) {
    List<String> lines = new ArrayList<>();
    for (String line : LINE_END.split(value, -1)) {
      if (!line.isEmpty()) {
        lines.add(line);
      }
    }
    for (String line : lines) {
      int length = line.getBytes(UTF_8).length;
      if (length > MAX_LINE) {
        throw new IllegalArgumentException(
            "a line of a secret value must be at most 16 KiB: " + length);
      }
    }
    if (trimmed(value).isEmpty()) {
      blankValues += value.isEmpty() ? 0 : 1;
      return;
    }
    boolean several = lines.size() > 1;
    Set<String> texts = new LinkedHashSet<>();
    Set<String> toEncode = new LinkedHashSet<>();
    for (String line : lines) {
      if (trimmed(line).isEmpty()) {
        blankLines++;
      } else if (!several || line.getBytes(UTF_8).length >= MIN_LINE) {
        addLine(line, several, texts, toEncode);
      }
    }
    if (several && withEncoded) {
      String whole = trimmed(value);
      if (whole.getBytes(UTF_8).length <= MAX_LINE) {
        texts.add(wide(whole));
        toEncode.add(whole);
      }
    }
    texts.forEach(text -> plain.add(text.getBytes(UTF_8)));
    encoded.addAll(toEncode);
  }

  private void addLine(String line, boolean several, Set<String> texts, Set<String> toEncode) {
    String shortest = ENDS.matcher(line).replaceAll("");
    texts.add(shortest);
    String inner = trimmed(line);
    if (inner.getBytes(UTF_8).length >= (several ? MIN_LINE : MIN_TRIMMED)) {
      texts.add(inner);
      shortest = inner;
    }
    if (withEncoded) {
      toEncode.add(shortest);
    }
    if (several && SPACES.matcher(shortest).find()) {
      texts.add(SPACES.matcher(shortest).replaceAll(" "));
      texts.add(wide(shortest));
    }
  }

  /** Replaces white space by a line end, which stands for any white space. */
  private String wide(String text) {
    String wide = SPACES.matcher(text).replaceAll("\n");
    wideSpaces |= wide.indexOf('\n') >= 0;
    return wide;
  }

  /** Returns a text without the white space, quotes and byte order mark around it. */
  private static String trimmed(String text) {
    return AROUND.matcher(text).replaceAll("");
  }
}
