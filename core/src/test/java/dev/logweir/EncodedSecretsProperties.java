package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Encoders that choose at random what they encode, and texts in random pieces. */
class EncodedSecretsProperties {
  private static final String MASK = "**********";
  private static final String LETTERS = "abcXYZ019 -_.:/+%&'\"\\^`$<>=#;{}\t é€\uD83D\uDE00";

  /** A way to write a character so that it still means itself. */
  private interface Escape {
    String of(String c, Random random);
  }

  private static final List<Escape> FAMILIES =
      List.of(
          EncodedSecretsProperties::percent,
          (c, random) -> percent(c, random).replace("%", "%25").replace("+", "%2B"),
          EncodedSecretsProperties::json,
          (c, random) -> jsonOf(json(c, random)),
          (c, random) -> jsonOf(jsonOf(json(c, random))),
          EncodedSecretsProperties::xml,
          (c, random) -> c.replace("'", "''"),
          (c, random) -> c.replace("\"", "\"\""),
          (c, random) -> c.replace("'", "'\\''"),
          (c, random) -> c.replace("'", "'\"'\"'"),
          (c, random) -> isPlain(c) || random.nextBoolean() ? json(c, random) : "\\" + c,
          (c, random) -> isPlain(c) ? c : "^" + c,
          (c, random) -> isPlain(c) ? c : "`" + c);

  @Property(tries = 500)
  void escapedValues_areMaskedInWhateverPieces(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 12) int family,
      @ForAll @IntRange(min = 8, max = 40) int length) {
    Random random = new Random(seed);
    String value = "v" + text(random, length) + "v";
    StringBuilder form = new StringBuilder();
    value
        .codePoints()
        .mapToObj(Character::toString)
        .forEach(c -> form.append(FAMILIES.get(family).of(c, random)));
    SecretMasker masker = SecretMasker.builder().add(value, "other-value").encoded(true).build();
    String line = "~ " + form + " ~";

    assertThat(masker.mask(line)).as(value).isEqualTo("~ " + MASK + " ~");
    assertThat(inPieces(masker, line, random))
        .as(value + " in " + line)
        .isEqualTo("~ " + MASK + " ~");
  }

  @Property(tries = 300)
  void pieces_areMaskedAsTheWhole(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 5) int alphabet) {
    Random random = new Random(seed);
    SecretMasker.Builder builder = SecretMasker.builder().encoded(true);
    List<String> tokens =
        new ArrayList<>(List.of("%61", "\\u0061", "&#97;", "\\\\", "'", "\"", "%"));
    for (int i = 0; i < 4; i++) {
      StringBuilder value = new StringBuilder();
      for (int j = random.nextInt(9); j >= 0; j--) {
        value.append("ab'\\ ".charAt(random.nextInt(alphabet)));
      }
      builder.add(value.toString());
      tokens.add(value.toString());
      tokens.add(Base64.getEncoder().encodeToString(value.toString().getBytes(UTF_8)));
    }
    tokens.addAll(List.of("a", "b", "a", "b", "+", " ", "x", "="));
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      String token = tokens.get(random.nextInt(tokens.size()));
      line.append(
          token, 0, random.nextInt(3) == 0 ? random.nextInt(token.length() + 1) : token.length());
    }
    line.append("$");
    SecretMasker masker = builder.build();

    assertThat(inPieces(masker, line.toString(), random)).isEqualTo(masker.mask(line.toString()));
  }

  private static String inPieces(SecretMasker masker, String line, Random random) {
    byte[] bytes = line.getBytes(UTF_8);
    List<byte[]> pieces = new ArrayList<>();
    int from = 0;
    while (from < bytes.length) {
      int to = Math.min(bytes.length, from + 1 + random.nextInt(12));
      pieces.add(Arrays.copyOfRange(bytes, from, to));
      from = to;
    }
    ProcessorChain chain = ProcessorChain.of(masker);
    chain.fragments(false, pieces.toArray(new byte[0][]));
    assertThat(chain.failures).isEmpty();
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
    return String.join("", chain.lines());
  }

  private static String text(Random random, int length) {
    int[] points = LETTERS.codePoints().toArray();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.appendCodePoint(points[random.nextInt(points.length)]);
    }
    return text.toString();
  }

  private static boolean isPlain(String c) {
    return c.codePointAt(0) > 127 || Character.isLetterOrDigit(c.codePointAt(0));
  }

  private static String percent(String c, Random random) {
    if (c.equals(" ") && random.nextBoolean()) {
      return "+";
    }
    if (!c.equals("%") && !c.equals("+") && random.nextBoolean()) {
      return c;
    }
    StringBuilder text = new StringBuilder();
    for (byte b : c.getBytes(UTF_8)) {
      text.append(String.format(random.nextBoolean() ? "%%%02x" : "%%%02X", b));
    }
    return text.toString();
  }

  private static String json(String c, Random random) {
    if (random.nextInt(4) == 0) {
      StringBuilder text = new StringBuilder();
      c.chars()
          .forEach(
              unit ->
                  text.append(String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", unit)));
      return text.toString();
    }
    return jsonOf(c);
  }

  private static String jsonOf(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t");
  }

  private static String xml(String c, Random random) {
    if (random.nextInt(3) == 0) {
      return (random.nextBoolean()
              ? "&#" + c.codePointAt(0)
              : "&#x" + Integer.toHexString(c.codePointAt(0)))
          + ";";
    }
    return switch (c) {
      case "&" -> "&amp;";
      case "<" -> "&lt;";
      case ">" -> "&gt;";
      case "\"" -> random.nextBoolean() ? "&quot;" : c;
      case "'" -> random.nextBoolean() ? "&apos;" : c;
      default -> c;
    };
  }
}
