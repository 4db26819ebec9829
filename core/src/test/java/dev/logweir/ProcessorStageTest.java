package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProcessorStageTest {
  @Test
  void accept_passesUnchangedLinesOnAsTheyAre() {
    ProcessorChain chain = ProcessorChain.of(line -> {}, line -> {});
    chain.line("one").fragments(false, "two ", "", "three").fragments(true, "fo", "u");

    assertThat(chain.pieces).hasToString("[[one], [two ), (), (three], [fo), (u!]");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
    assertThat(chain.passedLines()).isEqualTo(2);
  }

  @Test
  void withText_replacesALineByOneOrMore() {
    ProcessorChain chain =
        ProcessorChain.of(line -> line.replace("<" + line.text() + "\nü\r\n\n\uD83D\uDE00\uD800>"));
    chain.line("a");

    assertThat(chain.lines()).containsExactly("<a", "ü", "", "\uD83D\uDE00?>");
    assertThat(chain.pieces)
        .extracting(ProcessorChain.Piece::sourceBytes)
        .containsExactly(0L, 0L, 0L, 2L);
    assertThat(chain.pieces)
        .extracting(ProcessorChain.Piece::sourceLines)
        .containsExactly(0, 0, 0, 1);
  }

  @Test
  void withText_endingInALineEndMakesNoEmptyLine() {
    assertThat(ProcessorChain.of(line -> line.replace("x\n")).line("a").lines())
        .containsExactly("x");
    assertThat(ProcessorChain.of(line -> line.replace("\n")).line("a").lines()).containsExactly("");
    assertThat(ProcessorChain.of(line -> line.replace("")).line("a").lines()).containsExactly("");
  }

  @Test
  void withText_endingInALineEndEndsTheLineOfAFragment() {
    ProcessorChain chain = ProcessorChain.of(line -> line.replace(line.text().replace('|', '\n')));
    chain.fragments(false, "a|", "b", "c|d");

    assertThat(chain.pieces).hasToString("[[a], [b), (c], [d]]");
    assertThat(chain.passedBytes()).isEqualTo(chain.takenBytes);
  }

  @Test
  void withBytes_takesARangeAndLineEnds() {
    byte[] bytes = "..a\r\nb\n..".getBytes(UTF_8);
    ProcessorChain chain = ProcessorChain.of(line -> line.replace(bytes, 2, 5));

    assertThat(chain.line("x").lines()).containsExactly("a", "b");
  }

  @Test
  void longText_isCutIntoFragmentsBetweenCharacters() {
    String text = "é".repeat(300) + "\uD83D\uDE00".repeat(200);
    ProcessorChain chain = new ProcessorChain(LogSource.STDOUT, 257, line -> line.replace(text));
    chain.line("x");

    assertThat(chain.lines()).containsExactly(text);
    assertThat(chain.pieces).allSatisfy(piece -> assertThat(piece.text()).doesNotContain("\uFFFD"));
    assertThat(chain.pieces).allSatisfy(piece -> assertThat(piece.bytes().length).isLessThan(258));
    assertThat(chain.pieces).extracting(ProcessorChain.Piece::sourceBytes).endsWith(0L, 2L);
  }

  @Test
  void emptyPiece_isLeftOutWhereMoreComesAndItsAccountGoesOn() {
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              if (line.isFirst()) {
                line.replace("");
              }
            });
    chain.fragments(false, "dropped", "kept");

    assertThat(chain.pieces).hasToString("[[kept]]");
    assertThat(chain.pieces.get(0).sourceBytes()).isEqualTo(12);
  }

  @Test
  void removedParts_areFilteredAndTheRestIsALine() {
    ProcessorChain first = ProcessorChain.of(line -> removeIf(line, line.isFirst()));
    first.fragments(false, "aa", "bbb", "c");
    assertThat(first.pieces).hasToString("[[bbb), (c]]");
    assertThat(first.filteredBytes).isEqualTo(2);

    ProcessorChain last = ProcessorChain.of(line -> removeIf(line, line.isLast()));
    last.fragments(false, "aa", "bbb", "c").line("gone").fragments(false, "d", "e");
    assertThat(last.pieces).hasToString("[[aa), (bbb), (!, [d), (!]");
    assertThat(last.filteredBytes).isEqualTo(2 + 5 + 2);
    assertThat(last.filteredLines).isEqualTo(3);
  }

  @Test
  void failure_costsTheLineAlone() {
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              if (line.text().contains("bad")) {
                throw new IOException("no");
              }
            });
    chain.line("a").line("bad").fragments(false, "b", "bad", "c", "d").line("e");

    assertThat(chain.pieces).hasToString("[[a], [b), (!, [e]]");
    assertThat(chain.failedBytes).isEqualTo(4 + 3 + 1 + 2);
    assertThat(chain.failedLines).isEqualTo(2);
    assertThat(chain.failures).hasSize(4);
    assertThat(chain.failures.get(0)).isInstanceOf(IOException.class);
  }

  @Test
  void failure_amidAReplacementLeavesNoneOfItBehind() {
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              if (line.text().equals("bad")) {
                line.replace("half\nof it");
                throw new IllegalArgumentException();
              }
              line.replace(line.text());
            });
    chain.line("a").line("bad").line("b");

    assertThat(chain.lines()).containsExactly("a", "half", "b");
    assertThat(chain.passedBytes() + chain.failedBytes).isEqualTo(chain.takenBytes);
  }

  @Test
  void failure_ofAnUpstreamStageLetsTheMaskerGiveOutWhatItHolds() {
    LogProcessor failing =
        line -> {
          if (line.isLast()) {
            throw new IllegalArgumentException();
          }
        };
    ProcessorChain chain = ProcessorChain.of(failing, SecretMasker.of("swordfish"));
    chain.fragments(false, "a swo", "x").line("y").fragments(false, "b sword", "x");

    assertThat(chain.lines()).containsExactly("a swo", "b **********");
    assertThat(chain.passedBytes() + chain.failedBytes).isEqualTo(chain.takenBytes);
  }

  @Test
  void errors_areTheProcessorsFailure() {
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              throw new StackOverflowError();
            });

    assertThat(chain.line("a").failedLines).isEqualTo(1);
  }

  @Test
  void interrupt_isTheDrainsToKeep() {
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              throw new InterruptedException();
            });
    chain.line("a");

    assertThat(Thread.interrupted()).isFalse();
    assertThat(chain.failedLines).isEqualTo(1);
  }

  @Test
  void aLine_isChangedOnceAndOnlyDuringTheCall() {
    List<LogLine> kept = new ArrayList<>();
    ProcessorChain chain =
        ProcessorChain.of(
            line -> {
              kept.add(line);
              line.replace("x");
              assertThatIllegalStateException().isThrownBy(line::remove);
              assertThatIllegalStateException().isThrownBy(() -> line.replace("y"));
            },
            kept::add);
    chain.line("a");

    assertThat(chain.failures).isEmpty();
    assertThat(kept).hasSize(2);
    assertThat(kept)
        .allSatisfy(
            line ->
                assertThatIllegalStateException()
                    .isThrownBy(line::remove)
                    .withMessage("this line can't be changed here"));
    assertThat(kept.get(1).length()).isZero();
  }

  @Test
  void nulls_areRefusedByName() {
    List<Throwable> found = new ArrayList<>();
    LogProcessor processor =
        line -> {
          assertThatNullPointerException()
              .isThrownBy(() -> line.replace(null))
              .withMessage("replacement");
          assertThatNullPointerException().isThrownBy(() -> line.replace(null, 0, 0));
          assertThatExceptionOfType(IndexOutOfBoundsException.class)
              .isThrownBy(() -> line.replace(new byte[1], 1, 1));
          found.add(null);
        };
    ProcessorChain chain = ProcessorChain.of(processor).line("a");

    assertThat(chain.failures).isEmpty();
    assertThat(found).hasSize(1);
    assertThat(chain.lines()).containsExactly("a");
  }

  @Test
  void end_emitsLinesIntoTheNextProcessors() {
    List<LogProcessor.Output> kept = new ArrayList<>();
    LogProcessor last =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public void end(Output out) {
            kept.add(out);
            out.emit("bye\nhunter2");
          }
        };
    ProcessorChain chain = ProcessorChain.of(last, SecretMasker.of("hunter2"));
    chain.line("a").end();

    assertThat(chain.lines()).containsExactly("a", "bye", "**********");
    assertThat(chain.passedBytes()).isEqualTo(2);
    assertThat(chain.passedLines()).isEqualTo(1);
    assertThatIllegalStateException()
        .isThrownBy(() -> kept.get(0).emit("late"))
        .withMessage("the end is over");
  }

  @Test
  void gapAndEnd_thatThrowCostAWarning() {
    LogProcessor processor =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public void gap() {
            throw new IllegalArgumentException("gap");
          }

          @Override
          public void end(Output out) {
            throw new IllegalArgumentException("end");
          }
        };
    ProcessorChain chain = ProcessorChain.of(processor);
    chain.line("a").gap().line("b").end();

    assertThat(chain.lines()).containsExactly("a", "b");
    assertThat(chain.warnings).extracting(Throwable::getMessage).containsExactly("gap", "end");
  }

  private static void removeIf(LogLine line, boolean remove) {
    if (remove) {
      line.remove();
    }
  }
}
