package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The bytes that a job writes, over and over: the same ones in every run, {@value #LINES} lines
 * whose whole is a multiple of {@value #CHUNK} bytes.
 */
final class Workload {
  static final int LINES = 4_096;

  /** Bytes of one write: what an exec stream delivers at a time. */
  static final int CHUNK = 4 << 10;

  private static final long SEED = 1;
  private static final List<String> WORDS =
      List.of(
          "[INFO]",
          "Building",
          "target/classes",
          "compiling",
          "module",
          "of",
          "source",
          "files",
          "to",
          "javac",
          "release",
          "debug",
          "download",
          "artifact",
          "resolved",
          "dependency",
          "größer",
          "–",
          "Übersetzung",
          "編譯",
          "完成",
          "warning",
          "at",
          "line");

  private final byte[] bytes;

  private Workload(byte[] bytes) {
    if (bytes.length % CHUNK != 0) {
      throw new IllegalStateException("not a whole number of chunks: " + bytes.length);
    }
    this.bytes = bytes;
  }

  /**
   * Makes a workload.
   *
   * @param name a number, the length of each line in bytes with its line end, from 1 on; or {@code
   *     mixed}, lines of 1 to 400 bytes with words of several scripts and empty lines between them
   */
  static Workload of(String name) {
    return name.equals("mixed") ? mixed() : equal(Integer.parseInt(name));
  }

  private static Workload equal(int length) {
    if (length < 1) {
      throw new IllegalArgumentException("line must have at least 1 byte: " + length);
    }
    SplittableRandom random = new SplittableRandom(SEED);
    byte[] bytes = new byte[LINES * length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = i % length == length - 1 ? (byte) '\n' : (byte) random.nextInt(' ', '~' + 1);
    }
    return new Workload(bytes);
  }

  private static Workload mixed() {
    SplittableRandom random = new SplittableRandom(SEED);
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < LINES - 1; line++) {
      int begin = text.length();
      int size = random.nextInt(8) == 0 ? random.nextInt(10, 380) : random.nextInt(0, 120);
      while (text.length() - begin < size) {
        text.append(WORDS.get(random.nextInt(WORDS.size()))).append(' ');
      }
      text.append('\n');
    }
    byte[] bytes = text.toString().getBytes(UTF_8);
    int padded = (bytes.length + CHUNK) / CHUNK * CHUNK;
    byte[] whole = Arrays.copyOf(bytes, padded);
    Arrays.fill(whole, bytes.length, padded, (byte) '=');
    whole[padded - 1] = '\n';
    return new Workload(whole);
  }

  /** Returns the lines, each with its line end; not to be changed. */
  byte[] bytes() {
    return bytes;
  }
}
