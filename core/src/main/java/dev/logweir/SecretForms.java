package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** The texts that a secret value is looked for as. */
final class SecretForms {
  private static final int MAX_LINE = 16 << 10;

  /** The shortest line of a value of several lines, and the shortest encoded form. */
  private static final int MIN_PART = 6;

  private static final int[] WRAPPED = {64, 76};
  private static final String STANDARD =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  private static final String URL_SAFE =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

  private SecretForms() {}

  /**
   * Adds the forms of a value, each without a line end in it.
   *
   * @throws IllegalArgumentException if a line is too long
   */
  static void of(String value, boolean encoded, List<byte[]> forms) {
    List<String> lines = Arrays.stream(value.split("\r?\n", -1)).filter(s -> !s.isEmpty()).toList();
    boolean several = lines.size() > 1;
    for (String line : lines) {
      byte[] bytes = line.getBytes(UTF_8);
      if (bytes.length > MAX_LINE) {
        throw new IllegalArgumentException(
            "a line of a secret value must be at most 16 KiB: " + bytes.length);
      }
      if (!several || bytes.length >= MIN_PART) {
        forms.add(bytes);
        if (encoded) {
          encode(line, bytes, forms);
        }
      }
    }
    if (several && encoded) {
      byte[] bytes = value.getBytes(UTF_8);
      if (bytes.length <= MAX_LINE) {
        encode(value, bytes, forms);
      }
    }
  }

  private static void encode(String value, byte[] bytes, List<byte[]> forms) {
    for (int offset = 0; offset < 3; offset++) {
      base64(bytes, offset, STANDARD, Base64.getEncoder(), forms);
      base64(bytes, offset, URL_SAFE, Base64.getUrlEncoder(), forms);
    }
    add(HexFormat.of().formatHex(bytes), forms);
    add(HexFormat.of().withUpperCase().formatHex(bytes), forms);
    SecretEscapes.all(value, text -> add(text, forms));
  }

  /**
   * Adds what stands for the value alone where {@code offset} other bytes come before it in their
   * group.
   */
  private static void base64(
      byte[] value, int offset, String alphabet, Base64.Encoder encoder, List<byte[]> forms) {
    byte[] group = new byte[offset + value.length];
    System.arraycopy(value, 0, group, offset, value.length);
    String text = encoder.withoutPadding().encodeToString(group);
    int from = offset == 0 ? 0 : offset + 1;
    int to = group.length * 8 / 6;
    if (from >= to) {
      return;
    }
    String own = text.substring(from, to);
    add(own, forms);
    int rest = group.length % 3;
    if (rest > 0) {
      // The last character has bits of what follows: any of these, or none and padding.
      int first = alphabet.indexOf(text.charAt(to));
      int variants = rest == 1 ? 16 : 4;
      for (int i = 0; i < variants; i++) {
        add(own + alphabet.charAt(first + i), forms);
      }
      add(own + text.charAt(to) + "=".repeat(3 - rest), forms);
    }
    if (offset == 0) {
      for (int width : WRAPPED) {
        for (int i = 0; own.length() > width && i < own.length(); i += width) {
          add(own.substring(i, Math.min(own.length(), i + width)), forms);
        }
      }
    }
  }

  private static void add(String text, List<byte[]> forms) {
    if (text.length() < MIN_PART || text.indexOf('\n') >= 0) {
      return;
    }
    byte[] bytes = text.getBytes(UTF_8);
    if (bytes.length > MaskerAutomaton.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "an encoded form of a secret value must be at most "
              + MaskerAutomaton.MAX_LENGTH
              + " B: "
              + bytes.length);
    }
    forms.add(bytes);
  }
}
