package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * A batch on its way through a sink: what the sender gets of it, what goes with it, and what is
 * lost if it does not arrive. Guarded by the sink's lock; the lines of one that is being sent are
 * read without it.
 */
final class SinkBatch {
  /** What the sender gets. */
  final LogBatch list;

  final BatchLines lines;

  /** The number of the job's line before the first one in here. */
  final long afterLine;

  /** In the unit of the server's bound. */
  long encodedBytes;

  /** When the first line was added. */
  long oldestNanos;

  /** Whether it has a line that is more than an echo of sending. */
  boolean asksToGo;

  /** What was dropped before this batch; becomes its first line when it is sent. */
  final GapTally gapBefore = new GapTally();

  /** The next batch in the queue. */
  @Nullable SinkBatch nextQueued;

  SinkBatch(LogBatch list, long afterLine) {
    this.list = list;
    this.afterLine = afterLine;
    lines = list.lines;
  }

  boolean isEmpty() {
    return lines.count() == 0;
  }

  /** Whether it was written out in full and never answered. */
  boolean isWritten() {
    return list.call.isWritten();
  }

  // ---- what is lost ----

  /** Tells what is lost if nothing of it arrives. */
  void lossOfAll(BatchLoss loss) {
    loss.set(lines.sourceLines(), lines.sourceBytes(), lines.addedBytes());
    loss.gaps.clear();
    loss.gaps.add(gapBefore);
    loss.gaps.add(lines.markedGaps);
  }

  /**
   * Tells what is behind the lines that have arrived for certain. In a time that does not grow with
   * the batch: all markers count as lost.
   */
  void lossOfUndelivered(BatchLoss loss) {
    lossOfAll(loss);
    list.call.takeDeliveredFrom(loss);
  }

  /**
   * Tells what was not delivered: of the whole batch, if there is no memory to look.
   *
   * @param failure how the call failed
   */
  void lossBy(Throwable failure, BatchLoss loss) {
    lossOfUndelivered(loss);
    try {
      if (failure instanceof SendException e && !e.isWholeBatch()) {
        lossOfLines(e, loss);
      }
      if (!loss.gaps.isEmpty()) {
        lossOfMarkers(failure, loss.gaps);
      }
    } catch (OutOfMemoryError ignored) {
      lossOfUndelivered(loss); // with a gap that is marked twice, rather than not at all
    }
  }

  private void lossOfLines(SendException failure, BatchLoss loss) {
    LineReader reader = new LineReader(lines);
    loss.set(0, 0, 0);
    for (int index = lines.headLines(); reader.next(); index++) {
      if (isUndelivered(index, failure)) {
        loss.add(reader.sourceLines(), reader.sourceBytes(), reader.addedBytes());
      }
    }
  }

  /** Looks which of the markers have not arrived. */
  private void lossOfMarkers(Throwable failure, GapTally gaps) {
    LineReader reader = lines.markedGaps.isEmpty() ? null : new LineReader(lines);
    gaps.clear();
    boolean told = lines.headLines() > 0 && !isUndelivered(0, failure);
    if (!told) {
      gaps.add(gapBefore);
    }
    for (int index = lines.headLines(); reader != null && reader.next(); index++) {
      if (isUndelivered(index, failure)) {
        reader.addGapTo(gaps);
      }
    }
  }

  /** Whether a line is not known to have arrived, given how the call failed. */
  private boolean isUndelivered(int index, Throwable failure) {
    return (failure instanceof SendException e && !e.isWholeBatch())
        ? e.isUndelivered(index)
        : index >= list.call.deliveredLines();
  }
}
