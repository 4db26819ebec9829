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
  private @Nullable LogBatch first;
  private @Nullable LogBatch last;
  private int count;
  private int segments;

  BatchQueue(int nominal, int maxSize) {
    this.nominal = nominal;
    this.maxBytes = 2L * maxSize;
  }

  boolean fits(LogBatch batch) {
    long bytes = (long) (segments + batch.segments()) * nominal;
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

  @Nullable LogBatch first() {
    return first;
  }

  void add(LogBatch batch) {
    if (last == null) {
      first = batch;
    } else {
      last.nextQueued = batch;
    }
    last = batch;
    count++;
    segments += batch.segments();
  }

  @Nullable LogBatch poll() {
    LogBatch batch = first;
    if (batch != null) {
      first = batch.nextQueued;
      if (first == null) {
        last = null;
      }
      batch.nextQueued = null;
      count--;
      segments -= batch.segments();
    }
    return batch;
  }

  Tally held() {
    Tally held = Tally.NONE;
    for (LogBatch batch = first; batch != null; batch = batch.nextQueued) {
      held = held.plus(batch.source());
    }
    return held;
  }
}
