package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class SecretMaskerProperties {
  /** How a line ends: in a line end, where its rest was dropped, or where its stream ended. */
  enum End {
    LINE,
    CUT,
    STREAM
  }

  /** A line as a job may write it, and where it is broken into fragments. */
  record Line(String text, List<Integer> breaks, End end) {
    boolean cut() {
      return end == End.CUT;
    }

    void run(ProcessorChain chain) {
      byte[][] bytes = parts().stream().map(MaskingModel::bytes).toArray(byte[][]::new);
      if (end == End.STREAM) {
        chain.unended(bytes);
      } else {
        chain.fragments(cut(), bytes);
      }
    }

    List<String> parts() {
      List<Integer> at =
          breaks.stream().map(i -> Math.floorMod(i, text.length() + 1)).sorted().toList();
      List<String> parts = new ArrayList<>();
      int from = 0;
      for (int to : at) {
        parts.add(text.substring(from, to));
        from = to;
      }
      parts.add(text.substring(from));
      return parts;
    }
  }

  @Property
  void lines_areMaskedAsByTheModelHoweverTheyAreBroken(
      @ForAll("values") @Size(max = 6) List<String> values, @ForAll("logs") List<Line> lines) {
    SecretMasker masker = SecretMasker.of(values);
    ProcessorChain chain = ProcessorChain.of(masker);
    for (Line line : lines) {
      line.run(chain);
    }

    List<String> found = joined(chain);
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      assertThat(found.get(i))
          .isEqualTo(MaskingModel.mask(nonEmpty(values), line.text, line.end != End.LINE));
    }
    assertThat(found).hasSameSizeAs(lines);
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
    assertThat(chain.passedLines()).isEqualTo(chain.takenLines);
    assertThat(chain.failures).isEmpty();
  }

  @Property
  void heldBytes_areCountedWithTheirText(
      @ForAll("values") @Size(min = 1, max = 6) List<String> values, @ForAll("lines") Line line) {
    SecretMasker masker = SecretMasker.of(values);
    ProcessorChain chain = ProcessorChain.of(masker);
    int longest = values.stream().mapToInt(String::length).max().orElseThrow();
    List<String> parts = line.parts();
    for (int i = 0; i < parts.size(); i++) {
      boolean last = i == parts.size() - 1;
      int before = chain.pieces.size();
      chain.fragment(MaskingModel.bytes(parts.get(i)), i == 0, last, last && line.cut());
      long held = chain.takenBytes - chain.passedBytes();
      // A fragment of which nothing is left counts with the next piece.
      boolean nothingPassed = chain.pieces.size() == before;
      long most = last ? 0 : nothingPassed ? chain.takenBytes : Math.max(0, longest - 1);
      assertThat(held).isBetween(0L, most);
    }
  }

  @Property
  void values_ofAllLengthsAreFoundInLongText(
      @ForAll @IntRange(min = 1, max = 60) int shortest,
      @ForAll @IntRange(min = 0, max = 40) int spread,
      @ForAll @IntRange(min = 1, max = 60) int count,
      @ForAll @IntRange(min = 2, max = 64) int alphabet,
      @ForAll long seed) {
    Random random = new Random(seed);
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      values.add(text(random, alphabet, shortest + random.nextInt(spread + 1)));
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      String value = values.get(random.nextInt(count));
      text.append(text(random, alphabet, random.nextInt(40)))
          .append(
              value,
              0,
              random.nextInt(2) == 0 ? value.length() : random.nextInt(value.length() + 1));
    }
    List<Integer> breaks = random.ints(3, 0, text.length() + 1).boxed().toList();
    Line line = new Line(text.toString(), breaks, End.values()[random.nextInt(3)]);
    ProcessorChain chain = ProcessorChain.of(SecretMasker.of(values));
    line.run(chain);

    assertThat(joined(chain))
        .containsExactly(MaskingModel.mask(values, line.text, line.end != End.LINE));
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Property
  void valuesAdded_areMaskedFromTheNextLineOn(
      @ForAll("values") @Size(max = 4) List<String> before,
      @ForAll("values") @Size(min = 1, max = 4) List<String> added,
      @ForAll("lines") Line first,
      @ForAll("lines") Line second) {
    SecretMasker masker = SecretMasker.of(before);
    ProcessorChain chain = ProcessorChain.of(masker);
    first.run(chain);
    masker.addAll(added);
    second.run(chain);

    List<String> all = new ArrayList<>(before);
    all.addAll(added);
    assertThat(joined(chain))
        .containsExactly(
            MaskingModel.mask(nonEmpty(before), first.text, first.end != End.LINE),
            MaskingModel.mask(nonEmpty(all), second.text, second.end != End.LINE));
  }

  @Property
  void valuesAdded_withinALineLeaveNothingOfTheOldOnes(
      @ForAll("values") @Size(min = 1, max = 4) List<String> before,
      @ForAll("values") @Size(min = 1, max = 4) List<String> added,
      @ForAll("lines") Line line) {
    SecretMasker masker = SecretMasker.of(before);
    ProcessorChain chain = ProcessorChain.of(masker);
    List<String> parts = line.parts();
    for (int i = 0; i < parts.size(); i++) {
      boolean last = i == parts.size() - 1;
      chain.fragment(MaskingModel.bytes(parts.get(i)), i == 0, last, last && line.cut());
      masker.addAll(added);
    }

    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
    // The unmasked parts of the two are the same text, with no more left than under the old values.
    String found = joined(chain).get(0).replace("**********", "");
    String most =
        MaskingModel.mask(nonEmpty(before), line.text, line.cut()).replace("**********", "");
    assertThat(isSubsequence(found, most)).as(found + " of " + most).isTrue();
  }

  @Property
  void texts_areMaskedAsByTheModel(
      @ForAll("values") @Size(max = 6) List<String> values, @ForAll("lines") Line line) {
    assertThat(SecretMasker.of(values).mask(line.text))
        .isEqualTo(MaskingModel.mask(nonEmpty(values), line.text, false));
  }

  @Provide
  Arbitrary<List<String>> values() {
    Arbitrary<String> tiny =
        Arbitraries.strings().withChars('a', 'b').ofMinLength(0).ofMaxLength(9);
    Arbitrary<String> small = Arbitraries.strings().withChars("abc").ofMinLength(1).ofMaxLength(14);
    Arbitrary<String> repeated =
        Combinators.combine(
                Arbitraries.strings().withChars('a', 'b').ofMinLength(1).ofMaxLength(3),
                Arbitraries.integers().between(1, 14),
                Arbitraries.strings().withChars("abc").ofMaxLength(2))
            .as((unit, times, end) -> unit.repeat(times) + end);
    return Arbitraries.oneOf(tiny, small, repeated).list();
  }

  @Provide
  Arbitrary<List<Line>> logs() {
    return lines().list().ofMinSize(1).ofMaxSize(5);
  }

  @Provide
  Arbitrary<Line> lines() {
    Arbitrary<String> text =
        Arbitraries.oneOf(
            Arbitraries.strings().withChars('a', 'b').ofMaxLength(60),
            Arbitraries.strings().withChars("abcd").ofMaxLength(90),
            Arbitraries.strings()
                .withChars("ab")
                .ofMinLength(1)
                .ofMaxLength(3)
                .map(s -> s.repeat(20)));
    return Combinators.combine(
            text,
            Arbitraries.integers().between(0, 1000).list().ofMaxSize(6),
            Arbitraries.of(End.class))
        .as(Line::new);
  }

  private static List<String> joined(ProcessorChain chain) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (ProcessorChain.Piece piece : chain.pieces) {
      line.append(new String(piece.bytes(), ISO_8859_1));
      if (piece.last()) {
        lines.add(line.toString());
        line.setLength(0);
      }
    }
    return lines;
  }

  private static List<String> nonEmpty(List<String> values) {
    return values.stream().filter(value -> !value.isEmpty()).toList();
  }

  private static String text(Random random, int alphabet, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append((char) ('0' + random.nextInt(alphabet)));
    }
    return text.toString();
  }

  private static boolean isSubsequence(String part, String whole) {
    int at = 0;
    for (int i = 0; i < whole.length() && at < part.length(); i++) {
      if (whole.charAt(i) == part.charAt(at)) {
        at++;
      }
    }
    return at == part.length();
  }
}
