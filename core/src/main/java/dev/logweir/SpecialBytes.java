package dev.logweir;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds the bytes of a text that may be other than they look, eight at a time. Immutable. */
final class SpecialBytes {
  /** Heap of this object. */
  static final int FIXED_BYTES = 64 + 2 * (16 + 256);

  /** Kinds of such bytes. */
  private static final byte ESCAPE = 1;

  private static final byte QUOTE = 2;
  private static final byte SPACE = 4;
  private static final byte BREAK = 8;

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long EACH = 0x0101010101010101L;
  private static final long LOW_BITS = 0x7F * EACH;
  private static final long HIGH_BITS = ~LOW_BITS;

  /** A control character has none of these bits, with others below the blank. */
  private static final long ABOVE_CONTROLS = 0xF0F0F0F0F0F0F0F0L;

  /** Backslash and circumflex differ in one bit. */
  private static final long SLASH_AND_HAT = 0xFDFDFDFDFDFDFDFDL;

  /**
   * Percent sign, ampersand and apostrophe differ in two, as does the dollar, which is looked at.
   */
  private static final long FOUR = 0xFCFCFCFCFCFCFCFCL;

  /** The byte behind the last of a word is not known. */
  private static final long LAST = 0x80L << 56;

  private final boolean escapes;
  private final boolean wideSpaces;

  private final boolean blanks;

  private final byte[] classes = new byte[256];

  /** The same, of lines: their ends are none of it. */
  private final byte[] lineClasses;

  /**
   * @param escapes whether a byte may be escaped, or only white space be other white space
   * @param wideSpaces whether white space may be other white space
   * @param blanks whether a value has a blank in it, which may be escaped
   */
  SpecialBytes(boolean escapes, boolean wideSpaces, boolean blanks) {
    this.escapes = escapes;
    this.wideSpaces = wideSpaces;
    this.blanks = blanks;
    if (escapes) {
      for (char c : "%&\\^`".toCharArray()) {
        classes[c] = ESCAPE;
      }
      classes['+'] = blanks ? ESCAPE : 0;
      classes['\''] = QUOTE;
      classes['"'] = QUOTE;
      classes['\\'] |= BREAK;
      classes['\n'] = BREAK;
      classes['\r'] = BREAK;
    }
    if (wideSpaces) {
      for (char c : " \t\n\r\f\u000B".toCharArray()) {
        classes[c] |= SPACE;
      }
    }
    lineClasses = classes.clone();
    lineClasses['\n'] = 0;
  }

  /** Returns the first index, at most {@code to}, of such a byte. */
  int first(byte[] bytes, int from, int to) {
    return first(classes, bytes, from, to);
  }

  /** Returns the same of whole lines, the end of each of which is no such byte. */
  int firstInLines(byte[] bytes, int from, int to) {
    return first(lineClasses, bytes, from, to);
  }

  private int first(byte[] table, byte[] bytes, int from, int to) {
    boolean lineEnds = table['\n'] != 0;
    int index = from;
    for (; index <= to - Long.BYTES; index += Long.BYTES) {
      long word = (long) LONGS.get(bytes, index);
      long marks = marks(word);
      if (lineEnds) {
        marks |= ~differing(word ^ ('\n' * EACH)) & HIGH_BITS;
      }
      while (marks != 0) {
        int place = index + (Long.numberOfTrailingZeros(marks) >>> 3);
        if (isSpecial(table, bytes, place, to)) {
          return place;
        }
        marks &= marks - 1;
      }
    }
    while (index < to && !isSpecial(table, bytes, index, to)) {
      index++;
    }
    return Math.min(index, to);
  }

  /** Returns a word in which the high bit of each byte is set that may be special. */
  private long marks(long word) {
    long marks = 0;
    long alone = 0;
    if (escapes) {
      long others =
          differing((word ^ ('%' * EACH)) & FOUR)
              & differing((word ^ ('\\' * EACH)) & SLASH_AND_HAT)
              & differing(word ^ ('`' * EACH))
              & differing(word ^ ('\r' * EACH));
      if (blanks) {
        others &= differing(word ^ ('+' * EACH));
      }
      marks = ~others & HIGH_BITS;
      alone = ~differing(word ^ ('"' * EACH)) & HIGH_BITS;
    }
    if (wideSpaces) {
      marks |= ~differing(word & ABOVE_CONTROLS) & HIGH_BITS;
      alone |= ~differing(word ^ (' ' * EACH)) & HIGH_BITS;
    }
    // One quote or blank is special only in front of another special byte.
    return marks | (alone & ((marks | alone) >>> 8 | LAST));
  }

  /** Returns a word in which the high bit of each byte is set that is not zero, and any others. */
  private static long differing(long word) {
    return ((word & LOW_BITS) + LOW_BITS) | word;
  }

  private static boolean isSpecial(byte[] table, byte[] bytes, int index, int to) {
    byte kind = table[bytes[index] & 0xFF];
    if (kind == 0) {
      return false;
    }
    if (kind == QUOTE || (kind == SPACE && bytes[index] == ' ')) {
      // One quote or blank alone is what it looks like.
      return index + 1 == to || (table[bytes[index + 1] & 0xFF] & ~BREAK) != 0;
    }
    return true;
  }
}
