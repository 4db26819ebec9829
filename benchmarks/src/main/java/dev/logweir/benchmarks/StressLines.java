package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Locale;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * The lines that a job of the stress run writes: each says what it is, so that any part of one can
 * be told from any other.
 *
 * <p>A line is a row of cells of 16 bytes, {@code <o0000012.00003>}: stream, number of the line,
 * number of the cell. Behind some cells stands the secret. The line ends with its checksum, {@code
 * {1c291ca3}}. Between them are lines of one byte. All of it follows from seed, stream and number.
 */
final class StressLines {
  static final int CELL = 16;
  static final int CHECKSUM = 10;
  static final String TINY = ".";
  private static final int TINY_SHARE = 8;
  private static final int SECRET_SHARE = 7;

  private final long seed;
  private final char stream;
  private final String secret;
  private final int longest;

  /**
   * @param stream {@code o} or {@code e}
   * @param secret a text without any of the characters that cells are made of
   * @param longest the most cells of a line
   */
  StressLines(long seed, char stream, String secret, int longest) {
    this.seed = seed;
    this.stream = stream;
    this.secret = secret;
    this.longest = longest;
  }

  /** Appends a line with its line end, and perhaps a line of one byte. */
  void append(StringBuilder target, int number) {
    SplittableRandom random = new SplittableRandom(seed * 31 + stream + ((long) number << 20));
    int cells = cells(random);
    int from = target.length();
    for (int cell = 0; cell < cells; cell++) {
      target.append(cell(stream, number, cell));
      if (random.nextInt(SECRET_SHARE) == 0) {
        target.append(secret);
      }
    }
    target.append(checksum(target.substring(from))).append('\n');
    if (random.nextInt(TINY_SHARE) == 0) {
      target.append(TINY).append('\n');
    }
  }

  private int cells(SplittableRandom random) {
    return switch (random.nextInt(64)) {
      case 0 -> longest;
      case 1, 2 -> 1 + random.nextInt(longest);
      default -> 1 + random.nextInt(10);
    };
  }

  static String cell(char stream, int number, int cell) {
    char[] text = new char[CELL];
    text[0] = '<';
    text[1] = stream;
    hex(text, 2, 9, number);
    text[9] = '.';
    hex(text, 10, 15, cell);
    text[15] = '>';
    return new String(text);
  }

  private static void hex(char[] target, int from, int end, int value) {
    int rest = value;
    for (int i = end - 1; i >= from; i--) {
      target[i] = Character.forDigit(rest & 0xF, 16);
      rest >>>= 4;
    }
  }

  static String checksum(String text) {
    CRC32 sum = new CRC32();
    sum.update(text.getBytes(US_ASCII));
    return String.format(Locale.ROOT, "{%08x}", sum.getValue());
  }
}
