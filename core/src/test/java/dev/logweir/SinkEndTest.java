package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a sink. */
@Timeout(60)
class SinkEndTest extends SinkRig {
  @Test
  void fromTheEndOn_batchesWaitForRoomWhateverThePolicy() {
    JobSettings settings = settings();
    settings.maxWaitNanos = 100;
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).firstSink();
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
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).firstSink();
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
        .containsExactly("1", "[logweir] 2 lines (7,456 bytes) dropped here: flush_timeout|c*3727");
  }

  @Test
  void lateUnderDropOldest_olderBatchesGoOnlyOnceNoMoreComes() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).firstSink();
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
    assertThat(sink.intake.prepare(FULL, FULL, false, 0)).isEqualTo(FULL);
    sink.passEnded();
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.noMore();
    sink.beLate();
    recover();
    assertThat(arrived)
        .containsExactly("1", "[logweir] 1 line (3,728 bytes) dropped here: flush_timeout|b*3727");
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
    Sink sink = job.firstSink();
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
  void lateWithProgress_holdsOtherSinksNoLongerEither() {
    Job job = start(settings(), true, sender(Integer.MAX_VALUE), lines -> {});
    Sink sink = job.firstSink();
    fillQueue(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    letOneGo();
    assertThat(add(sink, 'd', FULL)).isTrue();
    assertThat(add(sink, 'e', FULL)).isFalse();
    sink.beLate();
    assertThat(add(sink, 'e', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void sinkAtTheSameCallSinceHalfOfTheTime_doesNotHoldTheOthersEither() {
    Job job = start(settings(), true, sender(Integer.MAX_VALUE), lines -> {});
    Sink sink = job.firstSink();
    stall(sink);
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.beLate();
    assertThat(add(sink, 'a', FULL)).isTrue();
    assertThat(add(sink, 'b', FULL)).isTrue();
    assertThat(add(sink, 'c', FULL)).isTrue();
    assertThat(report(sink).droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(add(sink, 'd', FULL)).isFalse(); // it may just be busy
    sink.beLate();
    assertThat(pass(sink, 'd', FULL)).isTrue();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, FULL));
  }

  @Test
  void lateWithNothingBehind_changesNothing() {
    JobSettings settings = settings();
    settings.overflow(OverflowPolicy.DROP_OLDEST);
    Sink sink = start(settings, true, sender(Integer.MAX_VALUE)).firstSink();
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
    job(sink).beginEnd(TimeUnit.SECONDS.toNanos(10), false);
    assertThat(sends.waiting()).isEqualTo(1);
    sendAll();
    assertThat(arrived).containsExactly("a", "b");
    assertThat(job(sink).state()).isEqualTo(Job.State.OVER);
    assertThat(time.nanoTime()).isEqualTo(before);
  }

  @Test
  void noMore_ofASinkWithNothingLeftEndsTheJobAtOnce() {
    Sink sink = sink();
    assertThat(sink.intake.prepare(10, 10, false, 0)).isEqualTo(10);
    job(sink).beginEnd(TimeUnit.SECONDS.toNanos(10), false);
    sendAll();
    assertThat(job(sink).state()).isEqualTo(Job.State.OVER);
    assertThat(heldBytes(sink)).isZero();
  }

  @Test
  void noMore_marksAGapBehindTheLastBatch() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    sendAll();
    sink.intake.dropOnTheWay(DropReason.QUEUE_FULL, 5, 1);
    assertThat(sends.waiting()).isZero();
    job(sink).beginEnd(TimeUnit.SECONDS.toNanos(10), false);
    assertThat(job(sink).state()).isEqualTo(Job.State.ENDING);
    sendAll();
    assertThat(arrived).containsExactly("a", "[logweir] 1 line (5 bytes) dropped here: queue_full");
    assertThat(job(sink).state()).isEqualTo(Job.State.OVER);
  }

  @Test
  void abort_losesAllThatIsHeldWhereverItStands() {
    Sink sink = sink();
    sink.job.linesWait();
    fillQueue(sink);
    assertThat(add(sink, 'd', FULL)).isFalse();
    job(sink).finish(0);
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
      sink.abort(3, 30);
      sink.abort(5, 50);
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
    notStarted(sink);
    sink.lock.lock();
    try {
      assertThat(time.pending()).isEqualTo(1);
      sink.close();
      assertThat(time.pending()).isZero();
    } finally {
      sink.lock.unlock();
    }
  }

  @Test
  void afterTheEnd_nothingIsCountedButWhatCameTooLate() {
    Sink sink = sink();
    pass(sink, 'a', 2);
    job(sink).finish(0);
    Tally entered = sink.ledger.entered();
    SinkReport report = report(sink);
    assertThat(sink.intake.prepare(2, 2, false, 0)).isZero();
    addLine(sink, new byte[] {'b', '\n'});
    sink.intake.addPiece(piece("c"), Markers.Mark.NONE, LineReader.NO_SOURCE);
    sink.intake.filtered(10, 1);
    sink.intake.failed(20, 2);
    sink.intake.dropOnTheWay(DropReason.QUEUE_FULL, 5, 1);
    assertThat(sink.ledger.entered()).isEqualTo(entered);
    assertThat(engine.totals.droppedBytes(DropReason.QUEUE_FULL)).isZero();
    assertThat(engine.totals.droppedBytes(DropReason.PROCESSOR_FAILED)).isZero();
    assertThat(engine.totals.filteredBytes.sum()).isZero();
    sink.intake.dropOnTheWay(DropReason.CLOSED, 5, 1);
    assertThat(submit(sink, "four")).isFalse();
    assertThat(engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(10);
    assertThat(engine.totals.droppedLines(DropReason.CLOSED)).isEqualTo(2);
    assertThat(sink.ledger.entered()).isEqualTo(entered);
    assertThat(report(sink)).isEqualTo(report);
    sends.runAll();
    assertThat(arrived).isEmpty();
  }

  /** Lets a batch hang and puts so many behind it, each of one line. */
  private Sink behindAHungBatch(OverflowPolicy policy, int batches) {
    JobSettings settings = settings();
    settings.maxSize(512 << 10);
    settings.overflow(policy);
    Sink sink = sink(settings);
    stall(sink);
    for (int i = 0; i < batches; i++) {
      assertThat(pass(sink, 'a', 10)).isTrue();
      sink.intake.dropOnTheWay(
          DropReason.PROCESSOR_FAILED, 3, 1); // so that the next line is for the next batch
    }
    assertThat(report(sink).dropped(DropReason.QUEUE_FULL)).isEqualTo(Tally.NONE);
    return sink;
  }

  @Test
  void lateUnderDropOldest_manyBatchesGoInStepsBetweenWhichOthersGetTheLock() {
    Sink sink = behindAHungBatch(OverflowPolicy.DROP_OLDEST, 200);
    sink.beginEnd(time.nanoTime() + 1_000);
    sink.noMore();
    sink.beLate();
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(64, 640));
    advance(1);
    assertThat(report(sink).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(199, 1990));
    recover();
    assertThat(arrived).hasSize(3).contains("1");
    assertThat(arrived.get(1)).contains("398 lines").endsWith("|aaaaaaaaa");
  }

  @Test
  void abort_countsManyBatchesWithoutGoingThroughThem() {
    Sink sink = behindAHungBatch(OverflowPolicy.DROP_NEWEST, 200);
    SinkReport before = report(sink);
    job(sink).finish(0);
    SinkReport report = report(sink);
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(before.held());
    assertThat(report.gaps().size() + report.moreGaps()).isEqualTo(200 + 201);
    sends.awaitInterrupted();
    Eventually.until(() -> heldBytes(sink) == 0);
  }

  @Test
  void submit_onceTheEndHasBegunIsClosed() {
    Sink sink = sink();
    sink.beginEnd(time.nanoTime() + 100);
    assertThat(submit(sink, "four")).isFalse();
    assertThat(report(sink).dropped(DropReason.CLOSED)).isEqualTo(new Tally(1, 5));
    assertThat(report(sink).gaps()).isEmpty();
  }
}
