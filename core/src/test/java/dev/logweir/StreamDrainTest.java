package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What a drain shows to processors, and what it makes of their work, in lock step. */
@Timeout(60)
class StreamDrainTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int MAX_LINE = 256;
  private static final int SEGMENT = Segment.capacity(Segment.SMALL) - RunMarks.BYTES;

  private final List<String> seen = new ArrayList<>();
  private final List<Integer> waiting = new ArrayList<>();
  private Action action = line -> {};
  private final PipelineRig rig = new PipelineRig(setup(4 << 10, 1), new Looker());
  private final SafeBuffer out = rig.log.stdout();
  private final SafeBuffer err = rig.log.stderr();

  private static PipelineSetup setup(int maxSize, int sinks) {
    return new PipelineSetup(
        maxSize,
        MAX_LINE,
        sinks,
        Integer.MAX_VALUE,
        OverflowPolicy.DROP_NEWEST,
        true,
        Duration.ofSeconds(30),
        0,
        false,
        false);
  }

  @AfterEach
  void close() {
    rig.close();
  }

  /** What a test does with a line. */
  private interface Action {
    void on(LogLine line) throws Exception;
  }

  /** Writes down what it is shown: a line's number, its text, and what of the line it is. */
  private final class Looker implements LogProcessor {
    @Override
    public void process(LogLine line) throws Exception {
      seen.add(line.number() + part(line) + line.text());
      waiting.add(rig.sends.waiting());
      action.on(line);
    }

    @Override
    public void gap() {
      seen.add("gap");
    }

    @Override
    public void end(Output output) {
      seen.add("end");
      output.emit("bye");
    }
  }

  private static String part(LogLine line) {
    return (line.isFirst() ? ":" : "~") + (line.isCut() ? "!" : line.isLast() ? "" : "+");
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  private List<String> arrived() {
    rig.senders.forEach(SteppedSender::rethrow);
    return rig.senders.get(0).arrived.stream()
        .map(
            piece ->
                new String(piece.text(), UTF_8)
                    + switch (piece.kind()) {
                      case CONTINUED -> "+";
                      case CUT -> "!";
                      default -> "";
                    })
        .toList();
  }

  private static String marker(long lines, long bytes, DropReason reason) {
    return Tokenless.gap(lines, bytes, reason);
  }

  @Test
  void lines_areShownInTheOrderTheyEndedAndNumberedSo() {
    write(out, "one\ntwo\nthr");
    write(err, "four\n");
    write(out, "ee\n");
    rig.drain();
    assertThat(seen).containsExactly("1:one", "2:two", "3:four", "4:three");
  }

  @Test
  void longLine_isShownInFragmentsUnderOneNumber() {
    write(out, "a".repeat(MAX_LINE) + "b".repeat(MAX_LINE) + "c\nnext\n");
    rig.drain();
    assertThat(seen)
        .containsExactly(
            "1:+" + "a".repeat(MAX_LINE), "1~+" + "b".repeat(MAX_LINE), "1~c", "2:next");
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(arrived())
        .startsWith("a".repeat(MAX_LINE) + "+", "b".repeat(MAX_LINE) + "+", "c", "next");
  }

  @Test
  void lineOfTheMostBytes_isWhole() {
    write(out, "a".repeat(MAX_LINE) + "\n");
    rig.drain();
    assertThat(seen).containsExactly("1:" + "a".repeat(MAX_LINE));
  }

  @Test
  void lineThatGoesOn_isShownOnceItIsTooLong() {
    write(out, "a".repeat(MAX_LINE));
    rig.drain();
    assertThat(seen).isEmpty();
    write(out, "bc");
    rig.drain();
    assertThat(seen).containsExactly("1:+" + "a".repeat(MAX_LINE));
    write(out, "\n");
    rig.drain();
    assertThat(seen).containsExactly("1:+" + "a".repeat(MAX_LINE), "1~bc");
  }

  @Test
  void fragment_isNotCutInACharacter() {
    write(out, "a".repeat(MAX_LINE - 1) + "éé\n");
    rig.drain();
    assertThat(seen).containsExactly("1:+" + "a".repeat(MAX_LINE - 1), "1~éé");
  }

  @Test
  void fragment_isNotCutInAnEscapeSequence() {
    String colour = "\u001B[38;5;208m";
    write(out, "x".repeat(249) + colour + "y\n");
    rig.drain();
    assertThat(seen).containsExactly("1:+" + "x".repeat(249), "1~" + colour + "y");
  }

  @Test
  void lastLine_isKnownToHaveNoEnd() {
    List<String> unended = new ArrayList<>();
    action = line -> unended.add(line.text() + line.isUnended());
    write(out, "a\n" + "b".repeat(300));
    rig.log.finish(TIMEOUT);
    assertThat(unended)
        .containsExactly("afalse", "b".repeat(256) + "false", "b".repeat(44) + "true");
  }

  @Test
  void linesAcrossSegments_areShownWhole() {
    for (char letter = 'a'; letter <= 'o'; letter++) {
      write(out, String.valueOf(letter).repeat(200) + "\n");
    }
    rig.drain();
    List<String> expected = new ArrayList<>();
    for (char letter = 'a'; letter <= 'o'; letter++) {
      expected.add((letter - 'a' + 1) + ":" + String.valueOf(letter).repeat(200));
    }
    assertThat(seen).isEqualTo(expected);
  }

  @Test
  void lineThatWasCut_isShownAsSuchAndTheNumbersCountWhatIsMissing() {
    write(out, "a".repeat(3 * SEGMENT) + "\n");
    write(out, "b".repeat(99));
    write(out, "c".repeat(900) + "\n");
    write(out, "lost\n".repeat(200));
    rig.drain();
    seen.clear();
    write(out, "next\n");
    rig.drain();
    long lost = rig.log.report().sink().droppedTotal().lines();
    assertThat(lost).isBetween(1L, 201L);
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0)).isEqualTo((2 + 200 + 1) + ":next");
  }

  @Test
  void endOfAStream_isShownToTheProcessorsOfEach() {
    write(out, "one\nlast");
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(seen).containsExactly("1:one", "2:last", "end", "end");
    assertThat(arrived()).containsExactly("one", "last", "bye", "bye");
  }

  @Test
  void endOfOneStream_comesOnceItIsClosed() {
    write(out, "last");
    rig.drain();
    assertThat(seen).isEmpty();
    out.close();
    rig.drain();
    assertThat(seen).containsExactly("1:last", "end");
    rig.drain();
    assertThat(seen).hasSize(2);
  }

  @Test
  void longLine_isShownToItsEndAtTheEndOfItsStream() {
    write(out, "a".repeat(MAX_LINE + 1));
    rig.drain();
    out.close();
    rig.drain();
    assertThat(seen).containsExactly("1:+" + "a".repeat(MAX_LINE), "1~a", "end");
    write(err, "b".repeat(2 * MAX_LINE + 1));
    rig.drain();
    write(err, "\n");
    rig.drain();
    assertThat(seen.subList(3, seen.size()))
        .containsExactly("2:+" + "b".repeat(MAX_LINE), "2~+" + "b".repeat(MAX_LINE), "2~b");
  }

  @Test
  void gap_isToldToTheProcessorsAtItsPlace() {
    write(out, "a\n".repeat(4 * SEGMENT / 2));
    write(out, "lost\n");
    rig.drain();
    int before = seen.indexOf("gap");
    assertThat(before).isEqualTo(4 * SEGMENT / 2);
    write(out, "next\n");
    rig.drain();
    assertThat(seen).hasSize(before + 2);
    assertThat(seen).endsWith((4 * SEGMENT / 2 + 2) + ":next");
  }

  @Test
  void gapInTheMidst_isToldAndMarkedAtItsPlace() {
    write(out, "one\n");
    write(out, "x".repeat(5 * SEGMENT) + "\n");
    write(out, "two\n");
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(seen).containsExactly("1:one", "gap", "3:two", "end", "end");
    assertThat(arrived())
        .containsExactly(
            "one", marker(1, 5L * SEGMENT + 1, DropReason.BUFFER_FULL), "two", "bye", "bye");
    assertThat(rig.report.sink().gaps()).extracting(Gap::afterLine).containsExactly(1L);
  }

  @Test
  void linesThatAProcessorLoses_areMarkedOnceBeforeTheNext() {
    action =
        line -> {
          if (line.text().startsWith("bad")) {
            throw new IllegalStateException("bad");
          }
        };
    write(out, "one\nbad\nbad two\ntwo\nbad\n");
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(arrived())
        .containsExactly(
            "one",
            marker(2, 12, DropReason.PROCESSOR_FAILED),
            "two",
            marker(1, 4, DropReason.PROCESSOR_FAILED),
            "bye",
            "bye");
    assertThat(rig.report.sink().dropped(DropReason.PROCESSOR_FAILED)).isEqualTo(new Tally(3, 16));
    assertThat(rig.report.sink().gaps()).extracting(Gap::afterLine).containsExactly(1L, 4L);
  }

  @Test
  void failures_areWarnedOfOnceWithoutTheirText() {
    Logger logger = (Logger) LoggerFactory.getLogger(LogProcessor.class);
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.start();
    logger.addAppender(events);
    action =
        line -> {
          IllegalStateException failure = new IllegalStateException("hunter2");
          if (line.text().equals("bare")) {
            failure.setStackTrace(new StackTraceElement[0]);
          }
          throw failure;
        };
    write(out, "one\nbare\ntwo\n");
    rig.drain();
    logger.detachAppender(events);
    assertThat(events.list)
        .extracting(ILoggingEvent::getLevel)
        .containsExactly(Level.WARN, Level.DEBUG, Level.DEBUG);
    assertThat(events.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .allMatch(text -> text.contains(": java.lang.IllegalStateException in a processor"))
        .noneMatch(text -> text.contains("hunter2"));
    assertThat(events.list.get(0).getFormattedMessage())
        .contains("StreamDrainTest")
        .endsWith("; further ones of this job at DEBUG");
    assertThat(events.list.get(1).getFormattedMessage()).endsWith(", at unknown place");
    assertThat(events.list).allMatch(event -> event.getThrowableProxy() == null);
  }

  @Test
  void linesRemoved_areFiltered() {
    action =
        line -> {
          if (line.text().startsWith("#")) {
            line.remove();
          }
        };
    write(out, "# one\ntwo\n# three\n");
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(arrived()).containsExactly("two", "bye", "bye");
    assertThat(rig.report.sink().filtered()).isEqualTo(new Tally(2, 6 + 8));
    assertThat(rig.report.isComplete()).isTrue();
  }

  @Test
  void slowProcessor_doesNotHoldWhatIsDue() {
    action = line -> rig.time.advance(Duration.ofMillis(11));
    write(out, "one\ntwo\n");
    rig.drain();
    assertThat(waiting).as("sends due when a line was shown").containsExactly(0, 1);
  }

  @Test
  void fastProcessor_isShownAllInOneTurn() {
    action = line -> rig.time.advance(Duration.ofMillis(5));
    write(out, "one\ntwo\n");
    rig.drain();
    assertThat(waiting).containsExactly(0, 0);
  }

  @Test
  void stderrThatGoesOnAndOn_leavesStdoutItsTurn() {
    Flood flood = new Flood();
    try (PipelineRig wide = new PipelineRig(setup(256 << 10, 1), flood)) {
      write(wide.log.stderr(), Flood.LINE.repeat(500));
      write(wide.log.stdout(), "quiet\n");
      flood.target = wide.log.stderr();
      wide.drain();
      assertThat(flood.before).as("what came before it").isEqualTo(125_000);
      flood.before = 0;
      write(wide.log.stdout(), "x".repeat(MAX_LINE + 1)); // a fragment of a line that goes on
      flood.target = wide.log.stderr();
      write(wide.log.stderr(), Flood.LINE.repeat(500));
      wide.drain();
      assertThat(flood.before).as("what came behind the last line of stdout").isZero();
    }
  }

  /** Writes a line to stderr for each that it is shown, until it sees one of stdout. */
  private static final class Flood implements LogProcessor {
    private static final String LINE = "x".repeat(249) + "\n";
    private SafeBuffer target;
    private int before;

    @Override
    public void process(LogLine line) {
      if (line.source() == LogSource.STDOUT) {
        target = null;
      } else if (target != null && before < 1_000_000) {
        before += LINE.length();
        target.write(LINE.getBytes(UTF_8));
      }
    }
  }

  @Test
  void line_isEmptyOnceItsDrainIsOver() {
    List<LogLine> kept = new ArrayList<>();
    action = kept::add;
    write(out, "one\n");
    rig.drain();
    assertThat(kept.get(0).length()).isZero();
    assertThat(kept.get(0).text()).isEmpty();
  }

  @Test
  void listener_seesEachLineAndCostsNoneByItsFailure() {
    List<String> heard = new ArrayList<>();
    LogStreamer other =
        LogStreamer.builder(new SteppedSender(rig.sends, Integer.MAX_VALUE))
            .engine(rig.engine)
            .listener(
                line -> {
                  heard.add(line.number() + part(line) + line.text());
                  throw new IllegalStateException("hunter2");
                })
            .start();
    Logger logger = (Logger) LoggerFactory.getLogger(LogProcessor.class);
    ListAppender<ILoggingEvent> events = new ListAppender<>();
    events.start();
    logger.addAppender(events);
    write(other.stdout(), "one\ntwo\n");
    LogReport report = rig.finishOther(other);
    logger.detachAppender(events);
    assertThat(heard).containsExactly("1:one", "2:two");
    assertThat(report.isComplete()).isTrue();
    assertThat(events.list)
        .extracting(ILoggingEvent::getLevel)
        .containsExactly(Level.WARN, Level.DEBUG);
  }

  @Test
  void lineAddedAtTheEnd_hasTheNumberAfterTheLast() {
    LogProcessor adds =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public void end(Output output) {
            output.emit("added");
          }
        };
    try (PipelineRig two = new PipelineRig(setup(4 << 10, 1), adds, new Looker())) {
      write(two.log.stdout(), "one\ntwo\n");
      two.log.stdout().close();
      two.drain();
    }
    assertThat(seen).startsWith("1:one", "2:two", "3:added", "end");
  }

  @Test
  void lastLineThatAProcessorLoses_isMarkedAtTheEnd() {
    LogProcessor throwing =
        line -> {
          if (line.text().equals("bad")) {
            throw new IllegalStateException("bad");
          }
        };
    try (PipelineRig own = new PipelineRig(setup(4 << 10, 2), throwing)) {
      write(own.log.stdout(), "one\nbad\n");
      own.end(Step.End.FINISH, TIMEOUT);
      for (SteppedSender sender : own.senders) {
        assertThat(sender.arrived).extracting(Piece::kind).endsWith(Piece.Kind.GAP).hasSize(2);
      }
    }
  }

  @Test
  void wordsAtTheEnd_waitForRoom() {
    action = line -> line.replace(line.text() + "!");
    write(out, "first\n");
    rig.drain();
    rig.sends.close(true);
    rig.sends.runAll();
    for (int i = 0; i < 3 * 13; i++) {
      write(out, "x".repeat(250) + "\n");
      rig.drain();
    }
    assertThat(rig.log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    rig.time.schedule(() -> rig.sends.close(false), Duration.ofSeconds(1));
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(seen.stream().filter("end"::equals)).hasSize(2);
    assertThat(rig.report.isComplete()).isTrue();
    assertThat(rig.report.sink().droppedTotal()).isEqualTo(Tally.NONE);
  }
}
