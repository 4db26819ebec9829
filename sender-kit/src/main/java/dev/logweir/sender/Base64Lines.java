package dev.logweir.sender;

import dev.logweir.LineReader;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Base64;

/**
 * Writes lines as JSON strings of standard Base64 with padding (RFC 4648, section 4), many lines
 * with one call of the JDK's encoder.
 *
 * <p>The encoder is fast on many bytes, and a call of it costs as much as a hundred of them. So the
 * lines are laid side by side, each filled up to a multiple of 3 bytes, with 3 bytes between two of
 * them; of what comes out, the digits of the filling become padding, and the 4 digits in between
 * become {@code ", "} with its quotes.
 *
 * <p>Not thread-safe; it holds 14 KiB and allocates nothing for a line.
 */
public final class Base64Lines {
  /** What a line costs at most besides its digits, in bytes: its quotes and what separates it. */
  public static final int LINE_BYTES = 4;

  /** Lines that fit are taken as many at a time as fit, a longer one in pieces. */
  private static final int TEXT_BYTES = 4 * 1024;

  /** A multiple of 3, so that a line may go on in the next round. */
  private static final int SOURCE_BYTES = 3 * 1024;

  /** Lengths from this on take more than a byte. */
  private static final byte LONG_LENGTH = Byte.MAX_VALUE;

  private static final byte NO_LENGTH = -1;

  private static final int GROUP_BYTES = 3;
  private static final int GROUP_DIGITS = 4;
  private static final int SEPARATION = 3;
  private static final int SEPARATOR = '"' | ',' << 8 | ' ' << 16 | '"' << 24;

  private static final Base64.Encoder ENCODER = Base64.getEncoder();
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long LINE_ENDS = 0x0A0A0A0A0A0A0A0AL;
  private static final long LOW_BITS = 0x0101010101010101L;
  private static final long HIGH_BITS = 0x8080808080808080L;
  private static final int STRIDE = 3 * Long.BYTES;

  private final OutputStream out;
  private final byte[] text = new byte[TEXT_BYTES];
  private final byte[] source = new byte[SOURCE_BYTES];
  private final byte[] digits = new byte[SOURCE_BYTES / GROUP_BYTES * GROUP_DIGITS];

  /**
   * What is to be changed among the digits: a number of groups, and behind which of them how many
   * digits are padding, or that the next one is a separation. At most one for each group.
   */
  private final char[] changes = new char[SOURCE_BYTES / GROUP_BYTES];

  private int changeCount;
  private int filled;

  /**
   * Creates one that writes to a stream.
   *
   * @param out gets a few KB at a time; it is not flushed
   */
  public Base64Lines(OutputStream out) {
    this.out = out;
  }

  /**
   * Returns how many bytes {@link #write} writes for the next lines of a reader.
   *
   * @param count how many lines, of those that the reader has
   * @param lengths gets the lengths of the first lines that are read many at a time, for {@link
   *     #write} to find their ends again: each in a byte, or in two behind {@link #LONG_LENGTH};
   *     what has no room is filled with {@link #NO_LENGTH}
   */
  public static long length(LineReader lines, int count, byte[] lengths) {
    if (count == 0) {
      return 0;
    }
    byte[] text = new byte[TEXT_BYTES];
    long groups = count - 1L;
    int known = 0;
    for (int left = count; left > 0; ) {
      int end = lines.readLines(text, 0, text.length);
      if (end == 0) {
        lines.next();
        groups += groups(lines.length());
        left--;
      }
      for (int at = 0; at < end && left > 0; left--) {
        int length = lineEnd(text, at) - at;
        groups += groups(length);
        at += length + 1;
        known = known == lengths.length ? known : putLength(lengths, known, length);
      }
    }
    return groups * GROUP_DIGITS + 2;
  }

  /** Returns how many digits a line of so many bytes becomes. */
  public static long digits(long lineBytes) {
    return groups(lineBytes) * GROUP_DIGITS;
  }

  private static int putLength(byte[] lengths, int index, int length) {
    if (length < LONG_LENGTH) {
      lengths[index] = (byte) length;
      return index + 1;
    }
    if (index + Character.BYTES < lengths.length) {
      lengths[index] = LONG_LENGTH;
      lengths[index + 1] = (byte) (length >> Byte.SIZE);
      lengths[index + 2] = (byte) length;
      return index + 1 + Character.BYTES;
    }
    Arrays.fill(lengths, index, lengths.length, NO_LENGTH);
    return lengths.length;
  }

  private static long groups(long bytes) {
    return (bytes + GROUP_BYTES - 1) / GROUP_BYTES;
  }

  /**
   * Writes the next lines of a reader, in quotes and separated.
   *
   * @param count how many lines, of those that the reader has
   * @param lengths what {@link #length} left there for the same lines; or empty
   * @throws IOException if the stream does
   */
  public void write(LineReader lines, int count, byte[] lengths) throws IOException {
    if (count == 0) {
      return;
    }
    int known = 0;
    out.write('"');
    for (int left = count; left > 0; ) {
      int end = lines.readLines(text, 0, text.length);
      if (end == 0) {
        lines.next();
        for (int bytes = lines.read(text, 0, text.length); bytes > 0; ) {
          put(text, 0, bytes);
          bytes = lines.read(text, 0, text.length);
        }
        end(--left == 0);
      }
      for (int at = 0; at < end && left > 0; ) {
        int length = known < lengths.length ? lengths[known++] : NO_LENGTH;
        if (length == LONG_LENGTH) {
          length = (lengths[known] & 0xFF) << Byte.SIZE | (lengths[known + 1] & 0xFF);
          known += Character.BYTES;
        }
        int lineEnd = length == NO_LENGTH ? lineEnd(text, at) : at + length;
        put(text, at, lineEnd);
        end(--left == 0);
        at = lineEnd + 1;
      }
    }
    flush();
    out.write('"');
  }

  private void put(byte[] bytes, int from, int to) throws IOException {
    int at = from;
    while (at < to) {
      int part = Math.min(to - at, source.length - filled);
      System.arraycopy(bytes, at, source, filled, part);
      at += part;
      filled += part;
      if (filled == source.length) {
        flush();
      }
    }
  }

  private void end(boolean last) throws IOException {
    int groups = (int) groups(filled);
    int padding = groups * GROUP_BYTES - filled;
    if (padding > 0) {
      source[filled] = 0;
      source[groups * GROUP_BYTES - 1] = 0;
      changes[changeCount++] = (char) (groups << 2 | padding);
      filled = groups * GROUP_BYTES;
      if (filled == source.length) {
        flush();
      }
    }
    if (!last) {
      changes[changeCount++] = (char) ((filled / GROUP_BYTES) << 2 | SEPARATION);
      filled += GROUP_BYTES;
      if (filled == source.length) {
        flush();
      }
    }
  }

  private void flush() throws IOException {
    ENCODER.encode(source, digits);
    for (int i = 0; i < changeCount; i++) {
      int kind = changes[i] & 3;
      int at = (changes[i] >>> 2) * GROUP_DIGITS;
      if (kind == SEPARATION) {
        INT.set(digits, at, SEPARATOR);
      } else {
        digits[at - 1] = '=';
        digits[at - kind] = '=';
      }
    }
    out.write(digits, 0, filled / GROUP_BYTES * GROUP_DIGITS);
    changeCount = 0;
    filled = 0;
  }

  /** Returns the index of the next line end; there must be one. */
  private static int lineEnd(byte[] text, int from) {
    int index = from;
    for (; index <= text.length - STRIDE; index += STRIDE) {
      long first = mark(text, index);
      long second = mark(text, index + Long.BYTES);
      long third = mark(text, index + 2 * Long.BYTES);
      if ((first | second | third) != 0) {
        if (first != 0) {
          return index + (Long.numberOfTrailingZeros(first) >>> 3);
        }
        return second != 0
            ? index + Long.BYTES + (Long.numberOfTrailingZeros(second) >>> 3)
            : index + 2 * Long.BYTES + (Long.numberOfTrailingZeros(third) >>> 3);
      }
    }
    while (text[index] != '\n') {
      index++;
    }
    return index;
  }

  /** Returns a word whose lowest bit that is set is in the first line end; 0 if there is none. */
  private static long mark(byte[] text, int index) {
    long word = (long) LONG.get(text, index) ^ LINE_ENDS;
    return (word - LOW_BITS) & ~word & HIGH_BITS;
  }
}
