package dev.logweir;

import java.util.concurrent.CountDownLatch;

/**
 * What a caller of a flush waits for in one sink. Guarded by the sink's lock, but for the latch.
 */
final class Flush {
  /** The last batch that has something of it. */
  final long lastBatch;

  final CountDownLatch over = new CountDownLatch(1);
  private boolean lost;

  Flush(long lastBatch) {
    this.lastBatch = lastBatch;
  }

  /** Takes note of a batch that was not sent. */
  void lost(long batch) {
    lost |= batch <= lastBatch && over.getCount() > 0;
  }

  /** Takes note of the number of the first batch that has not gone. */
  void gone(long firstLeft) {
    if (firstLeft > lastBatch) {
      over.countDown();
    }
  }

  /** Whether all of it was sent, once it is over. */
  boolean isSent() {
    return !lost;
  }
}
