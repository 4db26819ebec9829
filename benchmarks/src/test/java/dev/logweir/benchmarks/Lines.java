package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogBatch;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;

/** Keeps the lines, and lets a test wait for a number of them. */
final class Lines implements LineSink {
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final CountDownLatch missing;

  Lines(int expected) {
    missing = new CountDownLatch(expected);
  }

  void await() throws InterruptedException {
    missing.await();
  }

  List<String> lines() {
    return lines;
  }

  @Override
  public void line(String line) {
    lines.add(line);
    missing.countDown();
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    line(new String(bytes, offset, length, UTF_8));
  }

  @Override
  public void batch(LogBatch batch) {
    batch.forEach(this::line);
  }

  @Override
  public void sent() {}
}
