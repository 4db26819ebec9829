package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a drain takes of lines for which there is little room: exact to the byte. */
@Timeout(60)
class StreamDrainRoomTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final int SEGMENT = Segment.capacity(Segment.SMALL);

  private final List<PipelineRig> rigs = new ArrayList<>();

  private PipelineRig rig(
      int maxSize, int maxLine, int sinks, int maxBatch, boolean budget, LogProcessor... own) {
    PipelineSetup setup =
        new PipelineSetup(
            maxSize,
            maxLine,
            sinks,
            maxBatch,
            OverflowPolicy.DROP_NEWEST,
            true,
            Duration.ofSeconds(30),
            budget ? 64 << 10 : 0,
            false,
            false);
    PipelineRig rig = new PipelineRig(setup, own);
    rigs.add(rig);
    return rig;
  }

  private PipelineRig runs() {
    return rig(4 << 10, 0, 2, Integer.MAX_VALUE, false);
  }

  private PipelineRig lines() {
    return rig(4 << 10, 256, 2, Integer.MAX_VALUE, false);
  }

  private PipelineRig budgeted(int maxSize, int maxLine) {
    return rig(maxSize, maxLine, 2, Integer.MAX_VALUE, true);
  }

  /** A job whose processor adds to each line, so that all have their counts. */
  private PipelineRig replacing(boolean budget, int sinks) {
    return rig(
        4 << 10,
        1 << 10,
        sinks,
        Integer.MAX_VALUE,
        budget,
        line -> {
          if (line.text().startsWith("bad")) {
            throw new IllegalStateException("bad");
          }
          line.replace(line.text() + "!");
        });
  }

  /** Lets the first batch go, which does not wait for the interval. */
  private static void begin(PipelineRig rig) {
    take(rig, "begin\n");
    rig.sends.runAll();
    rig.senders.forEach(sender -> sender.arrived.clear());
  }

  private static boolean take(PipelineRig rig, String text) {
    rig.log.stdout().write(text.getBytes(UTF_8));
    return rig.drain();
  }

  private static String line(int bytes) {
    return "x".repeat(bytes) + "\n";
  }

  /** Leaves so much of the budget. */
  private static void spend(PipelineRig rig, long left) {
    assertThat(rig.budget.take(rig.budget.limitBytes() - rig.budget.usedBytes() - left)).isTrue();
  }

  private static List<Integer> lengths(PipelineRig rig, int sender) {
    return rig.senders.get(sender).arrived.stream().map(piece -> piece.text().length).toList();
  }

  @AfterEach
  void close() {
    rigs.forEach(PipelineRig::close);
  }

  private static void endsComplete(PipelineRig rig) {
    LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(report.sinks()).allMatch(sink -> sink.droppedTotal().isZero());
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void run_isTakenUpToTheLastLineThatFits() {
    PipelineRig rig = runs();
    begin(rig);
    for (int i = 0; i < 7; i++) {
      take(rig, line(499));
    }
    assertThat(rig.sends.waiting()).isZero();
    assertThat(4 * SEGMENT - 3_500).as("room, that of a mark included").isEqualTo(228);
    take(rig, line(99).repeat(5));
    rig.sends.runAll();
    for (int sender = 0; sender < 2; sender++) {
      assertThat(lengths(rig, sender)).containsExactly(499, 499, 499, 499, 499, 499, 499, 99, 99);
    }
    assertThat(rig.log.report().sink().held()).isEqualTo(new Tally(3, 300));
    endsComplete(rig);
    assertThat(lengths(rig, 1)).hasSize(12);
  }

  @Test
  void run_fitsToTheByte() {
    PipelineRig rig = runs();
    begin(rig);
    for (int i = 0; i < 7; i++) {
      take(rig, line(499));
    }
    take(rig, line(107).repeat(2));
    take(rig, line(1));
    rig.sends.runAll();
    assertThat(lengths(rig, 0)).hasSize(9);
    assertThat(rig.log.report().sink().held()).isEqualTo(new Tally(1, 2));
  }

  @Test
  void linesBehindAFragment_fillItsSegment() {
    PipelineRig rig = runs();
    begin(rig);
    take(rig, line(1_034));
    long held = rig.log.retainedBytes();
    take(rig, line(99).repeat(5));
    assertThat(rig.log.retainedBytes()).isEqualTo(held);
    endsComplete(rig);
  }

  @Test
  void bufferFullOfStderr_goesBeforeWhatStdoutSaidAfterIt() {
    PipelineRig rig = rig(256 << 10, 0, 2, Integer.MAX_VALUE, false);
    int count = 90;
    rig.log.stderr().write(line(2_499).repeat(count).getBytes(UTF_8));
    take(rig, "quiet\n");
    endsComplete(rig);
    assertThat(lengths(rig, 0)).hasSize(count + 1).endsWith(2_499, 5);
  }

  @Test
  void plainLine_fillsTheSegmentOfPlainOnes() {
    PipelineRig rig = lines();
    begin(rig);
    take(rig, line(199).repeat(3));
    long held = rig.log.retainedBytes();
    take(rig, line(199));
    assertThat(rig.log.retainedBytes()).isEqualTo(held);
  }

  @ParameterizedTest
  @CsvSource({"576, 0", "577, 2"})
  void lineThatMayGrow_needsRoomForThat(int last, int sealed) {
    PipelineRig rig = replacing(false, 2);
    begin(rig);
    take(rig, line(400).repeat(5));
    take(rig, line(last));
    take(rig, line(300));
    assertThat(rig.sends.waiting()).isEqualTo(sealed);
    endsComplete(rig);
  }

  @ParameterizedTest
  @CsvSource({"320, 0", "321, 2"})
  void lineBehindAFailedOne_needsRoomForItsMarkerToo(int last, int sealed) {
    PipelineRig rig = replacing(false, 2);
    begin(rig);
    take(rig, line(400).repeat(5));
    take(rig, line(last));
    take(rig, "bad\n");
    take(rig, line(300));
    assertThat(rig.sends.waiting()).isEqualTo(sealed);
  }

  @ParameterizedTest
  @CsvSource({"364, 0", "365, 2"})
  void longestLine_needsNoMoreThanTheLargestPiece(int last, int sealed) {
    PipelineRig rig = replacing(false, 2);
    begin(rig);
    take(rig, line(400).repeat(5));
    take(rig, line(last));
    take(rig, line(1_024));
    assertThat(rig.sends.waiting()).isEqualTo(sealed);
  }

  /** 4 lines of 146, room for a fifth with a mark of 186, a marker of 354. */
  @ParameterizedTest
  @CsvSource({"1124, 0", "1123, 2"})
  void serversBound_isKeptForALineWithItsMark(int maxBatchBytes, int sealed) {
    PipelineRig rig = rig(4 << 10, 256, 2, maxBatchBytes, false);
    begin(rig);
    take(rig, line(100).repeat(5));
    assertThat(rig.sends.waiting()).isEqualTo(sealed);
  }

  @Test
  void budgetForOneOfTwoSinks_isTakenByNeither() {
    PipelineRig rig = budgeted(4 << 10, 256);
    begin(rig);
    take(rig, line(250).repeat(3));
    spend(rig, Segment.SMALL);
    long used = rig.budget.usedBytes();
    assertThat(take(rig, line(250))).isFalse();
    assertThat(rig.budget.usedBytes()).isEqualTo(used);
    assertThat(rig.sends.waiting()).as("sends, to give something back").isEqualTo(2);
    rig.sends.runAll();
    assertThat(rig.drain()).isTrue();
    endsComplete(rig);
  }

  @Test
  void budgetForBothSinks_isTakenByBoth() {
    PipelineRig rig = budgeted(4 << 10, 256);
    begin(rig);
    take(rig, line(250).repeat(3));
    spend(rig, 2 * Segment.SMALL);
    assertThat(take(rig, line(250))).isTrue();
    assertThat(rig.budget.usedBytes()).isEqualTo(rig.budget.limitBytes());
    endsComplete(rig);
  }

  @Test
  void longLine_isHalvedUntilTheBudgetHasRoom() {
    PipelineRig rig = budgeted(16 << 10, 4 << 10);
    begin(rig);
    rig.log.stdout().write(line(4_096).getBytes(UTF_8));
    spend(rig, 4 * Segment.SMALL);
    rig.drain();
    rig.sends.runAll();
    for (int sender = 0; sender < 2; sender++) {
      assertThat(lengths(rig, sender).get(0)).isEqualTo(2_048);
    }
    endsComplete(rig);
    assertThat(lengths(rig, 0).stream().mapToInt(length -> length).sum()).isEqualTo(4_096);
  }

  @Test
  void restOfALine_waitsForASegmentOfItsOwn() {
    PipelineRig rig = budgeted(4 << 10, 256);
    begin(rig);
    take(rig, "x".repeat(300));
    rig.sends.runAll();
    rig.time.advance(Duration.ofSeconds(31));
    rig.sends.runAll();
    assertThat(lengths(rig, 0)).containsExactly(256);
    rig.log.stderr().write(line(49).repeat(3).getBytes(UTF_8));
    assertThat(rig.drain()).isTrue();
    spend(rig, 0);
    assertThat(take(rig, "\n")).isFalse();
    assertThat(rig.log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    rig.sends.runAll();
    assertThat(rig.drain()).isTrue();
    endsComplete(rig);
  }

  @ParameterizedTest
  @CsvSource({"14, false", "13, true"})
  void spentBudget_leavesTheReserveForALineThatDoesNotGrow(int last, boolean taken) {
    PipelineRig rig = replacing(true, 1);
    begin(rig);
    spend(rig, 0);
    assertThat(take(rig, line(96).repeat(6))).isTrue();
    assertThat(take(rig, line(last))).isTrue();
    assertThat(take(rig, line(256))).isEqualTo(taken);
    assertThat(rig.log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    rig.sends.runAll();
    assertThat(rig.drain()).isTrue();
    endsComplete(rig);
  }

  @Test
  void gap_waitsForTheRoomOfItsMarker() {
    PipelineRig rig = budgeted(4 << 10, 256);
    begin(rig);
    take(rig, line(249).repeat(3));
    spend(rig, Segment.SMALL);
    rig.log.stdout().write("one\n".getBytes(UTF_8));
    rig.log.stdout().write(line(2_000).getBytes(UTF_8));
    assertThat(take(rig, "two\n")).isFalse();
    rig.sends.runAll();
    rig.drain();
    assertThat(rig.end(Step.End.FINISH, TIMEOUT).sink().shipped().lines()).isEqualTo(6);
    for (SteppedSender sender : rig.senders) {
      List<Piece.Kind> kinds = sender.arrived.stream().map(Piece::kind).toList();
      assertThat(kinds).contains(Piece.Kind.GAP);
    }
  }

  @Test
  void markerOfAGap_goesIntoTheNextBatchIfThisOneIsFull() {
    PipelineRig rig = runs();
    begin(rig);
    for (int i = 0; i < 7; i++) {
      take(rig, line(499));
    }
    take(rig, line(99).repeat(2));
    rig.log.stdout().write("one\n".getBytes(UTF_8));
    take(rig, line(5 * SEGMENT));
    assertThat(rig.sends.waiting()).isEqualTo(2);
    LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(report.sink().dropped(DropReason.BUFFER_FULL).lines()).isEqualTo(1);
    for (SteppedSender sender : rig.senders) {
      assertThat(sender.arrived).hasSize(11);
      assertThat(sender.arrived.get(10).kind()).isEqualTo(Piece.Kind.GAP);
    }
  }
}
