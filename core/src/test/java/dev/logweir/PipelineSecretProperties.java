package dev.logweir;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** A masked value never reaches a sender, wherever writes, fragments and overflows cut it. */
@PropertyDefaults(edgeCases = EdgeCasesMode.NONE)
class PipelineSecretProperties {
  private static final List<String> VALUES =
      List.of("hunter2", "hunter2-and-more", "anan-anan-anan", "FIRST-LINE\nSECOND-LINE\n}");

  /** What must not be seen: of a value of several lines, its lines. */
  private static final List<String> HIDDEN =
      List.of("hunter2", "anan-anan-anan", "FIRST-LINE", "SECOND-LINE");

  /** A part of a log: filler, a value, or a line end; and whether a write ends behind it. */
  record Part(String text, boolean writes, boolean drains) {}

  @Provide
  Arbitrary<PipelineSetup> setups() {
    return PipelineArbitraries.setups(1);
  }

  @Provide
  Arbitrary<List<Part>> logs() {
    Arbitrary<String> filler =
        Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.integers().between(0, 60)),
                Tuple.of(2, Arbitraries.integers().between(200, 270)),
                Tuple.of(1, Arbitraries.integers().between(900, 1_100)),
                Tuple.of(1, Arbitraries.integers().between(0, 5_000)))
            .map(".".repeat(1)::repeat);
    Arbitrary<String> values = Arbitraries.of(VALUES);
    Arbitrary<String> pieces =
        Combinators.combine(values, Arbitraries.doubles().between(0, 1))
            .as((value, share) -> value.substring(0, (int) (value.length() * share)));
    Arbitrary<String> texts =
        Arbitraries.frequencyOf(
            Tuple.of(4, filler),
            Tuple.of(6, values),
            Tuple.of(1, pieces),
            Tuple.of(3, Arbitraries.just("\n")));
    return Combinators.combine(
            texts, Arbitraries.of(true, false), Arbitraries.of(true, false, false))
        .as(Part::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(60);
  }

  @Property
  void noValueReachesASender(
      @ForAll("setups") PipelineSetup setup, @ForAll("logs") List<Part> parts, @ForAll int cuts) {
    try (PipelineRig rig = new PipelineRig(setup, SecretMasker.of(VALUES))) {
      StringBuilder pending = new StringBuilder();
      int cut = Math.floorMod(cuts, 17);
      for (Part part : parts) {
        pending.append(part.text);
        if (part.writes && pending.length() > 0) {
          int end = Math.max(1, pending.length() - cut);
          cut = (cut * 7 + 3) % 17;
          rig.write(LogSource.STDOUT, pending.substring(0, end).getBytes(ISO_8859_1));
          pending.delete(0, end);
        }
        if (part.drains) {
          rig.drain();
        }
      }
      rig.write(LogSource.STDOUT, pending.toString().getBytes(ISO_8859_1));
      List<String> recent = rig.log.recentLines();
      LogReport report = rig.end(Step.End.FINISH, Duration.ofSeconds(10));
      SinkReport sink = report.sink();
      assertThat(sink.shipped().plus(sink.droppedTotal())).isEqualTo(rig.accepted());
      List<String> arrived = joined(rig.senders.get(0).arrived);
      assertHidden(arrived);
      String written = String.join("", parts.stream().map(Part::text).toList());
      boolean unended = !written.isEmpty() && !written.endsWith("\n");
      if (unended && sink.droppedTotal().isZero()) {
        assertNoBeginningAtTheEnd(arrived.get(arrived.size() - 1));
      }
      assertHidden(recent);
      assertHidden(rig.log.recentLines());
    }
  }

  /** Returns the lines with their fragments joined. */
  private static List<String> joined(List<Piece> pieces) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (Piece piece : pieces) {
      line.append(new String(piece.text(), ISO_8859_1));
      if (piece.kind() == Piece.Kind.CUT) {
        assertNoBeginningAtTheEnd(line.toString());
      }
      if (piece.kind() != Piece.Kind.CONTINUED) {
        lines.add(line.toString());
        line.setLength(0);
      }
    }
    if (line.length() > 0) {
      lines.add(line.toString());
    }
    return lines;
  }

  private static void assertNoBeginningAtTheEnd(String line) {
    for (String value : HIDDEN) {
      for (int length = 4; length < value.length(); length++) {
        assertThat(line).doesNotEndWith(value.substring(0, length));
      }
    }
  }

  private static void assertHidden(List<String> lines) {
    for (String line : lines) {
      for (String value : HIDDEN) {
        assertThat(line).doesNotContain(value);
      }
    }
  }
}
