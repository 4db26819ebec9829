package dev.logweir;

/**
 * Where a text in UTF-8 may be cut, and the bytes of one as {@code String.getBytes} has them, a
 * code point at a time and with no memory taken.
 */
final class Utf8 {
  private Utf8() {}

  /**
   * Returns the largest cut, at most {@code end}, that is not inside a UTF-8 sequence beginning in
   * the range; {@code end} itself where the bytes are not UTF-8, or where nothing would be left.
   */
  static int boundary(byte[] bytes, int from, int end) {
    int lead = end - 1;
    while (lead >= from && end - lead < 4 && (bytes[lead] & 0xC0) == 0x80) {
      lead--;
    }
    if (lead <= from) {
      return end;
    }
    int need = sequenceLength(bytes[lead]);
    return need > end - lead ? lead : end;
  }

  private static int sequenceLength(byte lead) {
    int value = lead & 0xFF;
    if (value >= 0xC2 && value <= 0xDF) {
      return 2;
    }
    if (value >= 0xE0 && value <= 0xEF) {
      return 3;
    }
    return value >= 0xF0 && value <= 0xF4 ? 4 : 1;
  }

  /** Returns the code point at an index, {@code ?} if there is half of a pair. */
  static int pointAt(String text, int index) {
    int point = text.codePointAt(index);
    return point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE ? '?' : point;
  }

  /** Returns how many bytes a code point has. */
  static int length(int point) {
    if (point < 0x80) {
      return 1;
    }
    return point < 0x800 ? 2 : point < Character.MIN_SUPPLEMENTARY_CODE_POINT ? 3 : 4;
  }

  /** Returns one of the bytes of a code point. */
  static byte byteAt(int point, int index) {
    int length = length(point);
    int bits = point >> (6 * (length - 1 - index));
    if (index > 0) {
      return (byte) (0x80 | (bits & 0x3F));
    }
    return (byte) (length == 1 ? bits : 0xF00 >> length | bits);
  }
}
