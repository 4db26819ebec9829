package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What the jobs of {@link WorstCase} write, the same in every run: about {@value #BYTES} bytes, to
 * be written again and again, with a secret in every KiB where lines are long enough for one.
 */
final class MemoryText {
  static final int SECRETS = 50;

  private static final int BYTES = 128 << 10;
  private static final int SECRET_EVERY = 1 << 10;
  private static final int SECRET_BYTES = 8;
  private static final int MULTIBYTE_LINE = 100;
  private static final int RANDOM_RUN = 1_000;
  private static final byte[] MASK = "**********".getBytes(UTF_8);
  private static final String[] WORDS = {"größer", "Übersetzung", "編譯", "完成", "ошибка", "🚀", "–"};

  private final SplittableRandom random = new SplittableRandom(1);
  private final ByteArrayOutputStream text = new ByteArrayOutputStream();
  private final ByteArrayOutputStream masked = new ByteArrayOutputStream();
  private final List<String> secrets =
      random.ints(SECRETS, 10_000_000, 100_000_000).mapToObj(Integer::toString).toList();
  private int nextSecret;

  private MemoryText() {}

  /**
   * Makes a text.
   *
   * @param line length of a line in bytes without its line end; or {@code endless}: no line end;
   *     {@code multibyte}: lines of about 100 B, all of UTF-8 sequences of 2 to 4 B; {@code
   *     random}: every byte from 0 to 255, so a line end every 256 B or so, and hardly any UTF-8
   */
  static MemoryText of(String line) {
    MemoryText made = new MemoryText();
    while (made.text.size() < BYTES) {
      switch (line) {
        case "endless" -> made.letters(SECRET_EVERY, true);
        case "multibyte" -> made.multibyteLine();
        case "random" -> made.randomBytes();
        default -> made.line(Integer.parseInt(line));
      }
    }
    return made;
  }

  byte[] bytes() {
    return text.toByteArray();
  }

  List<String> secrets() {
    return secrets;
  }

  /** Returns the sum of all but the line ends, as it is once the secrets are masked or not. */
  ByteSum.Value sum(boolean whenMasked) {
    byte[] bytes = whenMasked ? masked.toByteArray() : text.toByteArray();
    ByteSum sum = new ByteSum();
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '\n') {
        sum.add(bytes, i, i + 1);
      }
    }
    return sum.value();
  }

  private void line(int length) {
    int secretsDue = text.size() / SECRET_EVERY - nextSecret;
    for (int at = 0; at < length; at += SECRET_EVERY) {
      int part = Math.min(SECRET_EVERY, length - at);
      letters(part, part >= SECRET_BYTES && (secretsDue > 0 || part == SECRET_EVERY));
    }
    both('\n');
  }

  private void letters(int length, boolean withSecret) {
    int left = length;
    if (withSecret) {
      secret();
      left -= SECRET_BYTES;
    }
    for (; left > 0; left--) {
      both(random.nextInt('a', 'z' + 1));
    }
  }

  private void multibyteLine() {
    int end = text.size() + MULTIBYTE_LINE;
    if (text.size() / SECRET_EVERY > nextSecret) {
      secret();
    }
    while (text.size() < end) {
      for (byte b : WORDS[random.nextInt(WORDS.length)].getBytes(UTF_8)) {
        both(b);
      }
    }
    both('\n');
  }

  private void randomBytes() {
    secret();
    for (int i = 0; i < RANDOM_RUN; i++) {
      both(random.nextInt());
    }
  }

  private void secret() {
    byte[] secret = secrets.get(nextSecret++ % SECRETS).getBytes(UTF_8);
    text.write(secret, 0, secret.length);
    masked.write(MASK, 0, MASK.length);
  }

  private void both(int b) {
    text.write(b);
    masked.write(b);
  }
}
