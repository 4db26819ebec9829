package dev.logweir.opslevel;

import dev.logweir.LogweirEngine;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
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
final class VirtualTime {
  private static final long LIMIT_SECONDS = 60;

  private final ManualTime clock = new ManualTime();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int active;

  /**
   * Something that happens at its time, on the thread in {@link #runTo}, unless it is cancelled.
   */
  static final class Event {
    private volatile boolean cancelled;

    void cancel() {
      cancelled = true;
    }
  }

  long nanoTime() {
    return clock.nanoTime();
  }

  Duration now() {
    return Duration.ofNanos(nanoTime());
  }

  Event schedule(Runnable action, long delayNanos) {
    Event event = new Event();
    clock.schedule(
        () -> {
          if (!event.cancelled) {
            action.run();
          }
        },
        Duration.ofNanos(delayNanos));
    return event;
  }

  void enter() {
    change(1);
  }

  void leave() {
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
  void runTo(Duration moment) throws InterruptedException {
    do {
      awaitRest();
    } while (clock.advanceToNext(moment.minus(now())));
  }

  private void awaitRest() throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    lock.lock();
    try {
      while (active > 0) {
        if (left <= 0) {
          throw new AssertionError(active + " threads do not come to rest at " + now());
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns an engine that lives in this time and whose sends take part in it. */
  LogweirEngine engine(Executor threads) {
    return LogweirEngine.builder().time(clock).sendExecutor(task -> execute(threads, task)).build();
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
