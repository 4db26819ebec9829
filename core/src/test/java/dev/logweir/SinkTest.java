package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A sink of its own, with nothing before it: what a drain would do, the test does. */
@Timeout(60)
class SinkTest {
  private static final int SEGMENT = Segment.capacity(Segment.SMALL);

  /** A line that alone fills a batch. */
  private static final int FULL = 4 * SEGMENT;

  private static final long INTERVAL = 9;

  private int drainsAskedFor;
  private final SteppedTime time = new SteppedTime();
  private final SteppedSends sends = new SteppedSends();
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .sendExecutor(sends)
          .drainThreads(
              task -> {
                drainsAskedFor++;
                throw new OutOfMemoryError("no thread to be had");
              })
          .build();
  private final List<Job> jobs = new ArrayList<>();

  /** What arrived: each batch as its lines, shown by their first letters and lengths. */
  private final List<String> arrived = new ArrayList<>();

  private BatchSender fate = lines -> {};

  @AfterEach
  void close() {
    sends.close(false);
    time.whileWaiting((latch, nanos) -> latch.getCount() == 0);
    for (Job job : jobs) {
      job.finish(0);
    }
    sendAll();
    assertThat(time.pending()).as("timers").isZero();
    engine.close(Duration.ZERO);
  }

  private JobSettings settings() {
    JobSettings settings = new JobSettings();
    settings.maxSize(4 << 10);
    settings.intervalNanos = INTERVAL;
    return settings;
  }

  private BatchSender sender(int maxBatchBytes) {
    return new BatchSender() {
      @Override
      public void send(List<String> lines) throws Exception {
        sends.park();
        fate.send(lines);
        arrived.add(shown(lines));
      }

      @Override
      public int maxBatchBytes() {
        return maxBatchBytes;
      }
    };
  }

  private static String shown(List<String> lines) {
    List<String> texts = new ArrayList<>();
    for (String line : lines) {
      texts.add(line.length() < 100 ? line : line.charAt(0) + "*" + line.length());
    }
    return String.join("|", texts);
  }

  private Job start(JobSettings settings, boolean streams, BatchSender... senders) {
    Job job = new Job(engine, settings.complete(), List.of(senders), List.of(), null);
    jobs.add(job);
    job.start(List.of(), streams, 0);
    return job;
  }

  private Sink sink(JobSettings settings) {
    return start(settings, false, sender(Integer.MAX_VALUE)).sinks.get(0);
  }

  private Sink sink() {
    return sink(settings());
  }

  private void sendAll() {
    while (sends.runAll()) {
      // until nothing is handed over any more
    }
  }

  /** Adds a line of some bytes with its end, as a run; returns whether there was room. */
  private static boolean add(Sink sink, char letter, int bytes) {
    int room = sink.prepare(bytes, bytes, false, 0);
    if (room > 0) {
      assertThat(room).isEqualTo(bytes);
      byte[] line = new byte[bytes];
      Arrays.fill(line, (byte) letter);
      line[bytes - 1] = '\n';
      sink.addLines(line, 0, bytes, 1);
    }
    return room > 0;
  }

  private static boolean pass(Sink sink, char letter, int bytes) {
    boolean added = add(sink, letter, bytes);
    sink.passEnded();
    return added;
  }

  private static LogLine piece(String text) {
    LogLine piece = new LogLine(LogSource.STDOUT);
    piece.setContent(text.getBytes(US_ASCII), 0, text.length());
    piece.setPart(true, true, false);
    piece.setTally(text.length() + 1L, 1);
    return piece;
  }

  private static boolean submit(Sink sink, String text) {
    return sink.submit(piece(text), Segment.NO_BYTES);
  }

  private static SinkReport report(Sink sink) {
    return sink.job.report().sinks().get(sink.job.sinks.indexOf(sink));
  }

  private static Tally held(Sink sink) {
    sink.lock.lock();
    try {
      return sink.heldInBatches();
    } finally {
      sink.lock.unlock();
    }
  }

  private static long heldBytes(Sink sink) {
    sink.lock.lock();
    try {
      return sink.heldBytes();
    } finally {
      sink.lock.unlock();
    }
  }

  private void advance(long nanos) {
    time.advance(Duration.ofNanos(nanos));
  }

  /** Lets the first line go and stand still in the sender, so that nothing more goes. */
  private void stall(Sink sink) {
    sends.close(true);
    pass(sink, '1', 2);
    sendAll();
    assertThat(sends.parked()).isEqualTo(1);
  }

  private void recover() {
    sends.close(false);
    sendAll();
  }

  /** Lets the batch that is sent go; the next one stands still. */
  private void letOneGo() {
    fate =
        lines -> {
          if (lines.get(0).startsWith("a")) {
            sends.close(true);
            sends.park();
          }
        };
    sends.close(false);
    assertThat(arrived).containsExactly("1");
  }

  /** Fills the queue with two batches and the open one with a third. */
  private void fillQueue(Sink sink) {
    stall(sink);
    assertThat(add(sink, 'a', FULL)).isTrue();
    assertThat(add(sink, 'b', FULL)).isTrue();
    assertThat(pass(sink, 'c', FULL)).isTrue();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  // ---- when a batch goes ----

  @Test
  void firstBatch_goesAtOnceAndTheNextWhenItsTimeHasCome() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    pass(sink, 'b', 2);
    advance(1);
    pass(sink, 'c', 2);
    assertThat(time.pending()).isEqualTo(1);
    advance(INTERVAL - 2);
    assertThat(sends.waiting()).isZero();
    advance(1);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c");
    pass(sink, 'd', 2);
    advance(INTERVAL);
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c", "d");
  }

  @Test
  void batchDueByTime_goesWithTheNextPassIfItsLinesWereNotAllThere() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    pass(sink, 'b', 2);
    assertThat(sink.prepare(2, 2, false, 0)).isEqualTo(2);
    advance(INTERVAL);
    assertThat(sends.waiting()).as("lines are about to come").isZero();
    sink.addLines(new byte[] {'c', '\n'}, 0, 2, 1);
    sink.passEnded();
    sendAll();
    assertThat(arrived).containsExactly("a", "b|c");
  }

  @Test
  void batchDueByTime_goesAtOnceBehindTheOneBeingSent() {
    Sink sink = sink();
    stall(sink);
    pass(sink, 'b', 2);
    advance(INTERVAL);
    pass(sink, 'c', 2);
    recover();
    assertThat(arrived).containsExactly("1", "b|c");
  }

  @Test
  void batchNotDueBehindTheOneBeingSent_getsItsTimer() {
    Sink sink = sink();
    stall(sink);
    pass(sink, 'b', 2);
    advance(1);
    recover();
    assertThat(arrived).containsExactly("1");
    advance(INTERVAL - 2);
    assertThat(sends.waiting()).isZero();
    advance(1);
    sendAll();
    assertThat(arrived).containsExactly("1", "b");
  }

  @Test
  void sealedBatch_goesAtOnce() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    add(sink, 'b', FULL - 10);
    add(sink, 'c', 11);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b*" + (FULL - 11));
  }

  @Test
  void roomThatWasNotUsed_isGivenBackAtTheEndOfThePass() {
    Sink sink = sink();
    assertThat(sink.prepare(10, 10, false, 0)).isEqualTo(10);
    assertThat(heldBytes(sink)).isEqualTo(1 << 10);
    sink.passEnded();
    assertThat(heldBytes(sink)).isZero();
    assertThat(sends.waiting()).isZero();
  }

  @Test
  void taskThatGotNoThread_isTriedAgain() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sink.notStarted();
    sink.notStarted();
    assertThat(time.pending()).isEqualTo(1);
    advance(WorkerPool.RETRY_NANOS - 1);
    assertThat(sends.waiting()).isEqualTo(1);
    advance(1);
    assertThat(sends.waiting()).isEqualTo(2);
    sink.notStarted();
    assertThat(time.pending()).isEqualTo(1);
  }

  @Test
  void taskThatGotNoThread_isNotTriedAfterTheEnd() {
    Sink sink = sink();
    sink.job.finish(0);
    sendAll();
    sink.notStarted();
    assertThat(time.pending()).isZero();
  }

  // ---- the server's bound ----

  @Test
  void maxLineBytes_isTheLongestPieceThatTheServerTakesBehindAMarker() {
    assertThat(sink().maxLineBytes()).isEqualTo(Integer.MAX_VALUE);
    assertThat(sink().isEncodedBounded()).isFalse();
    for (int over = 0; over < 3; over++) {
      int bound = 700 + over;
      Sink bounded = start(settings(), false, sender(bound)).sinks.get(0);
      assertThat(bounded.isEncodedBounded()).isTrue();
      assertThat(bounded.maxLineBytes()).isEqualTo(bound - 257 - 1 - 21);
    }
    Sink wide = start(settings(), false, sender(100_000)).sinks.get(0);
    assertThat(wide.maxLineBytes()).isEqualTo(1 << 10);
    Job processed =
        new Job(engine, settings().complete(), List.of(sender(900)), List.of(line -> {}), null);
    jobs.add(processed);
    processed.start(List.of(), false, 0);
    assertThat(processed.sinks.get(0).maxLineBytes()).isEqualTo(900 - 257 - 1 - 21 - 256);
  }

  @Test
  void batch_isNoLargerThanTheServerTakes() {
    Sink sink = start(settings(), false, sender(600)).sinks.get(0);
    int most = 600 - 257;
    submit(sink, "first");
    sendAll();
    submit(sink, "a".repeat(most - 150 - 1));
    submit(sink, "b".repeat(150 - 1));
    assertThat(sends.waiting()).isZero();
    submit(sink, "c");
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("first", "a*" + (most - 151) + "|b*149");
  }

  @Test
  void costThatTheSenderCanNotTell_isTheLengthWithALineEnd() {
    boolean[] broken = new boolean[1];
    BatchSender sender = sender(600);
    BatchSender throwing =
        new BatchSender() {
          @Override
          public void send(List<String> lines) throws Exception {
            sender.send(lines);
          }

          @Override
          public int maxBatchBytes() {
            return sender.maxBatchBytes();
          }

          @Override
          public int encodedBytes(int lineBytes) {
            if (broken[0]) {
              throw new IllegalStateException("encodedBytes");
            }
            return lineBytes + 1;
          }
        };
    Sink sink = start(settings(), false, throwing).sinks.get(0);
    broken[0] = true;
    submit(sink, "first");
    sendAll();
    submit(sink, "a".repeat(171));
    submit(sink, "b".repeat(170));
    assertThat(sends.waiting()).isZero();
    submit(sink, "");
    sendAll();
    assertThat(arrived).containsExactly("first", "a*171|b*170");
  }

  // ---- what gives way ----

  @Test
  void dropNewest_dropsTheSealedBatchAndMarksItBehindTheOthers() {
    Sink sink = sink();
    fillQueue(sink);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    assertThat(pass(sink, 'e', FULL)).isTrue();
    recover();
    sink.noMore();
    sendAll();
    assertThat(arrived)
        .containsExactly(
            "1",
            "a*3711",
            "b*3711",
            "[logweir] 2 lines (7,424 bytes) dropped here: queue_full|e*3711");
    assertThat(report(sink).gaps())
        .containsExactly(
            new Gap(3, new Tally(1, FULL), Set.of(DropReason.QUEUE_FULL)),
            new Gap(4, new Tally(1, FULL), Set.of(DropReason.QUEUE_FULL)));
    assertThat(heldBytes(sink)).isZero();
  }

  @Test
  void dropOldest_dropsTheFirstQueuedAndMarksItBeforeTheNext() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = sink(settings);
    fillQueue(sink);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    recover();
    sink.noMore();
    sendAll();
    assertThat(arrived)
        .containsExactly(
            "1",
            "[logweir] 1 line (3,712 bytes) dropped here: queue_full|b*3711",
            "c*3711",
            "d*3711");
    assertThat(report(sink).gaps())
        .containsExactly(new Gap(1, new Tally(1, FULL), Set.of(DropReason.QUEUE_FULL)));
  }

  @Test
  void linesThatWait_areHeldUntilASendEnds() {
    Sink sink = start(settings(), true, sender(Integer.MAX_VALUE)).sinks.get(0);
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(held(sink)).isEqualTo(new Tally(4, 2 + 3 * FULL));
    assertThat(time.pending()).as("the timer of waiting").isEqualTo(1);
    int before = drainsAskedFor;
    sends.close(false);
    assertThat(drainsAskedFor).isGreaterThan(before);
    assertThat(add(sink, 'd', FULL)).isTrue();
    sendAll();
    assertThat(arrived).containsExactly("1", "a*3711", "b*3711", "c*3711");
  }

  @Test
  void linesThatWaitTooLong_fallBackToThePolicyUntilASendEnds() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(99);
    assertThat(add(sink, 'd', FULL)).isFalse();
    int before = drainsAskedFor;
    advance(1);
    assertThat(drainsAskedFor).isGreaterThan(before);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    letOneGo();
    assertThat(add(sink, 'e', FULL)).as("room of the batch that is sent").isTrue();
    assertThat(add(sink, 'f', FULL)).as("it waits again").isFalse();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void waitingThatWasLongAgo_isNotThatOfTheNextTime() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(60);
    letOneGo();
    assertThat(add(sink, 'd', FULL)).isTrue();
    assertThat(add(sink, 'e', FULL)).isFalse();
    advance(99);
    assertThat(add(sink, 'e', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    advance(1);
    assertThat(add(sink, 'e', FULL)).isTrue();
  }

  // ---- failures ----

  @Test
  void failedBatch_isMarkedBeforeTheNextOne() {
    Sink sink = sink();
    fillQueue(sink);
    fate =
        lines -> {
          if (lines.get(0).startsWith("1")) {
            throw new SendException(SendException.Kind.REFUSED, "no", null);
          }
        };
    recover();
    assertThat(arrived)
        .startsWith("[logweir] 1 line (2 bytes) dropped here: send_refused|a*3711", "b*3711");
    assertThat(report(sink).gaps())
        .containsExactly(new Gap(0, new Tally(1, 2), Set.of(DropReason.SEND_REFUSED)));
  }

  @Test
  void markerThatFailsAlone_isNotTriedAgain() {
    Sink sink = sink();
    fate =
        lines -> {
          throw new java.io.IOException("no route");
        };
    pass(sink, 'a', 2);
    sendAll();
    sink.noMore();
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(report(sink).dropped(DropReason.SEND_FAILED)).isEqualTo(new Tally(1, 2));
    assertThat(report(sink).gaps()).hasSize(1);
    assertThat(sends.waiting()).isZero();
  }

  @Test
  void segmentsOfABatch_goToThePoolOnlyIfItsSendReturned() {
    Sink sink = sink();
    SegmentPool pool = engine.pool(4 << 10);
    Segment kept = new Segment(Segment.SMALL);
    pool.release(kept);
    pass(sink, 'a', 2);
    fate =
        lines -> {
          throw new java.io.IOException("no route");
        };
    sendAll();
    assertThat(pool.take()).isNotSameAs(kept);
    pool.release(kept);
    fate = lines -> {};
    pass(sink, 'b', 2);
    advance(INTERVAL);
    sendAll();
    assertThat(pool.take()).isSameAs(kept);
  }

  // ---- what stands between the lines ----

  @Test
  void gap_isALineOfTheBatchAndOfTheReport() {
    Sink sink = sink();
    add(sink, 'a', 2);
    sink.prepareLine(GapTally.MAX_MARKER_BYTES, false, GapTally.MAX_MARKER_BYTES);
    sink.addGap(2, 2, 20, DropReason.BUFFER_FULL.bit());
    add(sink, 'b', 2);
    sink.prepareLine(GapTally.MAX_MARKER_BYTES, false, GapTally.MAX_MARKER_BYTES);
    sink.addGap(0, 1, 5, DropReason.PROCESSOR_FAILED.bit());
    sink.passEnded();
    sendAll();
    assertThat(arrived)
        .containsExactly(
            "a|[logweir] 2 lines (20 bytes) dropped here: buffer_full"
                + "|b|[logweir] 1 line (5 bytes) dropped here: processor_failed");
    assertThat(report(sink).gaps())
        .containsExactly(
            new Gap(1, new Tally(2, 20), Set.of(DropReason.BUFFER_FULL)),
            new Gap(3, new Tally(1, 5), Set.of(DropReason.PROCESSOR_FAILED)));
  }

  @Test
  void gapsMarkedInABatchThatFails_areToldAgainWithIt() {
    Sink sink = sink();
    add(sink, 'a', 2);
    sink.prepareLine(GapTally.MAX_MARKER_BYTES, false, GapTally.MAX_MARKER_BYTES);
    sink.addGap(2, 2, 20, DropReason.BUFFER_FULL.bit());
    sink.prepareLine(GapTally.MAX_MARKER_BYTES, false, GapTally.MAX_MARKER_BYTES);
    sink.addGap(3, 3, 30, DropReason.BUFFER_FULL.bit());
    sink.passEnded();
    fate =
        lines -> {
          throw new java.io.IOException("no route");
        };
    sendAll();
    fate = lines -> {};
    pass(sink, 'b', 2);
    advance(INTERVAL);
    sendAll();
    assertThat(arrived)
        .containsExactly("[logweir] 6 lines (52 bytes) dropped here: buffer_full, send_failed|b");
  }

  @Test
  void gap_withoutMarkersIsInTheReportOnly() {
    JobSettings settings = settings();
    settings.markers = false;
    Sink sink = sink(settings);
    add(sink, 'a', 2);
    sink.addGap(2, 2, 20, DropReason.BUFFER_FULL.bit());
    sink.passEnded();
    sink.lost(DropReason.QUEUE_FULL, 5, 1);
    sendAll();
    sink.noMore();
    sendAll();
    assertThat(arrived).containsExactly("a");
    assertThat(report(sink).gaps())
        .containsExactly(
            new Gap(1, new Tally(2, 20), Set.of(DropReason.BUFFER_FULL)),
            new Gap(3, new Tally(1, 5), Set.of(DropReason.QUEUE_FULL)));
  }

  @Test
  void linesThatCameToNothing_haveTheirNumbersToo() {
    Sink sink = sink();
    sink.filtered(10, 1);
    sink.failed(20, 2);
    sink.lost(DropReason.QUEUE_FULL, 5, 1);
    add(sink, 'a', 2);
    sink.lost(DropReason.QUEUE_FULL, 6, 1);
    sink.lost(DropReason.CLOSED, 100, 7);
    assertThat(sink.ledger.entered()).isEqualTo(new Tally(13, 143));
    SinkReport report = report(sink);
    assertThat(report.filtered()).isEqualTo(new Tally(1, 10));
    assertThat(report.dropped(DropReason.PROCESSOR_FAILED)).isEqualTo(new Tally(2, 20));
    assertThat(report.dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(2, 11));
    assertThat(report.dropped(DropReason.CLOSED)).isEqualTo(new Tally(7, 100));
    assertThat(report.gaps())
        .containsExactly(
            new Gap(3, new Tally(1, 5), Set.of(DropReason.QUEUE_FULL)),
            new Gap(5, new Tally(1, 6), Set.of(DropReason.QUEUE_FULL)));
    assertThat(report.held()).isEqualTo(new Tally(1, 2));
  }

  @Test
  void afterTheEnd_nothingIsCountedButWhatCameTooLate() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sink.job.finish(0);
    Tally entered = sink.ledger.entered();
    SinkReport report = report(sink);
    assertThat(sink.prepare(2, 2, false, 0)).isZero();
    sink.addLines(new byte[] {'b', '\n'}, 0, 2, 1);
    sink.addPiece(piece("c"), Segment.NO_BYTES);
    sink.filtered(10, 1);
    sink.failed(20, 2);
    sink.lost(DropReason.QUEUE_FULL, 5, 1);
    assertThat(sink.ledger.entered()).isEqualTo(entered);
    assertThat(engine.totals.droppedBytes(DropReason.QUEUE_FULL)).isZero();
    assertThat(engine.totals.droppedBytes(DropReason.PROCESSOR_FAILED)).isZero();
    assertThat(engine.totals.filteredBytes.sum()).isZero();
    sink.lost(DropReason.CLOSED, 5, 1);
    assertThat(submit(sink, "four")).isFalse();
    assertThat(engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(10);
    assertThat(engine.totals.droppedLines(DropReason.CLOSED)).isEqualTo(2);
    assertThat(sink.ledger.entered()).isEqualTo(entered);
    assertThat(report(sink)).isEqualTo(report);
    sends.runAll();
    assertThat(arrived).isEmpty();
  }

  @Test
  void submit_onceTheEndHasBegunIsClosed() {
    Sink sink = sink();
    sink.beginEnd(time.nanoTime() + 100);
    assertThat(submit(sink, "four")).isFalse();
    assertThat(report(sink).dropped(DropReason.CLOSED)).isEqualTo(new Tally(1, 5));
    assertThat(report(sink).gaps()).isEmpty();
  }

  // ---- the end ----

  @Test
  void fromTheEndOn_batchesWaitForRoomWhateverThePolicy() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(200);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  @Test
  void overflowThatTheEndFinds_isOver() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(100);
    sink.beginEnd(time.nanoTime() + 1_000);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  @Test
  void lateUnderDropOldest_theLastBatchGoesFirst() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = sink(settings);
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.noMore();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    sink.beLate();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(2, 2L * FULL));
    recover();
    assertThat(arrived)
        .containsExactly("1", "[logweir] 2 lines (7,424 bytes) dropped here: flush_timeout|c*3711");
  }

  @Test
  void lateUnderDropOldest_olderBatchesGoOnlyOnceNoMoreComes() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    assertThat(add(sink, 'd', FULL)).isFalse();
    int before = drainsAskedFor;
    sink.beLate();
    assertThat(drainsAskedFor).isGreaterThan(before);
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, FULL));
    sink.noMore();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(3, 3L * FULL));
  }

  @Test
  void lateWithoutAnOpenBatch_theLastQueuedOneIsKept() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = sink(settings);
    stall(sink);
    add(sink, 'a', FULL);
    add(sink, 'b', FULL);
    assertThat(sink.prepare(FULL, FULL, false, 0)).isEqualTo(FULL);
    sink.passEnded();
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.noMore();
    sink.beLate();
    recover();
    assertThat(arrived)
        .containsExactly("1", "[logweir] 1 line (3,712 bytes) dropped here: flush_timeout|b*3711");
  }

  @Test
  void lateUnderDropNewest_nothingGivesWayInASinkAlone() {
    Sink sink = sink();
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    assertThat(add(sink, 'd', FULL)).isFalse();
    sink.beLate();
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  @Test
  void lateWithoutProgress_holdsOtherSinksNoLonger() {
    Job job = start(settings(), true, sender(Integer.MAX_VALUE), lines -> {});
    Sink sink = job.sinks.get(0);
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    assertThat(add(sink, 'd', FULL)).isFalse();
    int before = drainsAskedFor;
    sink.beLate();
    assertThat(drainsAskedFor).isGreaterThan(before);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void lateWithProgress_goesOnWaiting() {
    Job job = start(settings(), true, sender(Integer.MAX_VALUE), lines -> {});
    Sink sink = job.sinks.get(0);
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    letOneGo();
    assertThat(add(sink, 'd', FULL)).isTrue();
    assertThat(add(sink, 'e', FULL)).isFalse();
    sink.beLate();
    assertThat(add(sink, 'e', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  @Test
  void lateWithNothingBehind_changesNothing() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).sinks.get(0);
    pass(sink, 'a', 2);
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.beLate();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
  }

  @Test
  void noMore_sendsTheOpenBatchAndEndsTheJobWithTheLastOne() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    pass(sink, 'b', 2);
    long before = time.nanoTime();
    sink.job.begin(TimeUnit.SECONDS.toNanos(10));
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b");
    assertThat(sink.job.state()).isEqualTo(Job.State.OVER);
    assertThat(time.nanoTime()).isEqualTo(before);
  }

  @Test
  void noMore_ofASinkWithNothingLeftEndsTheJobAtOnce() {
    Sink sink = sink();
    assertThat(sink.prepare(10, 10, false, 0)).isEqualTo(10);
    sink.job.begin(TimeUnit.SECONDS.toNanos(10));
    sendAll();
    assertThat(sink.job.state()).isEqualTo(Job.State.OVER);
    assertThat(heldBytes(sink)).isZero();
  }

  @Test
  void noMore_marksAGapBehindTheLastBatch() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    sink.lost(DropReason.QUEUE_FULL, 5, 1);
    assertThat(sends.waiting()).isZero();
    sink.job.begin(TimeUnit.SECONDS.toNanos(10));
    assertThat(sink.job.state()).isEqualTo(Job.State.ENDING);
    sendAll();
    assertThat(arrived).containsExactly("a", "[logweir] 1 line (5 bytes) dropped here: queue_full");
    assertThat(sink.job.state()).isEqualTo(Job.State.OVER);
  }

  @Test
  void abort_losesAllThatIsHeldWhereverItStands() {
    Sink sink = sink();
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    sink.job.finish(0);
    SinkReport report = report(sink);
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(4, 2 + 3 * FULL));
    assertThat(report.gaps()).extracting(Gap::afterLine).containsExactly(0L, 1L, 2L, 3L);
    assertThat(time.pending()).as("the warning of the call given up").isLessThanOrEqualTo(1);
    sends.awaitInterrupted();
    Eventually.until(() -> heldBytes(sink) == 0);
    assertThat(arrived).isEmpty();
  }

  @Test
  void abort_countsWhatHasNotComeYet() {
    Sink sink = sink();
    add(sink, 'a', 2);
    sink.lock.lock();
    try {
      sink.abort(new Tally(3, 30));
      sink.abort(new Tally(5, 50));
    } finally {
      sink.lock.unlock();
    }
    assertThat(sink.ledger.entered()).isEqualTo(new Tally(4, 32));
    SinkReport report = report(sink);
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(4, 32));
    assertThat(report.gaps())
        .containsExactly(
            new Gap(0, new Tally(1, 2), Set.of(DropReason.FLUSH_TIMEOUT)),
            new Gap(1, new Tally(3, 30), Set.of(DropReason.FLUSH_TIMEOUT)));
  }

  @Test
  void end_cancelsItsTimers() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    pass(sink, 'b', 2);
    sink.notStarted();
    sink.lock.lock();
    try {
      assertThat(time.pending()).isEqualTo(2);
      sink.close();
      assertThat(time.pending()).isZero();
    } finally {
      sink.lock.unlock();
    }
  }

  @Test
  void heldBytes_countTheObjectsOfManyBatches() {
    Sink sink = start(settings(), false, sender(1_200)).sinks.get(0);
    stall(sink);
    for (int i = 0; i < 6; i++) {
      submit(sink, "x".repeat(900));
    }
    sink.lock.lock();
    try {
      long segments = held(sink).lines();
      assertThat(sink.heldBytes()).isGreaterThan(segments << 10);
    } finally {
      sink.lock.unlock();
    }
  }

  @Test
  void recentLines_areThoseOfAllBatchesSealedAndOpen() {
    Sink sink = start(settings(), true, sender(Integer.MAX_VALUE)).sinks.get(0);
    stall(sink);
    add(sink, 'a', FULL);
    pass(sink, 'b', 2);
    assertThat(shown(sink.recentLines())).isEqualTo("1|a*3711|b");
    assertThat(sink().recentLines()).isEmpty();
  }
}
