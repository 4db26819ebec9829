package dev.logweir;

/** Where a text in UTF-8 may be cut. */
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
}
