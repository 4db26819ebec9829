package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
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

  private static final String BUILD_OUTPUT = "build-output.log";

  private final byte[] bytes;
  private final byte[] masked;

  private Workload(byte[] bytes) {
    this(bytes, bytes);
  }

  private Workload(byte[] bytes, byte[] masked) {
    this.masked = masked;
    if (bytes.length % CHUNK != 0) {
      throw new IllegalStateException("not a whole number of chunks: " + bytes.length);
    }
    this.bytes = bytes;
  }

  /**
   * Makes a workload.
   *
   * @param name a number, the length of each line in bytes with its line end, from 1 on; or {@code
   *     mixed}, lines of 1 to 400 bytes with words of several scripts and empty lines between them;
   *     or {@code build}, what Maven wrote when it built this project. With {@code /P} behind it, P
   *     of a hundred lines have one of the {@link Secrets} in them, if they are long enough.
   */
  static Workload of(String name) {
    int slash = name.indexOf('/');
    if (slash >= 0) {
      return of(name.substring(0, slash)).withSecrets(Integer.parseInt(name.substring(slash + 1)));
    }
    return switch (name) {
      case "mixed" -> mixed();
      case "build" -> build();
      default -> equal(Integer.parseInt(name));
    };
  }

  private Workload withSecrets(int percent) {
    byte[] shown = bytes.clone();
    byte[] hidden = bytes.clone();
    Secrets.put(shown, lineEnds(), percent, false);
    Secrets.put(hidden, lineEnds(), percent, true);
    return new Workload(shown, hidden);
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
    return padded(text.toString().getBytes(UTF_8));
  }

  private static Workload build() {
    byte[] log;
    try (InputStream in = Workload.class.getResourceAsStream(BUILD_OUTPUT)) {
      log = Objects.requireNonNull(in, BUILD_OUTPUT).readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] bytes = new byte[LINES / 1_000 * log.length];
    int at = 0;
    for (int line = 0, from = 0; line < LINES - 1; line++) {
      int start = from % log.length;
      int end = start;
      while (log[end] != '\n') {
        end++;
      }
      int length = end + 1 - start;
      if (bytes.length - at < length) {
        bytes = Arrays.copyOf(bytes, 2 * bytes.length);
      }
      System.arraycopy(log, start, bytes, at, length);
      at += length;
      from = end + 1;
    }
    return padded(Arrays.copyOf(bytes, at));
  }

  /** Adds a last line that makes the whole a number of chunks. */
  private static Workload padded(byte[] lines) {
    int padded = (lines.length + CHUNK) / CHUNK * CHUNK;
    byte[] whole = Arrays.copyOf(lines, padded);
    Arrays.fill(whole, lines.length, padded, (byte) '=');
    whole[padded - 1] = '\n';
    return new Workload(whole);
  }

  /** Returns the lines, each with its line end; not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  /** Returns what is to arrive of them, the secrets masked; not to be changed. */
  byte[] masked() {
    return masked;
  }

  /** Returns the ends of chunks of {@value #CHUNK} bytes. */
  int[] chunkEnds() {
    int[] ends = new int[bytes.length / CHUNK];
    for (int i = 0; i < ends.length; i++) {
      ends[i] = (i + 1) * CHUNK;
    }
    return ends;
  }

  /** Returns the ends of chunks that are a line each. */
  int[] lineEnds() {
    int[] ends = new int[LINES];
    int line = 0;
    for (int at = 0; at < bytes.length; at++) {
      if (bytes[at] == '\n') {
        ends[line++] = at + 1;
      }
    }
    return ends;
  }
}
