package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;

/**
 * How much of a batch has arrived, as its sender tells.
 *
 * <p>Counted on the sender's thread each time that it tells: a call that is given up at the end of
 * its job leaves nothing to count then, where every step would hold up the job's writers. Each line
 * is counted once, however often the sender tells.
 */
final class DeliveredPart implements LineReader.Passed {
  /** For threads of the sender that tell side by side; held while they count. */
  private final MemoryLock counting = new MemoryLock(LockOrder.Level.CALLER);

  /** The sink's; held for a moment. */
  private final MemoryLock lock;

  @GuardedBy("counting")
  private final LineReader reader;

  @GuardedBy("counting")
  private int countedLines;

  @GuardedBy("counting")
  private long countedSourceLines;

  @GuardedBy("counting")
  private long countedSourceBytes;

  @GuardedBy("counting")
  private long countedAddedBytes;

  @GuardedBy("lock")
  private long sourceLines;

  @GuardedBy("lock")
  private long sourceBytes;

  @GuardedBy("lock")
  private long addedBytes;

  DeliveredPart(BatchLines lines, MemoryLock lock) {
    reader = new LineReader(lines);
    this.lock = lock;
  }

  /**
   * Counts up to a line.
   *
   * @param delivered how many of the first lines have arrived; fewer than before change nothing
   * @param headLines how many of them are not in the segments
   */
  void advance(int delivered, int headLines) {
    counting.lock();
    try {
      if (delivered <= countedLines) {
        return;
      }
      reader.skipLines(delivered - Math.max(countedLines, headLines), this);
      countedLines = delivered;
      lock.lock();
      try {
        sourceLines = countedSourceLines;
        sourceBytes = countedSourceBytes;
        addedBytes = countedAddedBytes;
      } finally {
        lock.unlock();
      }
    } finally {
      counting.unlock();
    }
  }

  /** Counts what the job wrote for lines that the reader has passed. */
  @Override
  @SuppressWarnings("GuardedBy") // the reader calls it from within advance()
  public void passed(long moreLines, long moreBytes, long moreAdded) {
    countedAddedBytes += moreAdded;
    countedSourceLines += moreLines;
    countedSourceBytes += moreBytes;
  }

  /**
   * Takes what the job and processors wrote for them out; a count that is under way is not waited
   * for.
   */
  void takeFrom(BatchLoss loss) {
    lock.lock();
    try {
      loss.add(-sourceLines, -sourceBytes, -addedBytes);
    } finally {
      lock.unlock();
    }
  }
}
