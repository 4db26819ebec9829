package dev.logweir;

import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** A call on a thread of its own. */
final class Elsewhere<T> {
  private final FutureTask<T> task;
  private final Thread thread;

  private Elsewhere(Callable<T> call) {
    task = new FutureTask<>(call);
    thread = new Thread(task, "test-elsewhere");
    thread.setDaemon(true);
  }

  static <T> Elsewhere<T> call(Callable<T> call) {
    Elsewhere<T> elsewhere = new Elsewhere<>(call);
    elsewhere.thread.start();
    return elsewhere;
  }

  boolean isDone() {
    return task.isDone();
  }

  void interrupt() {
    thread.interrupt();
  }

  /** Returns the result; the limit is reached only when the test fails. */
  T get() throws Exception {
    return task.get(30, TimeUnit.SECONDS);
  }
}
