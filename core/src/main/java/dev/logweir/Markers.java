package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.security.SecureRandom;
import java.util.Locale;

/**
 * The texts that the library itself writes into a log: of gaps, and of lines in pieces.
 *
 * <p>Each has the token of its job, which the job can't know: so a reader tells a marker from a
 * text of the job that looks like one.
 */
final class Markers {
  /** Room for the longest marker of a gap with its line end. */
  static final int MAX_BYTES = 256;

  private static final String MORE = ", ...";

  /** The longest text: with its count, and what a segment's end may cost, it has room. */
  static final int LONGEST = MAX_BYTES - 2 * LineCounts.MARKER_TRAILER + 1;

  /** What stands at the end of a piece of a line. Put together where it is written, of no heap. */
  enum Mark {
    NONE(""),
    CONTINUED(": continued]"),
    CUT(": cut]");

    @SuppressWarnings("ImmutableEnumChecker") // it is never written to
    private final byte[] end;

    Mark(String end) {
      this.end = end.getBytes(US_ASCII);
    }

    /** Returns its length in bytes. */
    int length() {
      return this == NONE ? 0 : BEGIN.length + TOKEN_DIGITS + end.length;
    }

    /** Adds it to a line for which there is room. */
    void put(BatchLines lines, int token) {
      if (this == NONE) {
        return;
      }
      lines.put(BEGIN, 0, BEGIN.length);
      for (int shift = 24; shift >= 0; shift -= 8) {
        int pair = 2 * ((token >>> shift) & 0xFF);
        lines.put(HEX_PAIRS, pair, pair + 2);
      }
      lines.put(end, 0, end.length);
    }
  }

  private static final byte[] BEGIN = " [logweir ".getBytes(US_ASCII);
  private static final int TOKEN_DIGITS = 8;
  private static final byte[] HEX_PAIRS = hexPairs();

  private Markers() {}

  /** Makes the tokens of jobs; what a job knows of others' tells it nothing of its own. */
  static final class Tokens {
    private static final SecureRandom RANDOM = new SecureRandom();

    private Tokens() {}

    static int next() {
      return RANDOM.nextInt();
    }
  }

  /** Returns a token as it stands in a marker: 8 hexadecimal digits, in lower case. */
  static String text(int token) {
    return String.format(Locale.ROOT, "%08x", token);
  }

  /** Returns the line of a gap's marker, without a line end. */
  static byte[] gap(int token, long lines, long bytes, int reasons) {
    StringBuilder text = new StringBuilder(128);
    text.append(
        String.format(
            Locale.ROOT,
            "[logweir %08x] %,d %s (%,d %s) dropped here: ",
            token,
            lines,
            lines == 1 ? "line" : "lines",
            bytes,
            bytes == 1 ? "byte" : "bytes"));
    addReasons(text, reasons, LONGEST);
    return text.toString().getBytes(US_ASCII);
  }

  /** Adds the reasons; if they would make it too long, the rest are given as more. */
  static void addReasons(StringBuilder text, int reasons, int longest) {
    String separator = "";
    for (DropReason reason : DropReason.ALL) {
      if ((reasons & reason.bit()) != 0) {
        int end = text.length() + separator.length() + reason.value().length();
        if (end > longest - MORE.length()) {
          text.append(MORE);
          return;
        }
        text.append(separator).append(reason.value());
        separator = ", ";
      }
    }
  }

  private static byte[] hexPairs() {
    byte[] pairs = new byte[512];
    for (int i = 0; i < pairs.length; i++) {
      int digit = i % 2 == 0 ? i >> 5 : (i >> 1) & 0xF;
      pairs[i] = (byte) Character.forDigit(digit, 16);
    }
    return pairs;
  }
}
