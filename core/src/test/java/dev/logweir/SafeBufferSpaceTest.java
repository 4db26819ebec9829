package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The segments and gaps of a buffer alone: what a drain would read and give back, the test does.
 */
@Timeout(60)
class SafeBufferSpaceTest {
  private static final int SEGMENT = Segment.capacity(Segment.SMALL) - RunMarks.BYTES;
  private static final int SEGMENTS = 16;

  private int drainsAskedFor;
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .drainThreads(
              task -> {
                drainsAskedFor++;
                throw new OutOfMemoryError("no thread to be had");
              })
          .build();
  private final SegmentPool pool = new SegmentPool(Segment.SMALL, 64, Segment::new);
  private final MemoryBudget budget = MemoryBudget.of(64 << 10);
  private final SegmentAccount account = new SegmentAccount(pool, budget);
  private final JobDrain drain = drain();
  private final StreamStore store =
      new StreamStore(
          account, SEGMENTS << 10, new LineOrder(drain, LogSource.STDOUT), engine.totals);
  private final SafeBuffer buffer = new SafeBuffer(drain, store, null);
  private final StreamView view = new StreamView();

  private JobDrain drain() {
    JobSettings settings = new JobSettings();
    settings.maxSize(SEGMENTS << 10);
    settings.engine(engine);
    settings.sink(lines -> {});
    Job job = Job.start(settings.complete(), false);
    SegmentPool other = new SegmentPool(Segment.SMALL, 0, Segment::new);
    return new JobDrain(
        job, job.places.sinks, new SegmentAccount(other, null), new SegmentAccount(other, null));
  }

  @AfterEach
  void close() {
    engine.close(Duration.ZERO);
  }

  private void write(int lines, int bytes) {
    for (int i = 0; i < lines; i++) {
      buffer.write(("x".repeat(bytes - 1) + "\n").getBytes(US_ASCII));
    }
  }

  private void writeOpen(int bytes) {
    buffer.write("x".repeat(bytes).getBytes(US_ASCII));
  }

  private Segment head() {
    store.snapshot(view, 0);
    return view.head;
  }

  /** Reads so many segments from the beginning and gives them back. */
  private void read(int segments) {
    for (int i = 0; i < segments; i++) {
      Segment first = head();
      first.start = first.end;
      Segment next = first.next;
      assertThat(store.release(next == null ? first : next)).isEqualTo(next == null);
    }
  }

  private Tally dropped() {
    return store.ledger().dropped().total();
  }

  @Test
  void segmentsThatAWriteDidNotUse_areGivenBack() {
    write(1, 10);
    write(1, 2 * SEGMENTS * SEGMENT);
    assertThat(dropped()).isEqualTo(new Tally(1, 2L * SEGMENTS * SEGMENT));
    assertThat(account.held()).isEqualTo(1);
    assertThat(budget.usedBytes()).isZero();
    write(1, SEGMENT - RunMarks.GAP_BYTES);
    write(SEGMENTS - 2, SEGMENT);
    assertThat(account.held()).isEqualTo(SEGMENTS);
    assertThat(dropped().lines()).isEqualTo(1);
    write(1, 1);
    assertThat(dropped().lines()).isEqualTo(2);
  }

  @Test
  void segmentsGivenBack_goToThePool() {
    Segment kept = new Segment(Segment.SMALL);
    write(1, 10);
    pool.release(kept);
    write(1, 2 * SEGMENTS * SEGMENT);
    boolean found = false;
    for (int i = 0; i < SEGMENTS && !found; i++) {
      found = pool.take() == kept;
    }
    assertThat(found).isTrue();
  }

  @Test
  void dropping_endsWhenAnEighthIsFreeAndNotBefore() {
    write(SEGMENTS, SEGMENT);
    write(1, 5);
    assertThat(buffer.isDropping()).isTrue();
    read(1);
    write(1, 5);
    assertThat(buffer.isDropping()).isTrue();
    assertThat(dropped()).isEqualTo(new Tally(2, 10));
    read(1);
    write(1, 5);
    assertThat(buffer.isDropping()).isFalse();
    assertThat(dropped()).isEqualTo(new Tally(2, 10));
    assertThat(engine.totals.droppedLines(DropReason.BUFFER_FULL)).isEqualTo(2);
    assertThat(engine.totals.droppedBytes(DropReason.BUFFER_FULL)).isEqualTo(10);
  }

  @Test
  void eachGap_standsBeforeTheSegmentThatFollowsIt() {
    write(SEGMENTS, SEGMENT);
    write(2, 5);
    read(14);
    write(1, SEGMENT - RunMarks.GAP_BYTES);
    write(13, SEGMENT);
    write(3, 7);
    read(4);
    write(1, 10);
    Segment at = head();
    int gaps = 0;
    while (at != null) {
      if (at.hasGap) {
        gaps++;
        GapTally gap = new GapTally();
        RunMarks.addGapTo(gap, at);
        assertThat(gap.reasons).isEqualTo(DropReason.BUFFER_FULL.bit());
        assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(3, 21));
      }
      at = at.next;
    }
    assertThat(gaps).as("gaps still to be read").isEqualTo(1);
  }

  @Test
  void gapAtTheEnd_isThereOnceAllBeforeItWasRead() {
    GapTally gap = new GapTally();
    assertThat(store.hasGap()).isFalse();
    assertThat(store.takeGap(gap)).isFalse();
    write(SEGMENTS, SEGMENT);
    assertThat(store.hasGap()).isFalse();
    write(2, 5);
    assertThat(store.hasGap()).as("segments before it").isFalse();
    read(SEGMENTS);
    assertThat(store.hasGap()).isTrue();
    writeOpen(3);
    assertThat(store.hasGap()).as("a line goes on").isFalse();
    assertThat(buffer.isDropping()).isFalse();
  }

  @Test
  void gapAtTheEnd_isTakenOnce() {
    write(SEGMENTS, SEGMENT);
    write(2, 5);
    read(SEGMENTS);
    GapTally gap = new GapTally();
    assertThat(store.takeGap(gap)).isTrue();
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(2, 10));
    assertThat(store.hasGap()).isFalse();
    assertThat(store.takeGap(gap)).isFalse();
    assertThat(gap.lines).isEqualTo(2);
  }

  @Test
  void gapInALine_isThereWhenTheStreamEndsAndCountsTheLine() {
    write(SEGMENTS, SEGMENT);
    writeOpen(5);
    read(SEGMENTS);
    store.snapshot(view, 0);
    assertThat(view.gapGoesOn).as("the line may go on").isTrue();
    buffer.close();
    store.snapshot(view, 0);
    assertThat(view.gapGoesOn).isFalse();
    assertThat(store.hasGap()).isTrue();
    GapTally gap = new GapTally();
    assertThat(store.takeGap(gap)).isTrue();
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(1, 5));
    assertThat(dropped()).isEqualTo(new Tally(1, 5));
  }

  @Test
  void gapInALine_isTakenAsFarAsItGoesAndItsRestOnceTheLineEnds() {
    write(SEGMENTS, SEGMENT);
    writeOpen(5);
    read(SEGMENTS);
    GapTally gap = new GapTally();
    assertThat(store.takeGap(gap)).isTrue();
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(0, 5));
    writeOpen(3);
    writeOpen(4);
    assertThat(store.hasGap()).as("the rest of the line told").isFalse();
    buffer.endLine();
    assertThat(store.hasGap()).isTrue();
    gap.clear();
    assertThat(store.takeGap(gap)).isTrue();
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(1, 7));
    assertThat(gap.reasons).isEqualTo(DropReason.BUFFER_FULL.bit());
    assertThat(dropped()).isEqualTo(new Tally(1, 12));
  }

  @Test
  void gapInALine_thatWasTakenAndEndsWithNothingMore_tellsOfTheLine() {
    write(SEGMENTS, SEGMENT);
    writeOpen(5);
    read(SEGMENTS);
    assertThat(store.takeGap(new GapTally())).isTrue();
    buffer.close();
    GapTally gap = new GapTally();
    assertThat(store.takeGap(gap)).isTrue();
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(1, 0));
    assertThat(gap.reasons).isEqualTo(DropReason.BUFFER_FULL.bit());
  }

  @Test
  void release_givesBackWhatIsBeforeAndKeepsWhatIsUnread() {
    write(3, SEGMENT);
    Segment first = head();
    assertThat(store.release(first)).as("nothing read").isFalse();
    assertThat(account.held()).isEqualTo(3);
    Segment second = first.next;
    assertThat(store.release(second)).isFalse();
    assertThat(account.held()).isEqualTo(2);
    assertThat(head()).isSameAs(second);
    assertThat(pool.take()).isSameAs(first);
    second.start = second.end;
    assertThat(store.release(second)).as("one follows").isFalse();
    assertThat(account.held()).isEqualTo(2);
    Segment third = second.next;
    third.start = third.end;
    assertThat(store.release(third)).isTrue();
    assertThat(account.held()).isZero();
    assertThat(head()).isNull();
    write(1, 10);
    assertThat(head().lines).isEqualTo(1);
  }

  @Test
  void discard_givesAllBackAndToThePoolOnlyIfNobodyReadsIt() {
    write(3, SEGMENT);
    Segment first = head();
    buffer.discard(false);
    assertThat(account.held()).isZero();
    assertThat(budget.usedBytes()).as("the reserve of the account was given").isNotPositive();
    assertThat(head()).isNull();
    assertThat(pool.take()).isNotSameAs(first);
    assertThat(store.release(first)).isTrue();
    assertThat(buffer).hasToString("SafeBuffer[closed, 0 bytes held]");
  }

  @Test
  void discard_ofWhatNobodyReadsGoesToThePool() {
    write(1, SEGMENT);
    Segment first = head();
    buffer.discard(true);
    assertThat(pool.take()).isSameAs(first);
  }

  @Test
  void write_asksForADrainIfItKeptSomethingOrFoundTheBufferEmpty() {
    write(1, 10);
    assertThat(drainsAskedFor).isEqualTo(1);
    write(1, SEGMENTS * SEGMENT);
    assertThat(drainsAskedFor).as("dropped, as the first").isEqualTo(2);
    write(1, 10);
    assertThat(drainsAskedFor).as("room again").isEqualTo(3);
    buffer.endAccount();
    write(1, 10);
    assertThat(drainsAskedFor).as("after the report").isEqualTo(3);
  }

  @Test
  void write_thatFindsTheBudgetSpentAsksForADrainOfTheEmptyBuffer() {
    write(1, 10);
    read(1);
    long spent = budget.limitBytes() - budget.usedBytes();
    assertThat(budget.take(spent)).isTrue();
    write(1, 10);
    write(1, SEGMENT);
    assertThat(store.ledger().dropped().total()).isEqualTo(new Tally(1, SEGMENT));
    assertThat(engine.totals.droppedLines(DropReason.BUDGET)).isEqualTo(1);
    budget.give(spent);
  }

  @Test
  void writerThatWaits_goesOnWhenRoomIsGivenBack() throws Exception {
    write(SEGMENTS, SEGMENT);
    Thread writer = waiting(2 * SEGMENT);
    read(1);
    Eventually.until(() -> segment(SEGMENTS) != null);
    awaitWaiting(writer);
    read(1);
    writer.join();
    assertThat(store.ledger().accepted().bytes()).isEqualTo((SEGMENTS + 2L) * SEGMENT);
    assertThat(dropped()).isEqualTo(Tally.NONE);
  }

  @Test
  void writerThatWaits_goesOnWhenTheStreamIsClosed() throws Exception {
    write(SEGMENTS, SEGMENT);
    Thread writer = waiting(10);
    buffer.close();
    writer.join();
    assertThat(store.ledger().dropped().total()).isEqualTo(new Tally(0, 10));
  }

  @Test
  void writerThatWaits_goesOnWhenTheBufferIsGivenUp() throws Exception {
    write(SEGMENTS, SEGMENT);
    Thread writer = waiting(10);
    buffer.discard(true);
    writer.join();
    assertThat(store.ledger().dropped().total()).isEqualTo(new Tally(0, 10));
  }

  /** Returns the segment of a number from 1; null if there are fewer. */
  private Segment segment(int count) {
    Segment at = head();
    for (int i = 1; i < count && at != null; i++) {
      at = at.next;
    }
    return at;
  }

  /** Starts a thread that waits with so many bytes. */
  private Thread waiting(int bytes) {
    byte[] text = "y".repeat(bytes).getBytes(US_ASCII);
    Thread writer =
        new Thread(
            () -> {
              if (new WaitingOutput(buffer).writeAll(text, 0, bytes) > 0) {
                throw new AssertionError("interrupted");
              }
            },
            "test-writer");
    writer.setDaemon(true);
    writer.start();
    awaitWaiting(writer);
    return writer;
  }

  private static void awaitWaiting(Thread writer) {
    Eventually.until(() -> writer.getState() == Thread.State.WAITING);
  }
}
