package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

class ProcessorStageProperties {
  enum Kind {
    PASS,
    REMOVE,
    EMPTY,
    SAME,
    LONGER,
    BROKEN,
    ENDED,
    HOLD,
    THROW,
    THROW_LATE
  }

  /** One fragment and what each of two processors does with what it gets. */
  record Step(String text, boolean last, boolean cut, Kind first, Kind second) {}

  @Property
  void whateverProcessorsDo_theAccountClosesAndLinesAreWhole(
      @ForAll("steps") List<Step> steps, @ForAll @IntRange(min = 8, max = 40) int limit) {
    List<Kind> kinds = new ArrayList<>();
    ProcessorChain chain =
        new ProcessorChain(
            LogSource.STDOUT,
            limit,
            line -> act(line, kinds.get(0)),
            line -> act(line, kinds.get(1)));
    boolean first = true;
    for (Step step : steps) {
      kinds.clear();
      kinds.add(step.first);
      kinds.add(step.second);
      chain.fragment(step.text.getBytes(UTF_8), first, step.last, step.last && step.cut);
      first = step.last;
      assertThat(chain.pieces).allSatisfy(piece -> assertThat(piece.sourceBytes()).isNotNegative());
      long out = chain.passedBytes() + chain.filteredBytes + chain.failedBytes;
      assertThat(out).isBetween(0L, chain.takenBytes);
      if (step.last) {
        assertThat(out).isEqualTo(chain.takenBytes);
        if (!chain.pieces.isEmpty()) {
          assertThat(chain.pieces.get(chain.pieces.size() - 1).last()).isTrue();
        }
      }
    }
    assertThat(chain.passedLines() + chain.filteredLines + chain.failedLines)
        .isEqualTo(chain.takenLines);
  }

  @Property
  void replacementByTheSameText_changesNothing(
      @ForAll("texts") List<String> fragments, @ForAll @IntRange(min = 8, max = 40) int limit) {
    ProcessorChain chain =
        new ProcessorChain(
            LogSource.STDOUT,
            limit,
            line -> line.replace(line.text()),
            line -> line.replace(line.toBytes(), 0, line.length()));
    chain.fragments(false, fragments.toArray(new String[0]));

    assertThat(chain.lines()).containsExactly(String.join("", fragments));
    assertThat(chain.texts()).allSatisfy(text -> assertThat(text).doesNotContain("\uFFFD"));
    assertThat(chain.pieces)
        .allSatisfy(piece -> assertThat(piece.bytes().length).isLessThanOrEqualTo(limit));
  }

  private static void act(LogLine line, Kind kind) {
    switch (kind) {
      case PASS -> {}
      case REMOVE -> line.remove();
      case EMPTY -> line.replace("");
      case SAME -> line.replace(line.text());
      case LONGER -> line.replace(line.text().repeat(3) + "é");
      case BROKEN -> line.replace(line.text() + "\n" + line.text());
      case ENDED -> line.replace(line.text() + "\r\n");
      case HOLD -> {
        line.replace("h");
        line.holdBack(line.isLast() ? 0 : 7);
      }
      case THROW -> throw new IllegalArgumentException();
      case THROW_LATE -> {
        line.replace(line.text().repeat(9) + "\nx");
        throw new IllegalArgumentException();
      }
    }
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Kind> kinds =
        Arbitraries.frequencyOf(
            Tuple.of(3, Arbitraries.just(Kind.PASS)), Tuple.of(4, Arbitraries.of(Kind.class)));
    Arbitrary<Step> step =
        Combinators.combine(
                text(), Arbitraries.of(true, false), Arbitraries.of(true, false), kinds, kinds)
            .as(Step::new);
    Arbitrary<Step> end =
        Combinators.combine(text(), Arbitraries.of(true, false), kinds, kinds)
            .as((text, cut, one, two) -> new Step(text, true, cut, one, two));
    return Combinators.combine(step.list().ofMaxSize(12), end)
        .as(
            (steps, last) -> {
              List<Step> all = new ArrayList<>(steps);
              all.add(last);
              return all;
            });
  }

  @Provide
  Arbitrary<List<String>> texts() {
    return text().list().ofMinSize(1).ofMaxSize(6);
  }

  private static Arbitrary<String> text() {
    return Arbitraries.of("a", "b", "é", "€", "\uD83D\uDE00", "\r")
        .list()
        .ofMaxSize(30)
        .map(list -> String.join("", list));
  }
}
