package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BatchQueueTest {
  private static final int NOMINAL = Segment.SMALL;
  private static final int MAX_SIZE = 4 << 10;

  private final BatchQueue queue = new BatchQueue(NOMINAL, MAX_SIZE);

  /** A batch of a line of some bytes, in so many segments. */
  private static SinkBatch batch(int segments, int bytes) {
    SinkBatch batch = new SinkBatch(new LogBatch(), 0);
    for (int i = 0; i < segments; i++) {
      batch.lines.addRoom(new Segment(NOMINAL));
    }
    batch.lines.countPlain(1, bytes);
    return batch;
  }

  private static Tally tally(GapTally gap) {
    return new Tally(gap.lines, gap.bytes);
  }

  @Test
  void batches_comeOutInTheirOrder() {
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.first()).isNull();
    assertThat(queue.poll()).isNull();
    for (int round = 0; round < 2; round++) {
      SinkBatch one = batch(1, 10);
      SinkBatch two = batch(1, 20);
      queue.add(one);
      queue.add(two);
      assertThat(queue.isEmpty()).isFalse();
      assertThat(queue.count()).isEqualTo(2);
      assertThat(queue.held()).isEqualTo(new Tally(2, 30));
      assertThat(queue.first()).isSameAs(one);
      assertThat(queue.poll()).isSameAs(one);
      assertThat(one.nextQueued).isNull();
      assertThat(queue.held()).isEqualTo(new Tally(1, 20));
      assertThat(queue.poll()).isSameAs(two);
      assertThat(queue.poll()).isNull();
      assertThat(queue.count()).isZero();
    }
  }

  @Test
  void batchAddedBehindAnother_comesAfterIt() {
    SinkBatch two = batch(1, 20);
    SinkBatch three = batch(1, 30);
    queue.add(batch(1, 10));
    queue.add(two);
    queue.poll();
    queue.add(three);
    assertThat(queue.poll()).isSameAs(two);
    assertThat(queue.poll()).isSameAs(three);
  }

  @Test
  void fits_upToTwiceMaxSize() {
    assertThat(queue.fits(batch(8, 10))).isTrue();
    assertThat(queue.fits(batch(9, 10))).isFalse();
    queue.add(batch(3, 10));
    assertThat(queue.fits(batch(5, 10))).isTrue();
    assertThat(queue.fits(batch(6, 10))).isFalse();
    queue.poll();
    assertThat(queue.fits(batch(8, 10))).isTrue();
  }

  @Test
  void fits_countsTheObjectsOfBatchesFromTheThirdOn() {
    queue.add(batch(1, 10));
    queue.add(batch(1, 10));
    assertThat(queue.objectBytes()).isZero();
    assertThat(queue.fits(batch(5, 10))).isTrue();
    assertThat(queue.fits(batch(6, 10))).isFalse();
    queue.add(batch(5, 10));
    assertThat(queue.objectBytes()).isEqualTo(256);
    assertThat(queue.fits(batch(0, 10))).isTrue();
    queue.add(batch(0, 10));
    assertThat(queue.objectBytes()).isEqualTo(512);
    queue.add(batch(0, 10));
    queue.add(batch(0, 10));
    assertThat(queue.objectBytes()).isEqualTo(1 << 10);
    assertThat(queue.fits(batch(0, 10))).isFalse();
  }

  @Test
  void gapBehind_goesToTheNextBatch() {
    queue.add(batch(1, 10));
    assertThat(queue.hasGapBehind()).isFalse();
    assertThat(tally(queue.gapBehind())).isEqualTo(Tally.NONE);
    assertThat(queue.hasGapBehind()).isFalse();
    queue.gapBehind().add(2, 20, DropReason.QUEUE_FULL.bit());
    queue.gapBehind().add(1, 10, DropReason.BUDGET.bit());
    assertThat(queue.hasGapBehind()).isTrue();
    SinkBatch next = batch(1, 30);
    queue.add(next);
    assertThat(queue.hasGapBehind()).isFalse();
    assertThat(tally(next.gapBefore)).isEqualTo(new Tally(3, 30));
    assertThat(next.gapBefore.reasons)
        .isEqualTo(DropReason.QUEUE_FULL.bit() | DropReason.BUDGET.bit());
    SinkBatch last = batch(1, 10);
    queue.add(last);
    assertThat(last.gapBefore.isEmpty()).isTrue();
  }

  @Test
  void gapInFront_isTheFirstBatchsOrBehindAll() {
    assertThat(queue.gapInFront()).isSameAs(queue.gapBehind());
    SinkBatch first = batch(1, 10);
    queue.add(first);
    queue.gapInFront().add(1, 5, DropReason.SEND_FAILED.bit());
    assertThat(tally(first.gapBefore)).isEqualTo(new Tally(1, 5));
    assertThat(queue.gapInFront()).isSameAs(first.gapBefore);
    assertThat(queue.hasGapBehind()).isFalse();
  }
}
