package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Keeps when each line came to the sender. A line begins with its number in {@value #DIGITS}
 * digits.
 */
final class LatencySink implements LineSink {
  static final int DIGITS = 8;

  private final AtomicLongArray arrivals;
  private final CountDownLatch missing;
  private final byte[] number = new byte[DIGITS];

  LatencySink(int lines) {
    arrivals = new AtomicLongArray(lines);
    missing = new CountDownLatch(lines);
  }

  /** Returns what is counted down by each line. */
  CountDownLatch missing() {
    return missing;
  }

  /** Returns when a line came, by {@code System.nanoTime}; 0 if it did not. */
  long arrival(int line) {
    return arrivals.get(line);
  }

  @Override
  public void line(String line) {
    arrived(Integer.parseInt(line, 0, DIGITS, 10), System.nanoTime());
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    long now = System.nanoTime();
    arrived(Integer.parseInt(new String(bytes, offset, DIGITS, US_ASCII)), now);
  }

  @Override
  public void batch(LogBatch batch) {
    long now = System.nanoTime();
    LineReader reader = batch.reader();
    while (reader.next()) {
      reader.read(number, 0, DIGITS);
      arrived(Integer.parseInt(new String(number, US_ASCII)), now);
    }
  }

  @Override
  public void sent() {}

  private void arrived(int line, long now) {
    arrivals.set(line, now);
    missing.countDown();
  }
}
