package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** The secrets that are masked, the same in every run; and workloads in which they are. */
final class Secrets {
  static final String MASK = "**********";

  private static final int COUNT = 50;

  /**
   * Those put into lines are as long as the mask, so that what arrives is as long as what was
   * written.
   */
  private static final int SHOWN = 5;

  private static final int MIN_LENGTH = 16;
  private static final int MAX_LENGTH = 40;
  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final List<String> ALL = make();

  private Secrets() {}

  private static List<String> make() {
    SplittableRandom random = new SplittableRandom(COUNT);
    return IntStream.range(0, COUNT)
        .mapToObj(
            i ->
                letters(random, i < SHOWN ? MASK.length() : random.nextInt(MIN_LENGTH, MAX_LENGTH)))
        .toList();
  }

  private static String letters(SplittableRandom random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  static List<String> all() {
    return ALL;
  }

  /**
   * Puts something into the midst of some lines.
   *
   * @param shareInPercent of how many of a hundred lines
   * @param masked whether it is the mask; else one of the secrets
   */
  static void put(byte[] bytes, int[] lineEnds, int shareInPercent, boolean masked) {
    int line = 0;
    int from = 0;
    for (int end : lineEnds) {
      boolean hit = (line + 1) * shareInPercent / 100 > line * shareInPercent / 100;
      if (hit && end - 1 - from >= MASK.length()) {
        String text = masked ? MASK : ALL.get(line % SHOWN);
        int middle = from + (end - 1 - from - MASK.length()) / 2;
        System.arraycopy(text.getBytes(US_ASCII), 0, bytes, middle, MASK.length());
      }
      from = end;
      line++;
    }
  }
}
