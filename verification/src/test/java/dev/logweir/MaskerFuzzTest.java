package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A masker does what a search for each value at each place does, in whatever parts a line comes.
 */
class MaskerFuzzTest {
  /** Few, so that values overlap, begin alike and repeat themselves; two are not ASCII. */
  private static final String[] LETTERS = {"a", "b", "ab", "0", "-", "A", "\u00e9", "\u20ac"};

  private static final int MAX_VALUES = 6;
  private static final int MAX_LETTERS = 40;
  private static final int MAX_PARTS = 6;
  private static final int MIN_LINE_OF_SEVERAL = 6;
  private static final int MIN_CUT_TAIL = 4;

  @FuzzTest(maxDuration = "10m")
  void mask(FuzzedDataProvider data) {
    List<String> values = new ArrayList<>();
    int count = data.consumeInt(0, MAX_VALUES);
    for (int i = 0; i < count; i++) {
      values.add(text(data, data.consumeBoolean()));
    }
    int later = data.consumeInt(0, count);
    SecretMasker masker = SecretMasker.of(values.subList(0, count - later));
    List<String> known = new ArrayList<>(values.subList(0, count - later));
    MaskedStream stream = new MaskedStream(masker);
    while (data.remainingBytes() > 0) {
      if (known.size() < count && data.consumeBoolean()) {
        String value = values.get(known.size());
        masker.add(value);
        known.add(value);
      }
      int parts = data.consumeInt(1, MAX_PARTS);
      boolean cut = data.consumeBoolean();
      StringBuilder line = new StringBuilder();
      for (int i = 1; i <= parts; i++) {
        String part = new String(bytes(data), ISO_8859_1);
        line.append(part);
        stream.part(part.getBytes(ISO_8859_1), i == 1, i == parts && !cut, i == parts && cut);
      }

      assertThat(stream.takeLine()).isEqualTo(masked(known, line.toString(), cut));
      String text = new String(line.toString().getBytes(ISO_8859_1), UTF_8);
      if (Arrays.equals(text.getBytes(UTF_8), line.toString().getBytes(ISO_8859_1))) {
        assertThat(masker.mask(text).getBytes(UTF_8))
            .isEqualTo(masked(known, line.toString(), false).getBytes(ISO_8859_1));
      }
    }
  }

  private static String text(FuzzedDataProvider data, boolean lines) {
    StringBuilder text = new StringBuilder();
    int letters = data.consumeInt(1, MAX_LETTERS);
    for (int i = 0; i < letters; i++) {
      int letter = data.consumeByte();
      text.append(lines && letter == '\n' ? "\n" : LETTERS[letter & 7]);
    }
    return text.toString();
  }

  /** Returns a part of a line: mostly letters of the values, broken anywhere. */
  private static byte[] bytes(FuzzedDataProvider data) {
    byte[] given = data.consumeBytes(data.consumeInt(0, MAX_LETTERS));
    StringBuilder text = new StringBuilder();
    for (byte b : given) {
      text.append(b >= 0 ? LETTERS[b & 7] : "x");
    }
    byte[] all = text.toString().getBytes(UTF_8);
    int from = all.length > 0 && data.consumeBoolean() ? 1 : 0;
    int to = all.length > from && data.consumeBoolean() ? all.length - 1 : all.length;
    return Arrays.copyOfRange(all, from, to);
  }

  /** What a masker has to do, as simply as can be; characters stand for bytes. */
  private static String masked(List<String> values, String line, boolean cut) {
    boolean[] secret = new boolean[line.length()];
    for (String value : values) {
      List<String> lines = value.lines().filter(part -> !part.isEmpty()).toList();
      for (String one : lines) {
        String wanted = new String(one.getBytes(UTF_8), ISO_8859_1);
        if (lines.size() > 1 && wanted.length() < MIN_LINE_OF_SEVERAL) {
          continue;
        }
        for (int at = line.indexOf(wanted); at >= 0; at = line.indexOf(wanted, at + 1)) {
          Arrays.fill(secret, at, at + wanted.length(), true);
        }
        for (int from = line.length() - MIN_CUT_TAIL; cut && from >= 0; from--) {
          if (wanted.startsWith(line.substring(from))) {
            Arrays.fill(secret, from, line.length(), true);
          }
        }
      }
    }
    StringBuilder masked = new StringBuilder();
    for (int i = 0; i < secret.length; i++) {
      if (!secret[i]) {
        masked.append(line.charAt(i));
      } else if (i == 0 || !secret[i - 1]) {
        masked.append("**********");
      }
    }
    return masked.toString();
  }
}
