package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.openjdk.jol.info.GraphLayout;

class OutcomeVariablesTest {
  private final OutcomeVariables variables = OutcomeVariables.unmasked();
  private final ProcessorChain chain = ProcessorChain.of(variables);

  @Test
  void set_takesTheLineOutOfTheLog() {
    lines(
        "a",
        "::set-outcome-var hello-world=42",
        "::set-outcome-var\tb_1=x=y z ",
        "::set-outcome-var c=",
        "d");

    assertThat(variables.variables())
        .containsExactly(
            Map.entry("hello-world", "42"), Map.entry("b_1", "x=y z "), Map.entry("c", ""));
    assertThat(chain.lines()).containsExactly("a", "d");
    assertThat(chain.filteredLines).isEqualTo(3);
    assertThat(chain.passedBytes() + chain.filteredBytes).isEqualTo(chain.takenBytes);
  }

  @Test
  void set_countsTheLaterValue() {
    lines("::set-outcome-var a=1", "::set-outcome-var b=2", "::set-outcome-var a=3\r");

    assertThat(variables.variables()).containsEntry("a", "3").containsEntry("b", "2").hasSize(2);
  }

  @Test
  void otherLines_goOn() {
    String[] others = {
      "::set-outcome-var",
      "::set-outcome-var a",
      "::set-outcome-var =1",
      "::set-outcome-var  a=1",
      "set-outcome-var a=1",
      " ::set-outcome-var a=1",
      "::set-outcome-vara=1",
      "::set-outcome-var é=1",
      "::set-var a=1",
      "::end-multiline-outcome-var",
      "::start-multiline-outcome-var",
      "::start-multiline-outcome-var =",
      "+ ::set-outcome-var a=1",
      "+\t::set-outcome-var a=1",
      "++ ::set-outcome-var a=1",
      "++++\t::set-outcome-var a=1",
      "\u001B[32m::set-outcome-var a=1",
      "::",
      ":",
      ""
    };
    lines(others);

    assertThat(chain.lines()).containsExactly(others);
    assertThat(variables.variables()).isEmpty();
  }

  @Test
  void multiline_joinsItsLines() {
    lines(
        "::start-multiline-outcome-var multi and more",
        "{",
        "  \"a\": 1\r",
        "",
        "::set-outcome-var inner=1",
        "}",
        "+ echo traced",
        "++ echo traced deeper",
        "+++++\techo deepest",
        "::end-multiline-outcome-var",
        "after");

    assertThat(variables.variables())
        .containsExactly(Map.entry("multi", "{\n  \"a\": 1\n\n::set-outcome-var inner=1\n}"));
    assertThat(chain.lines())
        .containsExactly("+ echo traced", "++ echo traced deeper", "+++++\techo deepest", "after");
  }

  @Test
  void multiline_keepsWhatLooksLikeATraceOnly() {
    lines("::start-multiline-outcome-var v", "+", "++", "+1", "+-", "::end-multiline-outcome-var");

    assertThat(variables.variables()).containsExactly(Map.entry("v", "+\n++\n+1\n+-"));
    assertThat(chain.lines()).isEmpty();
  }

  @Test
  void set_whoseLineTheEndBreaksOffKeepsNoBeginningOfASecret() {
    OutcomeVariables masked = OutcomeVariables.maskedBy(SecretMasker.of("swordfish"));
    ProcessorChain.of(masked).unended("::set-outcome-var a=a swordfi");
    assertThat(masked.variables()).containsExactly(Map.entry("a", "a **********"));

    OutcomeVariables whole = OutcomeVariables.maskedBy(SecretMasker.of("swordfish"));
    ProcessorChain.of(whole).line("::set-outcome-var a=a swordfi");
    assertThat(whole.variables()).containsExactly(Map.entry("a", "a swordfi"));
  }

  @Test
  void multiline_mayNest() {
    lines(
        "::start-multiline-outcome-var one",
        "hello",
        "::start-multiline-outcome-var two",
        "foo",
        "foo",
        "::end-multiline-outcome-var",
        "bar",
        "::end-multiline-outcome-var",
        "::end-multiline-outcome-var",
        "::start-multiline-outcome-var empty",
        "::end-multiline-outcome-var");

    assertThat(variables.variables())
        .containsExactly(
            Map.entry("two", "foo\nfoo"), Map.entry("one", "hello\nbar"), Map.entry("empty", ""));
    assertThat(chain.lines()).containsExactly("::end-multiline-outcome-var");
  }

  @Test
  void multiline_beyondTheDepthIsLostAlone() {
    for (int i = 1; i <= 10; i++) {
      lines("::start-multiline-outcome-var v" + i, "in " + i);
    }
    for (int i = 1; i <= 10; i++) {
      lines("out " + i, "::end-multiline-outcome-var");
    }

    assertThat(variables.variables()).hasSize(8).containsEntry("v8", "in 8\nout 3");
    assertThat(variables.excess()).isEqualTo(new OutcomeVariables.Unset(2, List.of("v9", "v10")));
    assertThat(chain.lines()).isEmpty();
  }

  @Test
  void fragments_areTakenOrLetThroughAsAWhole() {
    chain.fragments(false, "::set-outcome-var a=1", "23", "4\r");
    chain.fragments(false, "x", "::set-outcome-var b=1");
    chain.line("::start-multiline-outcome-var c");
    chain.fragments(false, "one ", "::end-multiline-outcome-var", " two");
    chain.fragments(false, "+ x", "y");
    chain.fragments(false, "::end-multiline-outcome-var", "z");

    assertThat(variables.variables())
        .containsExactly(
            Map.entry("a", "1234"), Map.entry("c", "one ::end-multiline-outcome-var two"));
    assertThat(chain.lines()).containsExactly("x::set-outcome-var b=1", "+ xy");
    assertThat(chain.passedBytes() + chain.filteredBytes).isEqualTo(chain.takenBytes);
  }

  @Test
  void cutLine_closesWhatIsOpen() {
    lines("::start-multiline-outcome-var a", "1");
    chain.fragments(true, "a line", " that was cut");
    lines("in the log");
    chain.fragments(true, "::set-outcome-var b=1");
    chain.fragments(true, "::start-multiline-outcome-var c");
    lines("in the log too", "::start-multiline-outcome-var d");
    chain.fragments(true, "cut at once");

    assertThat(variables.variables()).isEmpty();
    assertThat(variables.incomplete())
        .isEqualTo(new OutcomeVariables.Unset(4, List.of("a", "b", "c", "d")));
    assertThat(chain.lines()).containsExactly("in the log", "in the log too", "cut at once");
  }

  @Test
  void gap_closesWhatIsOpenAndTheLogFlowsOn() {
    lines("::set-outcome-var a=old", "::start-multiline-outcome-var a", "1");
    lines("::start-multiline-outcome-var b");
    chain.gap();
    lines("in the log", "::set-outcome-var c=1");

    assertThat(variables.variables()).containsExactly(Map.entry("c", "1"));
    assertThat(variables.incomplete().names()).containsExactly("a", "b");
    assertThat(chain.lines()).containsExactly("in the log");
  }

  @Test
  void end_closesWhatIsOpen() {
    lines("::start-multiline-outcome-var a", "1");
    chain.end();

    assertThat(variables.variables()).isEmpty();
    assertThat(variables.incomplete().count()).isEqualTo(1);
    assertThat(variables.excess()).isEqualTo(new OutcomeVariables.Unset(0, List.of()));
  }

  @Test
  void stderr_isLeftAlone() {
    OutcomeVariables own = OutcomeVariables.unmasked();
    ProcessorChain stderr = new ProcessorChain(LogSource.STDERR, 4096, own);
    stderr.line("::set-outcome-var a=1");

    assertThat(stderr.lines()).containsExactly("::set-outcome-var a=1");
    assertThat(own.variables()).isEmpty();
  }

  @Test
  void anInstance_isForOneJob() {
    assertThatIllegalStateException()
        .isThrownBy(() -> variables.forStream(LogSource.STDOUT))
        .withMessageContaining("one job");
    variables.forStream(LogSource.STDERR);
  }

  @Test
  void maskedBy_masksKeysAndValues() {
    SecretMasker masker = SecretMasker.of("hunter2", "first-line\nsecond-line");
    OutcomeVariables masked = OutcomeVariables.maskedBy(masker);
    ProcessorChain own = ProcessorChain.of(masked);
    own.fragments(false, "::set-outcome-var a=x hunt", "er2");
    own.line("::start-multiline-outcome-var b").line("first-line").line("second-line\r");
    own.line("::end-multiline-outcome-var").line("::set-outcome-var c-hunter2=1");

    assertThat(masked.variables())
        .containsExactly(
            Map.entry("a", "x **********"),
            Map.entry("b", "**********\n**********"),
            Map.entry("c-**********", "1"));
  }

  @Test
  void excess_ofALongValueOrKeyIsTold() {
    lines("::set-outcome-var a=old", "::set-outcome-var a=" + "x".repeat(16_385));
    lines("::set-outcome-var b=" + "x".repeat(16_384));
    lines(
        "::set-outcome-var " + "k".repeat(129) + "=1",
        "::set-outcome-var " + "l".repeat(128) + "=1");
    lines("::start-multiline-outcome-var m");
    for (int i = 0; i < 20; i++) {
      lines("y".repeat(1000));
    }
    lines("::end-multiline-outcome-var", "in the log");

    assertThat(variables.variables().keySet()).containsExactly("b", "l".repeat(128));
    assertThat(variables.excess())
        .isEqualTo(new OutcomeVariables.Unset(3, List.of("a", "k".repeat(128), "m")));
    assertThat(chain.lines()).containsExactly("in the log");
  }

  @Test
  void excess_ofTheSumIsTold() {
    for (int i = 0; i < 6; i++) {
      lines("::set-outcome-var v" + i + "=" + "x".repeat(14_000));
    }

    assertThat(variables.variables().keySet()).containsExactly("v0", "v1", "v2", "v3");
    assertThat(variables.excess().count()).isEqualTo(2);
    assertThat(retained()).isBetween(56_000L, 64L << 10);
  }

  @Test
  void tenMillionDistinctVariables_stayCapped() {
    byte[] line =
        "::set-outcome-var v00000000=1".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    OutcomeVariables own = OutcomeVariables.unmasked();
    LogProcessor stream = own.forStream(LogSource.STDOUT);
    LogLine view = new LogLine(LogSource.STDOUT);
    LinePieces pieces = new LinePieces(new NoTarget(), new LogLine(LogSource.STDOUT), 256);
    for (int i = 0; i < 10_000_000; i++) {
      for (int at = 26, rest = i; at > 18; at--, rest /= 10) {
        line[at] = (byte) ('0' + rest % 10);
      }
      view.setContent(line, 0, line.length);
      view.setPart(true, true, false);
      view.replaceThrough(pieces);
      process(stream, view);
    }

    assertThat(own.variables()).hasSize(128).containsKey("v00000127");
    assertThat(own.excess().count()).isEqualTo(10_000_000 - 128);
    assertThat(own.excess().names()).hasSize(16).startsWith("v00000128");
    assertThat(GraphLayout.parseInstance(own).totalSize()).isLessThanOrEqualTo(64 << 10);
  }

  @Test
  void openCaptures_areWithinTheBound() {
    String wide = "\u20AC".repeat(5_000);
    for (int i = 0; i < 12; i++) {
      lines("::start-multiline-outcome-var " + "k".repeat(127) + i);
      lines("x".repeat(12_000), wide);
      assertThat(retained()).isLessThanOrEqualTo(64 << 10);
    }
    for (int i = 0; i < 12; i++) {
      lines("::end-multiline-outcome-var");
      assertThat(retained()).isLessThanOrEqualTo(64 << 10);
    }
    for (int i = 0; i < 300; i++) {
      lines("::set-outcome-var " + "q".repeat(120) + i + "=" + "\u20AC".repeat(i % 40));
      assertThat(retained()).isLessThanOrEqualTo(64 << 10);
    }
  }

  @Test
  void maxRetainedBytes_isTheBoundGiven() {
    assertThat(variables.maxRetainedBytes()).isEqualTo(64 << 10);
    assertThat(OutcomeVariables.unmasked(8 << 10).maxRetainedBytes()).isEqualTo(8 << 10);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OutcomeVariables.unmasked(8191))
        .withMessage("maxBytes must be from 8 KiB to 16 MiB: 8191");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OutcomeVariables.maskedBy(SecretMasker.of("a"), (16 << 20) + 1))
        .withMessage("maxBytes must be from 8 KiB to 16 MiB: 16777217");
  }

  @Test
  void nulls_areRefusedByName() {
    assertThatNullPointerException()
        .isThrownBy(() -> OutcomeVariables.maskedBy(null))
        .withMessage("masker");
    assertThatNullPointerException()
        .isThrownBy(() -> variables.forStream(null))
        .withMessage("source");
  }

  @Test
  void variables_areAnImmutableCopy() {
    lines("::set-outcome-var a=1");
    Map<String, String> before = variables.variables();
    lines("::set-outcome-var b=2");

    assertThat(before).containsOnlyKeys("a");
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> before.put("x", "y"));
    assertThat(variables).hasToString("OutcomeVariables[2]");
  }

  private void lines(String... lines) {
    for (String line : lines) {
      chain.line(line);
    }
  }

  private long retained() {
    return GraphLayout.parseInstance(variables).totalSize();
  }

  private static void process(LogProcessor stream, LogLine view) {
    try {
      stream.process(view);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static final class NoTarget implements LineTarget {
    @Override
    public void accept(LogLine line) {}

    @Override
    public void filtered(long sourceBytes, int sourceLines) {}

    @Override
    public void failed(Throwable cause, long sourceBytes, int sourceLines) {}

    @Override
    public void warn(Throwable cause) {}
  }
}
