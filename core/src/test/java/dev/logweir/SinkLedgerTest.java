package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SinkLedgerTest {
  private static final Tally THREE = new Tally(3, 4 + 6 + 5);

  private final Totals totals = new Totals();
  private final SinkLedger ledger = new SinkLedger(totals);

  private static SinkBatch batch() {
    return new SinkBatch(LogBatch.of(List.of("one", "three", "five")), 7);
  }

  private SinkReport report() {
    return ledger.report(ledger.entered(), List.of(), Tally.NONE);
  }

  private static SendException failure(SendException.Kind kind, int... undelivered) {
    BitSet lines = null;
    if (undelivered.length > 0) {
      lines = new BitSet();
      for (int index : undelivered) {
        lines.set(index);
      }
    }
    return new SendException(kind, "failed", null, lines);
  }

  @Test
  void filtered_countsAsEnteredToo() {
    ledger.entered(5, 50);
    ledger.filtered(2, 20);
    ledger.filtered(1, 10);
    assertThat(ledger.entered()).isEqualTo(new Tally(8, 80));
    assertThat(report().filtered()).isEqualTo(new Tally(3, 30));
    assertThat(totals.filteredBytes.sum()).isEqualTo(30);
  }

  @Test
  void lost_countsByReasonAndPlace() {
    ledger.droppedAt(4, DropReason.BUDGET, 2, 20);
    ledger.droppedAt(9, DropReason.BUDGET, 0, 5);
    ledger.droppedAt(9, DropReason.QUEUE_FULL, 0, 0);
    SinkReport report = report();
    assertThat(report.dropped()).isEqualTo(Map.of(DropReason.BUDGET, new Tally(2, 25)));
    assertThat(report.gaps())
        .containsExactly(
            new Gap(4, new Tally(2, 20), Set.of(DropReason.BUDGET)),
            new Gap(9, new Tally(0, 5), Set.of(DropReason.BUDGET)));
    assertThat(totals.droppedLines(DropReason.BUDGET)).isEqualTo(2);
    assertThat(totals.droppedBytes(DropReason.BUDGET)).isEqualTo(25);
  }

  private Tally sent(SinkBatch batch, Throwable failure, boolean written) {
    BatchLoss lost = new BatchLoss();
    if (failure != null) {
      batch.lossBy(failure, lost);
    }
    ledger.sent(batch, failure, lost, written);
    return new Tally(lost.lines, lost.bytes);
  }

  @Test
  void sent_withoutAFailureIsShipped() {
    assertThat(sent(batch(), null, true)).isEqualTo(Tally.NONE);
    sent(batch(), null, false);
    SinkReport report = report();
    assertThat(report.shipped()).isEqualTo(THREE.plus(THREE));
    assertThat(report.batches()).isEqualTo(2);
    assertThat(report.sentBytes()).isEqualTo(30);
    assertThat(report.unconfirmed()).isEqualTo(Tally.NONE);
    assertThat(report.gaps()).isEmpty();
    assertThat(totals.batches.sum()).isEqualTo(2);
    assertThat(totals.sentBytes.sum()).isEqualTo(30);
    assertThat(totals.shippedLines.sum()).isEqualTo(6);
    assertThat(totals.shippedBytes.sum()).isEqualTo(30);
  }

  @Test
  void sent_countsTheMarkerAsTextAlone() {
    SinkBatch batch = batch();
    batch.lines.markHead(new byte[9]);
    sent(batch, null, false);
    assertThat(report().shipped()).isEqualTo(THREE);
    assertThat(report().sentBytes()).isEqualTo(15 + 10);
  }

  @Test
  void sent_withAFailureIsDroppedWhole() {
    assertThat(sent(batch(), new IOException("no route"), false)).isEqualTo(THREE);
    assertThat(sent(batch(), failure(SendException.Kind.FAILED), false)).isEqualTo(THREE);
    assertThat(sent(batch(), failure(SendException.Kind.REFUSED), false)).isEqualTo(THREE);
    assertThat(sent(batch(), failure(SendException.Kind.JOB_GONE), false)).isEqualTo(THREE);
    SinkReport report = report();
    assertThat(report.shipped()).isEqualTo(Tally.NONE);
    assertThat(report.batches()).isZero();
    assertThat(report.unconfirmed()).isEqualTo(Tally.NONE);
    assertThat(report.dropped())
        .isEqualTo(
            Map.of(
                DropReason.SEND_FAILED,
                THREE.plus(THREE),
                DropReason.SEND_REFUSED,
                THREE.plus(THREE)));
    assertThat(report.gaps())
        .hasSize(4)
        .contains(new Gap(7, THREE, Set.of(DropReason.SEND_FAILED)));
  }

  @Test
  void sent_withLinesNamedLosesThoseAlone() {
    SinkBatch batch = batch();
    batch.lines.markHead(new byte[9]);
    Tally lost = sent(batch, failure(SendException.Kind.REFUSED, 0, 1, 3), true);
    assertThat(lost).isEqualTo(new Tally(2, 4 + 5));
    assertThat(report().shipped()).isEqualTo(new Tally(1, 6));
    assertThat(totals.shippedLines.sum()).isEqualTo(1);
    assertThat(totals.shippedBytes.sum()).isEqualTo(6);
    assertThat(report().unconfirmed()).isEqualTo(lost);
  }

  @Test
  void sent_withoutNamesLosesWhatIsBehindTheLinesDelivered() {
    SinkBatch batch = batch();
    batch.lines.markHead(new byte[9]);
    batch.list.call().delivered(2);
    batch.list.call().delivered(1);
    assertThat(sent(batch, new IOException("no route"), true)).isEqualTo(new Tally(2, 6 + 5));
    assertThat(sent(batch, failure(SendException.Kind.REFUSED), false))
        .isEqualTo(new Tally(2, 6 + 5));
    assertThat(sent(batch, failure(SendException.Kind.REFUSED, 1), false))
        .isEqualTo(new Tally(1, 4));
    assertThat(report().shipped()).isEqualTo(new Tally(1 + 1 + 2, 4 + 4 + 11));
    assertThat(report().unconfirmed()).isEqualTo(new Tally(2, 6 + 5));
  }

  @Test
  void abandoned_losesWhatIsBehindTheLinesDelivered() {
    SinkBatch batch = batch();
    ledger.abandoned(batch, new BatchLoss(), false);
    batch.list.call().delivered(1);
    ledger.abandoned(batch, new BatchLoss(), true);
    assertThat(report().shipped()).isEqualTo(new Tally(1, 4));
    assertThat(report().unconfirmed()).isEqualTo(new Tally(2, 6 + 5));
    assertThat(report().dropped())
        .isEqualTo(Map.of(DropReason.FLUSH_TIMEOUT, THREE.plus(new Tally(2, 6 + 5))));
  }

  private static SinkBatch batchWithMarkers() {
    SinkBatch batch = new SinkBatch(new LogBatch(), 0);
    batch.lines.addRoom(new Segment(Segment.LARGE));
    batch.gapBefore.add(2, 20, DropReason.QUEUE_FULL.bit());
    batch.lines.markHead(new byte[9]);
    batch.lines.beginRun(true, LineReader.NO_SOURCE, 0);
    for (long i = 1; i <= 3; i++) {
      batch.lines.put(new byte[] {'x'}, 0, 1);
      batch.lines.endTallied(64 * i, 1);
      batch.lines.put(new byte[] {'m'}, 0, 1);
      batch.lines.endMarker(
          i, 1000 * i, i == 2 ? DropReason.BUDGET.bit() : DropReason.MEMORY.bit());
    }
    return batch;
  }

  private static GapTally toldAgain(SinkBatch batch, Throwable failure) {
    BatchLoss lost = new BatchLoss();
    batch.lossBy(failure, lost);
    GapTally target = new GapTally();
    lost.handOn(DropReason.SEND_FAILED, target);
    return target;
  }

  private static void assertGap(GapTally gap, long lines, long bytes, DropReason... reasons) {
    assertThat(new Tally(gap.lines, gap.bytes)).isEqualTo(new Tally(lines, bytes));
    int bits = 0;
    for (DropReason reason : reasons) {
      bits |= reason.bit();
    }
    assertThat(gap.reasons).isEqualTo(bits);
  }

  @Test
  void dropped_handsAllGapsOn() {
    GapTally target = new GapTally();
    ledger.droppedBatch(batchWithMarkers(), DropReason.QUEUE_FULL, target);
    assertGap(
        target,
        2 + 6 + 3,
        20 + 6000 + 64 * 6,
        DropReason.QUEUE_FULL,
        DropReason.BUDGET,
        DropReason.MEMORY);
    assertThat(report().dropped(DropReason.QUEUE_FULL)).isEqualTo(new Tally(3, 64 * 6));
  }

  @Test
  void handOn_leavesTheGapsWhoseMarkersArrived() {
    IOException failure = new IOException("no route");
    SinkBatch batch = batchWithMarkers();
    batch.list.call().delivered(1);
    assertGap(
        toldAgain(batch, failure),
        6 + 3,
        6000 + 64 * 6,
        DropReason.BUDGET,
        DropReason.MEMORY,
        DropReason.SEND_FAILED);
    batch.list.call().delivered(3);
    assertGap(
        toldAgain(batch, failure),
        5 + 2,
        5000 + 64 * 5,
        DropReason.BUDGET,
        DropReason.MEMORY,
        DropReason.SEND_FAILED);
    batch.list.call().delivered(6); // all but the last marker
    assertGap(toldAgain(batch, failure), 3, 3000, DropReason.MEMORY);
    batch.list.call().delivered(7);
    assertGap(toldAgain(batch, failure), 0, 0);
  }

  @Test
  void handOn_takesTheGapsWhoseMarkersAreNamed() {
    SinkBatch batch = batchWithMarkers();
    assertGap(toldAgain(batch, failure(SendException.Kind.FAILED, 4)), 2, 2000, DropReason.BUDGET);
    assertGap(
        toldAgain(batch, failure(SendException.Kind.FAILED, 0)), 2, 20, DropReason.QUEUE_FULL);
    assertGap(
        toldAgain(batch, failure(SendException.Kind.FAILED, 0, 1, 6)),
        2 + 3 + 1,
        20 + 3000 + 64,
        DropReason.QUEUE_FULL,
        DropReason.MEMORY,
        DropReason.SEND_FAILED);
  }

  @Test
  void unconfirmed_isSummedUp() {
    sent(batch(), new IOException("no answer"), true);
    BatchLoss more = new BatchLoss();
    more.lines = 1;
    more.bytes = 10;
    ledger.unconfirmed(more);
    assertThat(report().unconfirmed()).isEqualTo(THREE.plus(new Tally(1, 10)));
  }

  @Test
  void gaps_areListedUpToABoundAndCountedFromThereOn() {
    for (int i = 0; i < SinkReport.MAX_GAPS + 3; i++) {
      ledger.gap(i, i + 1, i + 2, DropReason.BUDGET.bit() | DropReason.CLOSED.bit());
    }
    SinkReport report = report();
    assertThat(report.gaps()).hasSize(SinkReport.MAX_GAPS);
    for (int i = 0; i < SinkReport.MAX_GAPS; i++) {
      assertThat(report.gaps().get(i))
          .isEqualTo(
              new Gap(i, new Tally(i + 1, i + 2), Set.of(DropReason.BUDGET, DropReason.CLOSED)));
    }
    assertThat(report.moreGaps()).isEqualTo(3);
  }

  @Test
  void report_addsWhatWasLostBefore() {
    DropTallies before = new DropTallies();
    before.add(DropReason.BUFFER_FULL, 2, 20);
    before.add(DropReason.BUDGET, 1, 10);
    ledger.dropped(DropReason.BUDGET, 3, 30);
    SinkReport report = ledger.report(new Tally(9, 90), List.of(before), new Tally(1, 1));
    assertThat(report.accepted()).isEqualTo(new Tally(9, 90));
    assertThat(report.held()).isEqualTo(new Tally(1, 1));
    assertThat(report.dropped())
        .isEqualTo(
            Map.of(DropReason.BUFFER_FULL, new Tally(2, 20), DropReason.BUDGET, new Tally(4, 40)));
  }
}
