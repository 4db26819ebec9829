package dev.logweir.opslevel;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.ReentrantLock;

/** A timer whose tasks run when a test says so. */
final class ManualTimer implements DeadlineTimer {
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Entry> entries = new ArrayList<>();

  private record Entry(FutureTask<?> task, Duration delay) {}

  @Override
  public Future<?> schedule(Runnable task, Duration delay) {
    FutureTask<?> future = new FutureTask<>(task, null);
    lock.lock();
    try {
      entries.add(new Entry(future, delay));
    } finally {
      lock.unlock();
    }
    return future;
  }

  /** Returns the delays of the tasks that are still to run. */
  List<Duration> pending() {
    lock.lock();
    try {
      return entries.stream().filter(e -> !e.task.isDone()).map(Entry::delay).toList();
    } finally {
      lock.unlock();
    }
  }

  /** Runs all tasks with that delay. */
  void fire(Duration delay) {
    List<Entry> due;
    lock.lock();
    try {
      due = entries.stream().filter(e -> e.delay.equals(delay)).toList();
    } finally {
      lock.unlock();
    }
    due.forEach(e -> e.task.run());
  }

  @Override
  public void close() {
    // nothing runs by itself
  }
}
