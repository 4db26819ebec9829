package dev.logweir;

import java.time.Duration;
import java.util.List;

/** Batches of any bytes, which {@link LogBatch#of} would not make of text. */
public final class RawBatch {
  private final LogBatch batch = new LogBatch();

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
    return batch.call().isWritten();
  }

  /** As a shipper does when the end of its job begins. */
  public void beginEnd(Duration left) {
    batch.call().beginEnd(left);
  }
}
