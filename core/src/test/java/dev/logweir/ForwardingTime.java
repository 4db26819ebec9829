package dev.logweir;

import java.util.concurrent.CountDownLatch;

/** A time that is another one, for tests that change a part of it. */
class ForwardingTime implements EngineTime {
  private final EngineTime time;

  ForwardingTime(EngineTime time) {
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
  public void set(EngineTimer timer, long delayNanos) {
    time.set(timer, delayNanos);
  }

  @Override
  public void cancel(EngineTimer timer) {
    time.cancel(timer);
  }

  @Override
  public void hold() {
    time.hold();
  }

  @Override
  public void release() {
    time.release();
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
