package dev.logweir;

import java.util.List;
import java.util.regex.Pattern;

/** Takes the token out of the library's markers, which is another in each job. */
final class Tokenless {
  private static final Pattern TOKEN = Pattern.compile("\\[logweir [0-9a-f]{8}(?=[\\]:])");

  private Tokenless() {}

  static String text(String line) {
    return line.contains("[logweir ") ? TOKEN.matcher(line).replaceAll("[logweir") : line;
  }

  static List<String> lines(List<String> lines) {
    return lines.stream().map(Tokenless::text).toList();
  }

  /** Returns a gap's marker. */
  static String gap(long lines, long bytes, DropReason reason) {
    return text(
        new String(
            Markers.gap(0, lines, bytes, reason.bit()),
            java.nio.charset.StandardCharsets.US_ASCII));
  }
}
