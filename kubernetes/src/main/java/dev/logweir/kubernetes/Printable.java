package dev.logweir.kubernetes;

/** Texts of others in messages of ours: one line, of a bounded length. */
final class Printable {
  private static final int MAX_CHARS = 300;

  private Printable() {}

  static String of(String text) {
    StringBuilder printable = new StringBuilder();
    int[] points = text.codePoints().limit(MAX_CHARS).toArray();
    for (int point : points) {
      boolean control =
          Character.isISOControl(point) || Character.getType(point) == Character.FORMAT;
      printable.appendCodePoint(control ? '?' : point);
    }
    return printable + (text.length() > printable.length() ? "..." : "");
  }
}
