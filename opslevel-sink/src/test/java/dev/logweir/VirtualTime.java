package dev.logweir;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Time that passes at once whenever every thread that takes part waits for it: as many threads as a
 * test likes live through a minute as fast as they can.
 *
 * <p>A thread takes part from {@link #enter} to {@link #leave}; before it waits for something that
 * only time brings about it leaves, and whoever ends the wait enters for it.
 */
public final class VirtualTime implements Time {
  private static final long LIMIT_SECONDS = 60;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final PriorityQueue<Timer> events =
      new PriorityQueue<>(
          Comparator.<Timer>comparingLong(timer -> timer.dueNanos).thenComparingInt(t -> t.order));
  private long nanos;
  private int order;
  private int active;

  /** Something that happens at its time, on the thread in {@link #runTo}. */
  public final class Event {
    private final Timer timer;

    private Event(Runnable action) {
      timer =
          new Timer() {
            @Override
            void run() {
              action.run();
            }
          };
    }

    public void cancel() {
      VirtualTime.this.cancel(timer);
    }
  }

  @Override
  public long nanoTime() {
    lock.lock();
    try {
      return nanos;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long currentTimeMillis() {
    return TimeUnit.NANOSECONDS.toMillis(nanoTime());
  }

  public Duration now() {
    return Duration.ofNanos(nanoTime());
  }

  public Event schedule(Runnable action, long delayNanos) {
    Event event = new Event(action);
    set(event.timer, delayNanos);
    return event;
  }

  @Override
  public void set(Timer timer, long delayNanos) {
    lock.lock();
    try {
      events.remove(timer);
      timer.dueNanos = nanos + Math.max(0, delayNanos);
      timer.order = order++;
      events.add(timer);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel(Timer timer) {
    lock.lock();
    try {
      events.remove(timer);
    } finally {
      lock.unlock();
    }
  }

  public void enter() {
    change(1);
  }

  public void leave() {
    change(-1);
  }

  private void change(int by) {
    lock.lock();
    try {
      active += by;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets time pass to a moment. The limit is reached only by a failure. */
  public void runTo(Duration moment) throws InterruptedException {
    long end = moment.toNanos();
    for (Timer event = next(end); event != null; event = next(end)) {
      event.run();
    }
  }

  private Timer next(long end) throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    lock.lock();
    try {
      while (active > 0) {
        if (left <= 0) {
          throw new AssertionError(active + " threads do not come to rest at " + now());
        }
        left = changed.awaitNanos(left);
      }
      Timer next = events.peek();
      if (next == null || next.dueNanos > end) {
        nanos = Math.max(nanos, end);
        return null;
      }
      nanos = Math.max(nanos, next.dueNanos);
      return events.remove();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean await(CountDownLatch latch, long nanos) throws InterruptedException {
    return latch.await(LIMIT_SECONDS, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    lock.lock();
    try {
      events.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Returns an engine that lives in this time and whose sends take part in it. */
  public LogweirEngine engine(Executor threads) {
    return LogweirEngine.builder()
        .time(this)
        .sendExecutor(task -> execute(threads, task))
        .closeExecutor(task -> execute(threads, task))
        .build();
  }

  private void execute(Executor threads, Runnable task) {
    enter();
    threads.execute(
        () -> {
          try {
            task.run();
          } finally {
            leave();
          }
        });
  }
}
