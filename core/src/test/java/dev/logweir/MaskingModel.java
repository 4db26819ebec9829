package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/** What a masker has to do, said as simply as can be: looks for each value at each place. */
final class MaskingModel {
  private MaskingModel() {}

  /** Returns a line masked; its characters and those of the values stand for bytes. */
  static String mask(Collection<String> given, String line, boolean cut) {
    List<String> values = searched(given);
    boolean[] secret = new boolean[line.length()];
    for (String value : values) {
      for (int at = line.indexOf(value); at >= 0; at = line.indexOf(value, at + 1)) {
        Arrays.fill(secret, at, at + value.length(), true);
      }
    }
    if (cut) {
      for (int from = line.length() - 4; from >= 0; from--) {
        String tail = line.substring(from);
        if (values.stream().anyMatch(value -> value.startsWith(tail))) {
          Arrays.fill(secret, from, line.length(), true);
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

  /** The values, and each without what may stand around it; nothing of those that are only that. */
  private static List<String> searched(Collection<String> values) {
    List<String> texts = new ArrayList<>();
    for (String value : values) {
      int from = 0;
      int end = value.length();
      while (from < end && isAround(value.charAt(from))) {
        from++;
      }
      while (end > from && isAround(value.charAt(end - 1))) {
        end--;
      }
      if (from < end) {
        texts.add(value);
      }
      if (end - from >= 4) {
        texts.add(value.substring(from, end));
      }
    }
    return texts;
  }

  private static boolean isAround(char c) {
    return " \t\u000B\f\"'`".indexOf(c) >= 0;
  }

  static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
