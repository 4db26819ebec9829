package dev.logweir;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;

/** Time in lock step: who waits for a latch runs, while it waits, what the test says. */
final class SteppedTime implements Time {
  private final ManualTime clock = new ManualTime();
  private Waiting waiting = (latch, nanos) -> latch.getCount() == 0;

  /** What happens while a thread waits. */
  interface Waiting {
    boolean await(CountDownLatch latch, long nanos) throws InterruptedException;
  }

  void whileWaiting(Waiting action) {
    waiting = action;
  }

  @Override
  public long nanoTime() {
    return clock.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return clock.currentTimeMillis();
  }

  @Override
  public void set(Timer timer, long delayNanos) {
    clock.set(timer, delayNanos);
  }

  @Override
  public void cancel(Timer timer) {
    clock.cancel(timer);
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    return waiting.await(latch, nanos);
  }

  @Override
  public void close() {
    clock.close();
  }

  void schedule(Runnable task, long delayNanos) {
    clock.schedule(task, delayNanos);
  }

  int pending() {
    return clock.pending();
  }

  long nanosToNext(long limit) {
    return clock.nanosToNext(limit);
  }

  void advance(Duration duration) {
    clock.advance(duration);
  }
}
