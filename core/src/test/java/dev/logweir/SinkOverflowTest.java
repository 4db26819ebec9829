package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What gives way in a sink whose sender is slow or fails, and how that is told. */
@Timeout(60)
class SinkOverflowTest extends SinkRig {
  // ---- what gives way ----

  @Test
  void dropNewest_dropsTheSealedBatchAndMarksItBehindTheOthers() {
    Sink sink = sink();
    fillQueue(sink);
    assertThat(job(sink).places.isDropping()).isFalse();
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(job(sink).places.isDropping()).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    assertThat(pass(sink, 'e', FULL)).isTrue();
    recover();
    sink.noMore();
    sendAll();
    assertThat(job(sink).places.isDropping()).isFalse();
    assertThat(arrived)
        .containsExactly(
            "1",
            "a*3727",
            "b*3727",
            "[logweir] 2 lines (7,456 bytes) dropped here: queue_full|e*3727");
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
    assertThat(job(sink).places.isDropping()).isFalse();
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(job(sink).places.isDropping()).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    recover();
    sink.noMore();
    sendAll();
    assertThat(job(sink).places.isDropping()).isFalse();
    assertThat(arrived)
        .containsExactly(
            "1",
            "[logweir] 1 line (3,728 bytes) dropped here: queue_full|b*3727",
            "c*3727",
            "d*3727");
    assertThat(report(sink).gaps())
        .containsExactly(new Gap(1, new Tally(1, FULL), Set.of(DropReason.QUEUE_FULL)));
  }

  @Test
  void linesThatWait_areHeldUntilASendEnds() {
    Sink sink = start(settings(), true, sender(Integer.MAX_VALUE)).firstSink();
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
    assertThat(arrived).containsExactly("1", "a*3727", "b*3727", "c*3727");
  }

  /** Returns a sink with no room, for which lines wait 100 ns at most. */
  private Sink fullSinkWhoseLinesWait() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).firstSink();
    sink.job.linesWait();
    fillQueue(sink);
    return sink;
  }

  /** Returns a batch of 21 lines whose calls tell the sink. */
  private static LogBatch batchOf21(Sink sink) {
    LogBatch sending = new LogBatch(sink.progress);
    sending.lines.countPlain(21, FULL);
    return sending;
  }

  @Test
  void linesThatWaitTooLong_fallBackToThePolicyUntilASendEnds() {
    Sink sink = fullSinkWhoseLinesWait();
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
    Sink sink = fullSinkWhoseLinesWait();
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

  @Test
  void partsThatTheServerTakes_areProgress() {
    Sink sink = fullSinkWhoseLinesWait();
    LogBatch sending = batchOf21(sink);
    SendCall call = sending.call();
    assertThat(add(sink, 'd', FULL)).isFalse();
    for (int part = 1; part <= 20; part++) {
      advance(99);
      call.delivered(part);
      assertThat(add(sink, 'd', FULL)).isFalse();
    }
    advance(60);
    call.answered();
    advance(99);
    assertThat(add(sink, 'd', FULL)).isFalse();
    call.delivered(20); // no more than before
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    advance(1);
    assertThat(pass(sink, 'd', FULL)).as("100 after the last progress").isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
    call.delivered(21);
    assertThat(add(sink, 'e', FULL)).as("it waits again").isFalse();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void progressAfterTheFallback_letsLinesWaitAsLongAgain() {
    Sink sink = fullSinkWhoseLinesWait();
    LogBatch sending = batchOf21(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(100);
    sending.call().delivered(1);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(add(sink, 'd', FULL)).as("asked again").isFalse();
    advance(99);
    assertThat(add(sink, 'd', FULL)).isFalse();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    advance(1);
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void serverThatHangsForOneAttempt_costsNothingByDefault() {
    Sink sink = start(settings(), true, sender(Integer.MAX_VALUE)).firstSink();
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    advance(TimeUnit.SECONDS.toNanos(60));
    assertThat(add(sink, 'd', FULL)).isFalse();
    sends.close(false);
    assertThat(add(sink, 'd', FULL)).isTrue();
    sendAll();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
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
        .startsWith("[logweir] 1 line (2 bytes) dropped here: send_refused|a*3727", "b*3727");
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

  private static void addGap(Sink sink, long newLines, long lines, long bytes, DropReason reason) {
    GapTally gap = new GapTally();
    gap.add(lines, bytes, reason.bit());
    sink.intake.addGap(0, gap, newLines, Markers.gap(1, lines, bytes, reason.bit()));
  }

  @Test
  void gap_isALineOfTheBatchAndOfTheReport() {
    Sink sink = sink();
    add(sink, 'a', 2);
    sink.intake.prepareLine(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
    addGap(sink, 2, 2, 20, DropReason.BUFFER_FULL);
    add(sink, 'b', 2);
    sink.intake.prepareLine(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
    addGap(sink, 0, 1, 5, DropReason.PROCESSOR_FAILED);
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
    sink.intake.prepareLine(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
    addGap(sink, 2, 2, 20, DropReason.BUFFER_FULL);
    sink.intake.prepareLine(Markers.MAX_BYTES, false, Markers.MAX_BYTES);
    addGap(sink, 3, 3, 30, DropReason.BUFFER_FULL);
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
    addGap(sink, 2, 2, 20, DropReason.BUFFER_FULL);
    sink.passEnded();
    sink.intake.dropOnTheWay(DropReason.QUEUE_FULL, 5, 1);
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
    sink.intake.filtered(10, 1);
    sink.intake.failed(20, 2);
    sink.intake.dropOnTheWay(DropReason.QUEUE_FULL, 5, 1);
    add(sink, 'a', 2);
    sink.intake.dropOnTheWay(DropReason.QUEUE_FULL, 6, 1);
    sink.intake.dropOnTheWay(DropReason.CLOSED, 100, 7);
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
}
