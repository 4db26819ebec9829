package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * Sealed batches in their order, in any number, bounded in heap bytes: 2 × {@code maxSize}. Guarded
 * by its sink's lock.
 */
final class BatchQueue {
  /** What a batch and its gaps take besides segments. */
  static final int BATCH_BYTES = 256;

  /** The first batches' objects are in the job's fixed part. */
  private static final int FREE_BATCHES = 2;

  private final int nominal;
  private final long maxBytes;
  private @Nullable SinkBatch first;
  private @Nullable SinkBatch last;
  private int count;
  private int segments;

  /** Kept with every change: what is held is asked for under locks that writers want. */
  private long heldLines;

  private long heldBytes;

  private long heldAdded;

  /** How many of the batches hold something of the job or of its processors. */
  private int sources;

  /** What was dropped behind all that is queued. */
  private final GapTally gapBehind = new GapTally();

  BatchQueue(int nominal, int maxSize) {
    this.nominal = nominal;
    this.maxBytes = 2L * maxSize;
  }

  boolean fits(SinkBatch batch) {
    long bytes = (long) (segments + batch.lines.segments()) * nominal;
    return bytes + objectBytes(count + 1) <= maxBytes;
  }

  /** Returns what the batches take besides their segments and the job's fixed part. */
  long objectBytes() {
    return objectBytes(count);
  }

  private static long objectBytes(int batches) {
    return (long) Math.max(0, batches - FREE_BATCHES) * BATCH_BYTES;
  }

  boolean isEmpty() {
    return first == null;
  }

  int count() {
    return count;
  }

  @Nullable SinkBatch first() {
    return first;
  }

  /** Returns the gap behind all that is queued, to be added to. */
  GapTally gapBehind() {
    return gapBehind;
  }

  /** Returns the gap in front of the batch that is sent next, to be added to. */
  GapTally gapInFront() {
    return first == null ? gapBehind : first.gapBefore;
  }

  boolean hasGapBehind() {
    return !gapBehind.isEmpty();
  }

  /** Gives the gap behind all that is queued to the batch that comes next. */
  void giveGap(SinkBatch batch) {
    batch.gapBefore.add(gapBehind);
    gapBehind.clear();
  }

  /** Adds a batch, with the gap that was behind those before. */
  void add(SinkBatch batch) {
    giveGap(batch);
    if (last == null) {
      first = batch;
    } else {
      last.nextQueued = batch;
    }
    last = batch;
    count++;
    count(batch, 1);
  }

  @Nullable SinkBatch poll() {
    SinkBatch batch = first;
    if (batch != null) {
      first = batch.nextQueued;
      if (first == null) {
        last = null;
      }
      batch.nextQueued = null;
      count--;
      count(batch, -1);
    }
    return batch;
  }

  private void count(SinkBatch batch, int sign) {
    segments += sign * batch.lines.segments();
    heldLines += sign * batch.lines.sourceLines();
    heldBytes += sign * batch.lines.sourceBytes();
    heldAdded += sign * batch.lines.addedBytes();
    sources += isOfNobody(batch.lines) ? 0 : sign;
  }

  private static boolean isOfNobody(BatchLines lines) {
    return (lines.sourceLines() | lines.sourceBytes() | lines.addedBytes()) == 0;
  }

  Tally held() {
    return new Tally(heldLines, heldBytes);
  }

  /** Returns the bytes of text that processors made. */
  long heldLines() {
    return heldLines;
  }

  long heldBytes() {
    return heldBytes;
  }

  long heldAdded() {
    return heldAdded;
  }

  int sources() {
    return sources;
  }

  int segments() {
    return segments;
  }

  /** Lets go of all batches at once, however many there are. */
  void clear() {
    first = null;
    last = null;
    count = 0;
    segments = 0;
    heldLines = 0;
    heldBytes = 0;
    heldAdded = 0;
    sources = 0;
  }
}
