package dev.logweir.examples;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Passes a job's batches on and keeps the last lines that arrived, masked and with the markers of
 * gaps, as the API got them: at most {@value #MAX_HEAP_BYTES} bytes of heap and {@value #MAX_LINES}
 * lines. A line is cut to {@value #MAX_CHARS} characters. Thread-safe apart from {@code send}.
 */
final class ArrivedTail implements BatchSender {
  static final int MAX_LINES = 500;
  static final int MAX_CHARS = 2_000;
  private static final int MAX_HEAP_BYTES = 128 << 10;
  private static final int LINE_BYTES = 64;

  private final BatchSender sender;
  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<String> lines = new ArrayDeque<>(MAX_LINES + 1);
  private long heapBytes;
  private long passed;

  /**
   * Some lines that follow each other.
   *
   * @param first number of the first of them, from 0, among all that arrived
   */
  record Lines(long first, List<String> texts) {}

  ArrivedTail(BatchSender sender) {
    this.sender = sender;
  }

  @Override
  public void send(List<String> batch) throws Exception {
    boolean whole = false;
    try {
      sender.send(batch);
      whole = true;
    } finally {
      keep(batch, whole ? batch.size() : LogBatch.of(batch).call().deliveredLines());
    }
  }

  private void keep(List<String> batch, int arrived) {
    lock.lock();
    try {
      int from = Math.max(0, arrived - MAX_LINES);
      passed += from;
      if (from > 0) {
        passed += lines.size();
        lines.clear();
        heapBytes = 0;
      }
      for (String line : batch.subList(from, arrived)) {
        String kept = line.length() <= MAX_CHARS ? line : line.substring(0, MAX_CHARS) + "…";
        lines.add(kept);
        heapBytes += heapBytes(kept);
        while (lines.size() > MAX_LINES || heapBytes > MAX_HEAP_BYTES) {
          heapBytes -= heapBytes(lines.remove());
          passed++;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private static long heapBytes(String line) {
    return LINE_BYTES + 2L * line.length();
  }

  /** Returns the lines kept whose number is {@code from} or more. */
  Lines since(long from) {
    lock.lock();
    try {
      int skipped = (int) Math.min(lines.size(), Math.max(0, from - passed));
      return new Lines(passed + skipped, new ArrayList<>(lines).subList(skipped, lines.size()));
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int maxBatchBytes() {
    return sender.maxBatchBytes();
  }

  @Override
  public long encodedBytes(int lineBytes) {
    return sender.encodedBytes(lineBytes);
  }

  @Override
  public long maxRetainedBytes() {
    return sender.maxRetainedBytes() + MAX_HEAP_BYTES + 2L * (LINE_BYTES + 2 * MAX_CHARS);
  }

  @Override
  public Object client() {
    return sender.client();
  }

  @Override
  public void close() throws Exception {
    sender.close();
  }
}
