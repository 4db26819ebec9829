package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Locale;

/** What was dropped at one place of the log, for its marker. */
final class GapTally {
  /** Room for the longest marker with its line end. */
  static final int MAX_MARKER_BYTES = 256;

  long lines;
  long bytes;
  int reasons;

  boolean isEmpty() {
    return reasons == 0;
  }

  void add(long moreLines, long moreBytes, int moreReasons) {
    lines += moreLines;
    bytes += moreBytes;
    reasons |= moreReasons;
  }

  void add(GapTally other) {
    add(other.lines, other.bytes, other.reasons);
  }

  void clear() {
    lines = 0;
    bytes = 0;
    reasons = 0;
  }

  /** Returns the marker's line, without a line end. */
  static byte[] marker(long lines, long bytes, int reasons) {
    StringBuilder text = new StringBuilder(128);
    text.append(
        String.format(
            Locale.ROOT,
            "[logweir] %,d %s (%,d %s) dropped here: ",
            lines,
            lines == 1 ? "line" : "lines",
            bytes,
            bytes == 1 ? "byte" : "bytes"));
    String separator = "";
    for (DropReason reason : DropReason.ALL) {
      if ((reasons & reason.bit()) != 0) {
        text.append(separator).append(reason.value());
        separator = ", ";
      }
    }
    return text.toString().getBytes(UTF_8);
  }
}
