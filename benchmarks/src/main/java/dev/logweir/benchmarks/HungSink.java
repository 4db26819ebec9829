package dev.logweir.benchmarks;

import dev.logweir.LogBatch;
import java.util.concurrent.CountDownLatch;

/** Never returns from its first send, unless its thread is interrupted. */
final class HungSink implements LineSink {
  private final CountDownLatch entered = new CountDownLatch(1);
  private final CountDownLatch never = new CountDownLatch(1);

  /** Returns what is counted down when the first send hangs. */
  CountDownLatch entered() {
    return entered;
  }

  @Override
  public void line(String line) {
    hang();
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    hang();
  }

  @Override
  public void batch(LogBatch batch) {
    hang();
  }

  @Override
  public void sent() {
    hang();
  }

  private void hang() {
    entered.countDown();
    try {
      never.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
