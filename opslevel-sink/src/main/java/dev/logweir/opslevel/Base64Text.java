package dev.logweir.opslevel;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Encodes bytes to standard Base64 with padding (RFC 4648, section 4), from array to array at any
 * offset.
 */
final class Base64Text {
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final byte[] DIGITS = new byte[64];

  /** The two digits of each 12 bits. */
  private static final short[] PAIRS = new short[64 * 64];

  static {
    String digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int i = 0; i < DIGITS.length; i++) {
      DIGITS[i] = (byte) digits.charAt(i);
    }
    for (int i = 0; i < PAIRS.length; i++) {
      PAIRS[i] = (short) (DIGITS[i >>> 6] << 8 | DIGITS[i & 63]);
    }
  }

  private Base64Text() {}

  static long length(long bytes) {
    return (bytes + 2) / 3 * 4;
  }

  /**
   * Encodes bytes; padding is added where their number is no multiple of 3.
   *
   * @return the index after the last digit in {@code target}
   */
  static int encode(byte[] source, int from, int to, byte[] target, int offset) {
    int at = offset;
    int index = from;
    for (int end = to - (to - from) % 3; index < end; index += 3) {
      int bits =
          (source[index] & 0xff) << 16
              | (source[index + 1] & 0xff) << 8
              | (source[index + 2] & 0xff);
      SHORT.set(target, at, PAIRS[bits >>> 12]);
      SHORT.set(target, at + 2, PAIRS[bits & 0xfff]);
      at += 4;
    }
    if (index < to) {
      int bits =
          (source[index] & 0xff) << 10 | (index + 1 < to ? (source[index + 1] & 0xff) << 2 : 0);
      target[at] = DIGITS[bits >>> 12];
      target[at + 1] = DIGITS[bits >>> 6 & 63];
      target[at + 2] = index + 1 < to ? DIGITS[bits & 63] : (byte) '=';
      target[at + 3] = '=';
      at += 4;
    }
    return at;
  }
}
