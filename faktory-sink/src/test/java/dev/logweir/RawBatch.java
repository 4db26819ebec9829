package dev.logweir;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** Batches of any bytes, with the call behind them that a shipper would have. */
public final class RawBatch {
  private final BatchCall call = new BatchCall(new ReentrantLock(), null);
  private final LogBatch batch = new LogBatch(call);

  private RawBatch() {}

  public static RawBatch of(List<byte[]> lines) {
    RawBatch raw = new RawBatch();
    for (byte[] line : lines) {
      while (raw.batch.room() < line.length + 1) {
        raw.batch.add(new Segment(Segment.LARGE), 1);
      }
      raw.batch.put(line, 0, line.length);
      raw.batch.put(LogBatch.LINE_END, 0, 1);
      raw.batch.countLines(1, line.length + 1L);
    }
    return raw;
  }

  public LogBatch batch() {
    return batch;
  }

  public boolean isWritten() {
    return call.isWritten();
  }

  /** As a shipper does when the end of its job begins. */
  public void beginEnd(Duration left) {
    call.beginEnd(System.nanoTime() + left.toNanos());
  }
}
