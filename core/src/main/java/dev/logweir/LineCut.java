package dev.logweir;

/**
 * Where a long line may be cut into fragments: not inside a character, and not inside an escape
 * sequence of a terminal, whose rest would be shown as text and whose beginning would swallow the
 * mark behind the fragment.
 *
 * <p>Known are control sequences ({@code ESC [}), strings ({@code ESC ]} and the like, to BEL or
 * {@code ESC \}), and escapes of two characters and more, as ECMA-48 has them.
 */
final class LineCut {
  /** The longest beginning of an escape sequence that is left to the next fragment. */
  static final int MAX_ESCAPE_BYTES = 128;

  private static final byte ESC = 0x1B;
  private static final byte BEL = 0x07;

  private LineCut() {}

  /**
   * Returns the largest cut, at most {@code end}, that is neither inside a UTF-8 sequence nor
   * inside an escape sequence beginning in the range; {@code end} itself where nothing would be
   * left.
   */
  static int boundary(byte[] bytes, int from, int end) {
    int cut = Utf8.boundary(bytes, from, end);
    int index = Math.max(from, cut - MAX_ESCAPE_BYTES);
    while (index < cut) {
      if (bytes[index] != ESC) {
        index++;
        continue;
      }
      int next = escapeEnd(bytes, index, cut);
      if (next > cut) {
        return index > from ? index : cut;
      }
      index = next;
    }
    return cut;
  }

  /** Returns the end of the escape sequence at an index, more than {@code end} if that is later. */
  private static int escapeEnd(byte[] bytes, int escape, int end) {
    int index = escape + 1;
    if (index == end) {
      return end + 1;
    }
    return switch (bytes[index]) {
      case '[' -> controlEnd(bytes, index + 1, end);
      case ']', 'P', 'X', '^', '_' -> stringEnd(bytes, index + 1, end);
      default -> plainEnd(bytes, index, end);
    };
  }

  private static int plainEnd(byte[] bytes, int start, int end) {
    int index = start;
    while (index < end && bytes[index] >= ' ' && bytes[index] <= '/') {
      index++;
    }
    return index == end ? end + 1 : index + (bytes[index] >= '0' ? 1 : 0);
  }

  private static int controlEnd(byte[] bytes, int start, int end) {
    int index = start;
    while (index < end && bytes[index] >= ' ' && bytes[index] <= '?') {
      index++;
    }
    return index == end ? end + 1 : index + (bytes[index] >= '@' ? 1 : 0);
  }

  private static int stringEnd(byte[] bytes, int start, int end) {
    for (int index = start; index < end; index++) {
      if (bytes[index] == BEL) {
        return index + 1;
      }
      if (bytes[index] == ESC) {
        boolean ends = index + 1 == end || bytes[index + 1] == '\\';
        return ends ? index + 2 : index;
      }
    }
    return end + 1;
  }
}
