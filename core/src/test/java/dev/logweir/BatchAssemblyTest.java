package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.Markers.Mark;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class BatchAssemblyTest {
  private static final int TOKEN = 0x12abef;
  private static final int SEGMENT = Segment.capacity(Segment.SMALL);
  private static final int SEGMENTS = 4;
  private static final int MAX_ENCODED = 100;

  private final ManualTime time = new ManualTime();
  private final SegmentPool pool = new SegmentPool(Segment.SMALL, 64, Segment::new);
  private final MemoryBudget budget = MemoryBudget.of(64 << 10);
  private final SegmentAccount account = new SegmentAccount(pool, budget);
  private final BatchAssembly assembly =
      new BatchAssembly(
          account,
          new SendProgress(new MemoryLock(LockOrder.Level.SINK), time),
          time,
          SEGMENTS << 10,
          MAX_ENCODED);

  /** Reserves; returns for how many of the bytes there is room then, 0 if not for the least. */
  private int reserve(SinkBatch batch, int min, int wanted, boolean tallied) {
    boolean there = assembly.reserve(batch, min, wanted, tallied) == Room.THERE;
    return there ? Math.min(assembly.room(tallied), wanted) : 0;
  }

  private SinkBatch begin() {
    return assembly.begin(0);
  }

  private void addLine(SinkBatch batch, int bytes) {
    byte[] line = ("x".repeat(bytes - 1) + "\n").getBytes(US_ASCII);
    assertThat(reserve(batch, bytes, bytes, false)).isEqualTo(bytes);
    assembly.addLines(batch, line, 0, bytes, 1);
  }

  private void addPiece(SinkBatch batch, LogLine piece, Mark mark, long encoded) {
    reserve(batch, 200, 200, true);
    assembly.addPiece(batch, piece, mark, TOKEN, encoded);
  }

  private static LogLine piece(String text, boolean first, boolean last, long bytes, int lines) {
    LogLine piece = new LogLine(LogSource.STDOUT);
    piece.setContent(text.getBytes(US_ASCII), 0, text.length());
    piece.setPart(first, last, false);
    piece.setTally(bytes, lines);
    return piece;
  }

  /** A line as the job wrote it. */
  private static LogLine plain(String text) {
    return piece(text, true, true, text.length() + 1L, 1);
  }

  private void spendBudgetTo(int segments) {
    assertThat(budget.take(budget.limitBytes() - budget.usedBytes() - ((long) segments << 10)))
        .isTrue();
  }

  private void addMarker(SinkBatch batch, long encoded) {
    assembly.addMarker(batch, "gap".getBytes(US_ASCII), encoded);
    batch.lines.endMarker(2, 20, DropReason.BUDGET.bit());
  }

  @Test
  void begin_makesABatchOnlyWhereNoneIsOpen() {
    assertThat(assembly.open()).isNull();
    SinkBatch batch = assembly.begin(7);
    assertThat(assembly.begin(8)).isSameAs(batch);
    assertThat(assembly.open()).isSameAs(batch);
    assertThat(batch.afterLine).isEqualTo(7);
    assertThat(assembly.close(batch)).isSameAs(batch);
    assertThat(assembly.open()).isNull();
    assertThat(assembly.begin(8)).isNotSameAs(batch);
  }

  @Test
  void batches_areNumberedByWhatWasMadeForTheSink() {
    SinkBatch first = begin();
    addLine(first, 10);
    addPiece(first, plain("four"), Mark.NONE, 0);
    addPiece(first, piece("part", true, false, 4, 0), Mark.CUT, 0);
    reserve(first, 100, 100, true);
    addMarker(first, 0);
    assembly.close(first);
    SinkBatch second = begin();
    assertThat(List.of(first.list.sequence(), first.list.firstLine(), first.list.offset()))
        .containsExactly(1L, 1L, 0L);
    assertThat(List.of(second.list.sequence(), second.list.firstLine(), second.list.offset()))
        .containsExactly(2L, 5L, 10L + 5 + (4 + 24 + 1) + 4);
  }

  @Test
  void fits_isWhatHasRoomWithoutAnotherSegment() {
    assertThat(assembly.fits(1)).as("no batch").isFalse();
    SinkBatch batch = begin();
    reserve(batch, 1, 1, false);
    assertThat(assembly.fits(1)).as("no line").isFalse();
    addLine(batch, 900);
    int room = batch.lines.room() - batch.lines.roomLostBy(false);
    assertThat(room).isPositive();
    assertThat(assembly.fits(room)).isTrue();
    assertThat(assembly.fits(room + 1)).isFalse();
    addLine(batch, room);
    assertThat(batch.lines.segments()).isEqualTo(1);
    addPiece(batch, piece("part", true, false, 4, 0), Mark.NONE, 0);
    assertThat(assembly.fits(1)).as("behind a line with its count").isFalse();
    addLine(batch, 10);
    assertThat(assembly.fits(1)).isTrue();
    assembly.fill().add(1, 10, DropReason.BUDGET.bit());
    assertThat(assembly.fits(1)).as("behind a gap").isFalse();
  }

  @Test
  void isEmpty_untilALineIsThere() {
    assertThat(assembly.isEmpty()).isTrue();
    SinkBatch batch = begin();
    assertThat(assembly.isEmpty()).isTrue();
    addLine(batch, 10);
    assertThat(assembly.isEmpty()).isFalse();
  }

  @Test
  void oldest_isTheTimeOfTheFirstLineWhateverItIs() {
    List<Runnable> kinds = new ArrayList<>();
    kinds.add(() -> addLine(begin(), 10));
    kinds.add(() -> addPiece(begin(), plain("line"), Mark.NONE, 0));
    kinds.add(
        () -> {
          reserve(begin(), 100, 100, true);
          addMarker(begin(), 0);
        });
    for (Runnable first : kinds) {
      time.advance(Duration.ofSeconds(1));
      long came = time.nanoTime();
      first.run();
      time.advance(Duration.ofSeconds(1));
      kinds.forEach(Runnable::run);
      assertThat(begin().oldestNanos).isEqualTo(came);
      assembly.close(begin());
    }
  }

  @Test
  void takes_whatFitsToTheLastByte() {
    SinkBatch batch = begin();
    assertThat(assembly.takes(batch, SEGMENTS * SEGMENT, false, 0)).isTrue();
    assertThat(assembly.takes(batch, SEGMENTS * SEGMENT + 1, false, 0)).isFalse();
    addLine(batch, 10);
    int left = SEGMENTS * SEGMENT - 10 - RunMarks.BYTES; // they may be of another run
    assertThat(assembly.takes(batch, left, false, 0)).isTrue();
    assertThat(assembly.takes(batch, left + 1, false, 0)).isFalse();
    assertThat(assembly.takes(batch, (SEGMENTS - 1) * SEGMENT, true, 0)).isTrue();
    assertThat(assembly.takes(batch, (SEGMENTS - 1) * SEGMENT + 1, true, 0)).isFalse();
  }

  @Test
  void takes_noMoreThanTheServer() {
    SinkBatch batch = begin();
    assertThat(assembly.takes(batch, 10, true, MAX_ENCODED + 1)).as("a line alone").isTrue();
    addPiece(batch, plain("one"), Mark.NONE, 20);
    addPiece(batch, plain("two"), Mark.NONE, 20);
    reserve(batch, 100, 100, true);
    addMarker(batch, 20);
    assertThat(batch.encodedBytes).isEqualTo(60);
    assertThat(assembly.takes(batch, 10, true, MAX_ENCODED - 60)).isTrue();
    assertThat(assembly.takes(batch, 10, true, MAX_ENCODED - 59)).isFalse();
  }

  @Test
  void fill_letsNothingMoreIn() {
    SinkBatch batch = begin();
    addLine(batch, 10);
    assembly.fill().add(2, 30, DropReason.BUDGET.bit());
    assertThat(assembly.takes(batch, 10, false, 0)).isFalse();
    assembly.close(batch);
    assembly.reopen(batch);
    assertThat(assembly.takes(batch, 10, false, 0)).isFalse();
    assembly.close(batch);
    BatchQueue queue = new BatchQueue(Segment.SMALL, 4 << 10);
    assembly.giveGapTo(queue);
    assertThat(queue.gapBehind().lines).isEqualTo(2);
    SinkBatch next = begin();
    addLine(next, 10);
    assertThat(assembly.takes(next, 10, false, 0)).isTrue();
  }

  @Test
  void reserve_takesTheSegmentsThatTheBytesNeed() {
    SinkBatch batch = begin();
    assertThat(reserve(batch, SEGMENT, SEGMENT, false)).isEqualTo(SEGMENT);
    assertThat(batch.lines.segments()).isEqualTo(1);
    assertThat(reserve(batch, 1, SEGMENT, false)).isEqualTo(SEGMENT);
    assertThat(batch.lines.segments()).isEqualTo(1);
    assertThat(reserve(batch, SEGMENT + 1, SEGMENT + 1, false)).isEqualTo(SEGMENT + 1);
    assertThat(batch.lines.segments()).isEqualTo(2);
    assertThat(reserve(batch, 10, 9 * SEGMENT, false)).isEqualTo(SEGMENTS * SEGMENT);
    assertThat(batch.lines.segments()).isEqualTo(SEGMENTS);
    assertThat(account.held()).isEqualTo(SEGMENTS);
  }

  @Test
  void reserve_countsNotTheRestOfASegmentOfTheOtherKind() {
    SinkBatch batch = begin();
    addLine(batch, 10);
    assertThat(reserve(batch, 10, 10, true)).isEqualTo(10);
    assertThat(batch.lines.segments()).isEqualTo(2);
    assertThat(reserve(batch, SEGMENT, 9 * SEGMENT, true)).isEqualTo((SEGMENTS - 1) * SEGMENT);
  }

  @Test
  void reserve_takesNothingIfTheBudgetHasNotAllOfTheLeast() {
    SinkBatch batch = begin();
    assertThat(reserve(batch, 10, 10, false)).isEqualTo(10);
    spendBudgetTo(2);
    assertThat(reserve(batch, 3 * SEGMENT + 1, 3 * SEGMENT + 1, false)).isZero();
    assertThat(account.held()).isEqualTo(1);
    assertThat(reserve(batch, 10, SEGMENTS * SEGMENT, false)).isEqualTo(3 * SEGMENT);
    assertThat(reserve(batch, 10, SEGMENTS * SEGMENT, false)).isEqualTo(3 * SEGMENT);
    assertThat(budget.limitBytes() - budget.usedBytes()).isZero();
  }

  @Test
  void cost_isThatOfTheSegmentsThatTheOpenBatchLacks() {
    assertThat(assembly.cost(SEGMENT, false, 0)).as("out of the reserve").isZero();
    assertThat(assembly.cost(SEGMENT + 1, false, 0)).isEqualTo(1 << 10);
    SinkBatch batch = begin();
    addLine(batch, 10);
    int left = SEGMENT - 10 - RunMarks.BYTES; // they may be of another run
    assertThat(assembly.cost(left, false, 0)).isZero();
    assertThat(assembly.cost(left + 1, false, 0)).isEqualTo(1 << 10);
    assertThat(assembly.cost(SEGMENT, true, 0)).isEqualTo(1 << 10);
    assertThat(assembly.cost(3 * SEGMENT, true, 0)).isEqualTo(3 << 10);
    assertThat(assembly.cost(SEGMENTS * SEGMENT, false, 0)).as("a new batch").isEqualTo(4 << 10);
    assertThat(assembly.cost(10, false, MAX_ENCODED + 1)).as("a new batch").isEqualTo(1 << 10);
  }

  @Test
  void wastesRoomOnRuns_whereARunWouldLeaveMoreThanAnEighthOfASegment() {
    assertThat(assembly.wastesRoomOnRuns()).isFalse();
    SinkBatch batch = begin();
    assertThat(assembly.wastesRoomOnRuns()).isFalse();
    addPiece(batch, piece("part", true, false, 4, 0), Mark.NONE, 0);
    assertThat(assembly.wastesRoomOnRuns()).isTrue();
    int left = batch.lines.room() % SEGMENT;
    int count = left - SEGMENT / 8 - 3;
    assembly.addPiece(batch, piece("x".repeat(count), true, false, 1, 0), Mark.NONE, TOKEN, 0);
    assertThat(batch.lines.roomLostBy(false)).isEqualTo(SEGMENT / 8 + 1);
    assertThat(assembly.wastesRoomOnRuns()).isTrue();
    batch.lines.put(new byte[] {'x'}, 0, 1);
    assertThat(assembly.wastesRoomOnRuns()).isFalse();
  }

  @Test
  void wastesRoomOnRuns_notBehindWholeLines() {
    addLine(begin(), 10);
    assertThat(assembly.wastesRoomOnRuns()).isFalse();
  }

  @Test
  void isPlain_isAWholeLineAsTheJobWroteIt() {
    assertThat(BatchAssembly.isPlain(plain("line"))).isTrue();
    assertThat(BatchAssembly.isPlain(piece("line", true, false, 4, 0))).isFalse();
    assertThat(BatchAssembly.isPlain(piece("line", true, false, 5, 1))).isFalse();
    assertThat(BatchAssembly.isPlain(piece("line", true, true, 5, 0))).isFalse();
    assertThat(BatchAssembly.isPlain(piece("line", true, true, 4, 1))).isFalse();
    assertThat(BatchAssembly.isPlain(piece("line", true, true, 3, 1))).isFalse();
  }

  @Test
  void needsCounts_isFalseForAPlainLineAmongPlainOnes() {
    SinkBatch batch = begin();
    addLine(batch, 10);
    assertThat(BatchAssembly.needsCounts(batch, true)).isFalse();
    assertThat(BatchAssembly.needsCounts(batch, false)).isTrue();
    addPiece(batch, piece("part", true, false, 4, 0), Mark.NONE, 0);
    assertThat(BatchAssembly.needsCounts(batch, true)).isTrue();
    assertThat(BatchAssembly.needsCounts(batch, false)).isTrue();
  }

  @Test
  void pieces_areReadWithTheirMarksAndCounts() {
    SinkBatch batch = begin();
    addPiece(batch, plain("plain"), Mark.NONE, 0);
    addPiece(batch, piece("part", true, false, 7, 0), Mark.CONTINUED, 0);
    addPiece(batch, piece("end", false, true, 9, 1), Mark.NONE, 0);
    addMarker(batch, 0);
    assertThat(batch.lines.source()).isEqualTo(new Tally(2, 6 + 7 + 9));
    assertThat(assembly.held()).isEqualTo(batch.lines.source());
    assertThat(batch.list)
        .containsExactly("plain", "part [logweir 0012abef: continued]", "end", "gap");
    assertThat(batch.list.byteCount()).isEqualTo(6 + (4 + 30 + 1) + 4 + 4);
    LineReader reader = batch.list.reader();
    List<Tally> counts = new ArrayList<>();
    while (reader.next()) {
      counts.add(new Tally(reader.sourceLines(), reader.sourceBytes()));
    }
    assertThat(counts)
        .containsExactly(new Tally(1, 6), new Tally(0, 7), new Tally(1, 9), Tally.NONE);
  }

  @Test
  void wholeLines_areReadBesideThoseWithCounts() {
    byte[] lines = "-one\nthree\n-".getBytes(US_ASCII);
    SinkBatch batch = begin();
    reserve(batch, 100, 100, true);
    addMarker(batch, 0);
    reserve(batch, 10, 10, false);
    assembly.addLines(batch, lines, 1, 11, 2);
    assertThat(batch.list).containsExactly("gap", "one", "three");
    assertThat(batch.lines.source()).isEqualTo(new Tally(2, 10));
    assembly.close(batch);
    assertThat(begin().list.offset()).isEqualTo(4 + 10);
  }

  @Test
  void plainLine_takesNoCount() {
    SinkBatch batch = begin();
    addPiece(batch, plain("plain"), Mark.NONE, 0);
    assertThat(batch.lines.isTallied()).isFalse();
    assertThat(batch.lines.room()).isEqualTo(SEGMENT - 6);
  }

  @Test
  void close_givesTheUnusedSegmentsBack() {
    SinkBatch batch = begin();
    List<Segment> known =
        List.of(new Segment(Segment.SMALL), new Segment(Segment.SMALL), new Segment(Segment.SMALL));
    known.forEach(pool::release);
    reserve(batch, 3 * SEGMENT, 3 * SEGMENT, false);
    assembly.addLines(batch, new byte[] {'\n'}, 0, 1, 1);
    assembly.close(batch);
    assertThat(batch.lines.segments()).isEqualTo(1);
    assertThat(account.held()).isEqualTo(1);
    assertThat(budget.usedBytes()).isZero();
    Segment taken = pool.take();
    assertThat(taken).isIn(known).isNotSameAs(batch.lines.head());
    assertThat(pool.take()).isIn(known).isNotSameAs(batch.lines.head()).isNotSameAs(taken);
    assertThat(assembly.held()).isEqualTo(Tally.NONE);
  }

  @Test
  void reopen_makesItTheOpenBatchAgain() {
    SinkBatch batch = begin();
    addLine(batch, 10);
    assembly.reopen(assembly.close(batch));
    assertThat(assembly.open()).isSameAs(batch);
    assertThat(assembly.held()).isEqualTo(new Tally(1, 10));
  }
}
