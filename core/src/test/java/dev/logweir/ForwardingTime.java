package dev.logweir;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A time that is another one, for tests that change a part of it. */
class ForwardingTime implements Time {
  private final Time time;

  ForwardingTime(Time time) {
    this.time = time;
  }

  @Override
  public long nanoTime() {
    return time.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return time.currentTimeMillis();
  }

  @Override
  public @Nullable Entry schedule(Runnable task, long delayNanos) {
    return time.schedule(task, delayNanos);
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    return time.await(latch, nanos);
  }

  @Override
  public void close() {
    time.close();
  }
}
