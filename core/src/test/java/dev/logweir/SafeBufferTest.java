package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SafeBufferTest {
  /** Text that a segment of a small job has room for. */
  private static final int SEGMENT = Segment.capacity(Segment.SMALL) - RunMarks.BYTES;

  private static final int SEGMENTS = 16;
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final PipelineRig rig =
      new PipelineRig(
          new PipelineSetup(
              SEGMENTS << 10,
              0,
              1,
              Integer.MAX_VALUE,
              OverflowPolicy.DROP_NEWEST,
              true,
              Duration.ofSeconds(30),
              0,
              true,
              false));
  private final SafeBuffer buffer = rig.log.stdout();

  @AfterEach
  void close() {
    rig.close();
  }

  /** Writes lines of a length with their line ends. */
  private void write(int lines, int bytes) {
    rig.write(LogSource.STDOUT, new Text(Text.Kind.ASCII, lines, bytes - 1, 0));
  }

  private void writeOpen(int bytes) {
    rig.write(LogSource.STDOUT, new Text(Text.Kind.ASCII, 0, 0, bytes));
  }

  private Tally dropped() {
    return rig.log.report().sink().droppedTotal();
  }

  @Test
  void write_takesWhatFitsToTheLastByte() {
    write(SEGMENTS, SEGMENT);
    assertThat(dropped()).isEqualTo(Tally.NONE);
    assertThat(rig.log.retainedBytes()).isEqualTo(SEGMENTS << 10);
    write(1, 1);
    assertThat(dropped()).isEqualTo(new Tally(1, 1));
  }

  @Test
  void write_takesNoMoreSegmentsThanItNeeds() {
    write(1, SEGMENT);
    assertThat(rig.log.retainedBytes()).isEqualTo(1 << 10);
    write(1, 1);
    assertThat(rig.log.retainedBytes()).isEqualTo(2 << 10);
    write(1, SEGMENT - 1);
    assertThat(rig.log.retainedBytes()).isEqualTo(2 << 10);
  }

  @Test
  void write_ofMoreThanFits_isCutAtTheLastLineEndThatFits() {
    write(2 * SEGMENTS, SEGMENT - 100);
    int kept = SEGMENTS * SEGMENT / (SEGMENT - 100);
    assertThat(rig.log.report().sink().held().lines()).isEqualTo(kept);
    assertThat(dropped().lines()).isEqualTo(2 * SEGMENTS - kept);
  }

  @Test
  void write_ofALineThatAloneFillsTheBuffer_keepsItsBeginning() {
    write(1, 3 * SEGMENTS * SEGMENT);
    assertThat(rig.log.report().sink().held().bytes()).isEqualTo((long) SEGMENTS * SEGMENT);
    assertThat(dropped()).isEqualTo(new Tally(1, 2L * SEGMENTS * SEGMENT));
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(rig.senders.get(0).arrived).extracting(Piece::kind).contains(Piece.Kind.CUT);
  }

  @Test
  void write_ofALineBehindOthersThatDoesNotFit_isDroppedWhole() {
    write(1, 10);
    write(1, 2 * SEGMENTS * SEGMENT);
    assertThat(rig.log.report().sink().held()).isEqualTo(new Tally(1, 10));
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(rig.senders.get(0).arrived).extracting(Piece::kind).doesNotContain(Piece.Kind.CUT);
  }

  @Test
  void write_thatGoesOnWithALine_keepsWhatFitsOfIt() {
    write(1, 10);
    writeOpen(20);
    write(1, 2 * SEGMENTS * SEGMENT);
    assertThat(rig.log.report().sink().held().bytes()).isEqualTo((long) SEGMENTS * SEGMENT);
  }

  @Test
  void dropping_goesOnUntilAnEighthIsFree_evenWhereALineWouldFit() {
    write(SEGMENTS - 1, SEGMENT);
    write(1, 2 * SEGMENT);
    write(1, 10);
    Tally lost = new Tally(2, 2 * SEGMENT + 10);
    assertThat(dropped()).isEqualTo(lost);
    rig.drain();
    write(1, 10);
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(dropped()).isEqualTo(lost);
    assertThat(rig.senders.get(0).arrived)
        .extracting(Piece::kind)
        .endsWith(Piece.Kind.END, Piece.Kind.GAP, Piece.Kind.END)
        .containsOnlyOnce(Piece.Kind.GAP);
  }

  @Test
  void dropping_endsWithTheNextLineOnceThereIsRoom() {
    write(SEGMENTS, SEGMENT);
    writeOpen(5);
    rig.drain();
    write(2, 10);
    assertThat(dropped()).isEqualTo(new Tally(1, 15));
    rig.end(Step.End.FINISH, TIMEOUT);
    assertThat(rig.senders.get(0).arrivedEnds).isEqualTo(SEGMENTS + 1);
  }

  @Test
  void write_asksForADrain_onlyIfItKeptSomething() {
    write(1, 10);
    assertThat(rig.drainsAskedFor).isEqualTo(1);
    write(SEGMENTS, SEGMENT);
    assertThat(rig.drainsAskedFor).isEqualTo(2);
    write(1, 10);
    assertThat(rig.drainsAskedFor).isEqualTo(2);
    buffer.write(new byte[0]);
    assertThat(rig.drainsAskedFor).isEqualTo(2);
    buffer.close();
    assertThat(rig.drainsAskedFor).isEqualTo(3);
    buffer.close();
    write(1, 10);
    assertThat(rig.drainsAskedFor).isEqualTo(3);
  }

  /** A job that then falls silent has its cut line and its marker in the log. */
  @Test
  void write_asksForADrain_asDroppingBeginsAndAsTheDroppedLineEnds() {
    write(SEGMENTS, SEGMENT);
    assertThat(rig.drainsAskedFor).isEqualTo(1);
    writeOpen(5);
    assertThat(rig.drainsAskedFor).isEqualTo(2);
    writeOpen(5);
    assertThat(rig.drainsAskedFor).isEqualTo(2);
    write(1, 1);
    assertThat(rig.drainsAskedFor).isEqualTo(3);
    write(1, 10);
    assertThat(rig.drainsAskedFor).isEqualTo(3);
  }

  @Test
  void write_afterTheReport_countsInTheMetersOnly() {
    write(1, 10);
    LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
    write(3, 10);
    assertThat(rig.engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(30);
    assertThat(rig.engine.totals.droppedLines(DropReason.CLOSED)).isEqualTo(3);
    assertThat(rig.log.report()).isEqualTo(report);
  }

  @Test
  void close_endsALineOfWhichTheRestWasDropped() {
    write(SEGMENTS, SEGMENT);
    writeOpen(5);
    assertThat(dropped()).isEqualTo(new Tally(0, 5));
    buffer.close();
    assertThat(dropped()).isEqualTo(new Tally(1, 5));
    assertThat(rig.engine.totals.droppedLines(DropReason.BUFFER_FULL)).isEqualTo(1);
    assertThat(rig.log.report().sink().accepted().lines()).isEqualTo(SEGMENTS + 1);
  }

  @Test
  void write_ofOneByteAtATime_isALine() {
    for (byte b : "one\ntwo".getBytes(UTF_8)) {
      buffer.write(b | 0x100);
    }
    buffer.write("\n".getBytes(UTF_8));
    buffer.flush();
    rig.end(Step.End.FINISH, TIMEOUT);
    List<String> lines =
        rig.senders.get(0).arrived.stream().map(piece -> new String(piece.text(), UTF_8)).toList();
    assertThat(lines).containsExactly("one", "two");
  }

  @Test
  void write_ofARangeOutsideTheArray_isRefused() {
    byte[] bytes = new byte[4];
    assertThatThrownBy(() -> buffer.write(bytes, 2, 3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> buffer.write(bytes, -1, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> buffer.write((byte[]) null)).isInstanceOf(NullPointerException.class);
    assertThat(rig.log.report().sink().accepted()).isEqualTo(Tally.NONE);
  }

  @Test
  void toString_saysTheStateAndNothingOfTheText() {
    write(1, 10);
    assertThat(buffer).hasToString("SafeBuffer[open, 1024 bytes held]");
    buffer.close();
    assertThat(buffer).hasToString("SafeBuffer[closed, 1024 bytes held]");
  }

  @Test
  void drain_givesSegmentsBackAsTheyAreRead() {
    write(SEGMENTS, SEGMENT);
    writeOpen(0);
    rig.drain();
    assertThat(buffer.toString()).isEqualTo("SafeBuffer[open, 0 bytes held]");
    writeOpen(10);
    rig.drain();
    assertThat(buffer.toString()).isEqualTo("SafeBuffer[open, 1024 bytes held]");
  }
}
