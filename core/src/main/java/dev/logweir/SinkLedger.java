package dev.logweir;

import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The account of one sink: what came in from the buffers, and whether it was shipped, filtered or
 * dropped. Guarded by the sink's lock.
 *
 * <p>At any time, entered = shipped + filtered + dropped + held in batches.
 */
final class SinkLedger {
  private static final long[] NO_GAPS = {};
  private static final int GAP_FIELDS = 4;

  private final Totals totals;
  private final DropTallies dropped = new DropTallies();
  private long enteredLines;
  private long enteredBytes;
  private long shippedLines;
  private long shippedBytes;
  private long filteredLines;
  private long filteredBytes;
  private long unconfirmedLines;
  private long unconfirmedBytes;
  private long batches;
  private long sentBytes;
  private long addedBytesDropped;
  private long[] gaps = NO_GAPS;
  private int gapCount;
  private long moreGaps;

  SinkLedger(Totals totals) {
    this.totals = totals;
  }

  void entered(long lines, long bytes) {
    enteredLines += lines;
    enteredBytes += bytes;
  }

  void filtered(long lines, long bytes) {
    entered(lines, bytes);
    filteredLines += lines;
    filteredBytes += bytes;
    totals.filteredBytes.add(bytes);
  }

  void dropped(DropReason reason, long lines, long bytes) {
    if ((lines | bytes) != 0) {
      totals.dropped(dropped.add(reason, lines, bytes), lines, bytes);
    }
  }

  /** Counts what came once the end had begun; the meters alone have it once the report is final. */
  void closed(long lines, long bytes, boolean isFinal) {
    if (isFinal) {
      totals.dropped(DropReason.CLOSED, lines, bytes);
    } else {
      entered(lines, bytes);
      dropped(DropReason.CLOSED, lines, bytes);
    }
  }

  /**
   * Counts what was dropped at a place of its own.
   *
   * @param added bytes of text made by processors, which the balance does not know
   */
  void droppedAt(long afterLine, DropReason reason, long lines, long bytes, long added) {
    droppedAt(afterLine, reason, lines, bytes);
    addedBytesDropped += added;
    if ((lines | bytes) == 0 && added > 0) {
      gap(afterLine, 0, 0, reason.bit());
    }
  }

  /** Counts what was dropped at a place of its own. */
  void droppedAt(long afterLine, DropReason reason, long lines, long bytes) {
    dropped(reason, lines, bytes);
    if ((lines | bytes) != 0) {
      gap(afterLine, lines, bytes, reason.bit());
    }
  }

  /**
   * Counts a batch that is dropped before it is sent.
   *
   * @param target where the next batch tells it
   */
  void droppedBatch(SinkBatch batch, DropReason reason, GapTally target) {
    BatchLines all = batch.lines;
    long lines = all.sourceLines();
    long bytes = all.sourceBytes();
    droppedAt(batch.afterLine, reason, lines, bytes, all.addedBytes());
    target.add(batch.gapBefore);
    target.add(all.markedGaps);
    if ((lines | bytes) != 0 || all.addedBytes() > 0) {
      target.add(lines, bytes, reason.bit());
    }
  }

  /**
   * Counts the result of a batch that was sent.
   *
   * @param lost what was lost of it
   * @param written whether it was written out in full and never answered
   */
  void sent(SinkBatch batch, @Nullable Throwable failure, BatchLoss lost, boolean written) {
    if (failure == null) {
      batches++;
      sentBytes += batch.lines.byteCount();
      totals.batches.increment();
      totals.sentBytes.add(batch.lines.byteCount());
    } else {
      droppedAt(batch.afterLine, reasonOf(failure), lost.lines, lost.bytes, lost.added);
      if (written) {
        unconfirmed(lost);
      }
    }
    shipped(batch, lost);
  }

  /** Counts as shipped what was not lost of a batch. */
  private void shipped(SinkBatch batch, BatchLoss lost) {
    long lines = batch.lines.sourceLines() - lost.lines;
    long bytes = batch.lines.sourceBytes() - lost.bytes;
    shippedLines += lines;
    shippedBytes += bytes;
    totals.shippedLines.add(lines);
    totals.shippedBytes.add(bytes);
  }

  /**
   * Counts the batch of a call that is given up: what has not arrived is lost.
   *
   * @param loss takes note of that
   */
  void abandoned(SinkBatch batch, BatchLoss loss, boolean written) {
    batch.lossOfUndelivered(loss);
    droppedAt(batch.afterLine, DropReason.FLUSH_TIMEOUT, loss.lines, loss.bytes, loss.added);
    if (written) {
      unconfirmed(loss);
    }
    shipped(batch, loss);
  }

  static DropReason reasonOf(Throwable failure) {
    return failure instanceof SendException e && e.kind() != SendException.Kind.FAILED
        ? DropReason.SEND_REFUSED
        : DropReason.SEND_FAILED;
  }

  /** Counts as never confirmed what was dropped after it had been written out. */
  void unconfirmed(BatchLoss lost) {
    unconfirmedLines += lost.lines;
    unconfirmedBytes += lost.bytes;
  }

  /** Counts gaps that the list has no room for. */
  void droppedUnlisted(DropReason reason, long lines, long bytes, long added, long places) {
    addedBytesDropped += added;
    dropped(reason, lines, bytes);
    moreGaps += places;
  }

  boolean hasRoomForGap() {
    return gapCount < SinkReport.MAX_GAPS;
  }

  void gap(long afterLine, long lines, long bytes, int reasons) {
    if (gapCount == SinkReport.MAX_GAPS) {
      moreGaps++;
      return;
    }
    int at = gapCount * GAP_FIELDS;
    if (at == gaps.length && !makeRoom(at)) {
      moreGaps++;
      return;
    }
    gapCount++;
    gaps[at] = afterLine;
    gaps[at + 1] = lines;
    gaps[at + 2] = bytes;
    gaps[at + 3] = reasons;
  }

  /** Makes room in the list of gaps; false if there is no memory for it. */
  private boolean makeRoom(int used) {
    try {
      long[] larger =
          new long[used == 0 ? GAP_FIELDS : Math.min(2 * used, SinkReport.MAX_GAPS * GAP_FIELDS)];
      System.arraycopy(gaps, 0, larger, 0, used);
      gaps = larger;
      return true;
    } catch (OutOfMemoryError ignored) {
      return false;
    }
  }

  /** Returns a balance that says only that it is not complete. */
  SinkReport unknown() {
    entered(1, 1);
    dropped(DropReason.MEMORY, 1, 1);
    return report(entered(), List.of(), Tally.NONE);
  }

  long enteredLines() {
    return enteredLines;
  }

  long enteredBytes() {
    return enteredBytes;
  }

  Tally entered() {
    return new Tally(enteredLines, enteredBytes);
  }

  /**
   * Returns the balance.
   *
   * @param accepted what the job wrote
   * @param lostBefore what was dropped before it came here, by reason
   * @param held what is on its way
   */
  SinkReport report(Tally accepted, List<DropTallies> lostBefore, Tally held) {
    return report(accepted, lostBefore, held, Tally.NONE);
  }

  /**
   * As {@link #report(Tally, List, Tally)}.
   *
   * @param filteredBefore what was filtered before the sinks
   */
  SinkReport report(
      Tally accepted, List<DropTallies> lostBefore, Tally held, Tally filteredBefore) {
    SinkReport.Values values = new SinkReport.Values();
    values.accepted = accepted;
    values.shipped = new Tally(shippedLines, shippedBytes);
    values.filtered = new Tally(filteredLines, filteredBytes).plus(filteredBefore);
    values.held = held;
    values.unconfirmed = new Tally(unconfirmedLines, unconfirmedBytes);
    values.batches = batches;
    values.sentBytes = sentBytes;
    values.moreGaps = moreGaps;
    values.addedBytesDropped = addedBytesDropped;
    lostBefore.forEach(tallies -> tallies.addTo(values.dropped));
    dropped.addTo(values.dropped);
    for (int at = 0; at < gapCount * GAP_FIELDS; at += GAP_FIELDS) {
      EnumSet<DropReason> reasons = EnumSet.noneOf(DropReason.class);
      for (DropReason reason : DropReason.ALL) {
        if ((gaps[at + 3] & reason.bit()) != 0) {
          reasons.add(reason);
        }
      }
      values.gaps.add(new Gap(gaps[at], new Tally(gaps[at + 1], gaps[at + 2]), reasons));
    }
    return new SinkReport(values);
  }
}
