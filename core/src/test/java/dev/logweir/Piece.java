package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A line as it arrived: the end of a line of the job, a fragment of one, or a gap's marker. */
final class Piece {
  /** What it is. */
  enum Kind {
    END,
    CONTINUED,
    CUT,
    GAP
  }

  private static final Pattern GAP =
      Pattern.compile(
          "\\[logweir [0-9a-f]{8}\\] ([0-9,]+) lines? \\(([0-9,]+) bytes?\\) dropped here: [a-z_, ]+");

  private static final Pattern MARK =
      Pattern.compile(" \\[logweir [0-9a-f]{8}: (continued|cut)\\]$");

  private final Kind kind;
  private final byte[] text;
  private final long lines;
  private final long bytes;

  private Piece(Kind kind, byte[] text, long lines, long bytes) {
    this.kind = kind;
    this.text = text;
    this.lines = lines;
    this.bytes = bytes;
  }

  static Piece of(byte[] line) {
    String text = new String(line, ISO_8859_1);
    Matcher gap = GAP.matcher(text);
    if (gap.matches()) {
      return new Piece(
          Kind.GAP,
          Tokenless.text(text).getBytes(ISO_8859_1),
          number(gap.group(1)),
          number(gap.group(2)));
    }
    Matcher mark = MARK.matcher(text);
    if (text.endsWith("]") && mark.find()) {
      Kind kind = mark.group(1).equals("cut") ? Kind.CUT : Kind.CONTINUED;
      return fragment(kind, line, mark.group().length());
    }
    return new Piece(Kind.END, line, 1, line.length);
  }

  private static Piece fragment(Kind kind, byte[] line, int mark) {
    byte[] text = Arrays.copyOf(line, line.length - mark);
    return new Piece(kind, text, 0, text.length);
  }

  private static long number(String digits) {
    return Long.parseLong(digits.replace(",", ""));
  }

  Kind kind() {
    return kind;
  }

  /** Returns the text without a mark. */
  byte[] text() {
    return text;
  }

  /** Returns, of a gap, the lines missing. */
  long lines() {
    return lines;
  }

  /** Returns, of a gap, the bytes missing. */
  long bytes() {
    return bytes;
  }

  @Override
  public String toString() {
    String shown = new String(text, ISO_8859_1);
    return kind + "(" + (shown.length() > 40 ? shown.substring(0, 40) + "…" : shown) + ")";
  }
}
