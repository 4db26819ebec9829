package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sender that a test stalls, fails and lets go on, and that keeps what arrived, without tokens.
 */
final class StallingSender implements BatchSender {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final List<String> arrived = new ArrayList<>();
  private final List<Integer> batchSizes = new ArrayList<>();
  private boolean stalled;
  private boolean stubborn;
  private int inside;
  private int calls;
  private Throwable failure;
  private int closed;

  static StallingSender stalled() {
    StallingSender sender = new StallingSender();
    sender.stall();
    return sender;
  }

  @Override
  public void send(List<String> lines) throws Exception {
    lock.lock();
    try {
      calls++;
      inside++;
      changed.signalAll();
      try {
        while (stalled) {
          if (stubborn) {
            changed.awaitUninterruptibly();
          } else {
            changed.await();
          }
        }
        if (failure instanceof Error e) {
          throw e;
        }
        if (failure instanceof Exception e) {
          throw e;
        }
        arrived.addAll(Tokenless.lines(lines));
        batchSizes.add(lines.size());
      } finally {
        inside--;
        changed.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    with(() -> closed++);
  }

  void stall() {
    with(() -> stalled = true);
  }

  /** From now on ignores interrupts while stalled. */
  void ignoreInterrupts() {
    with(() -> stubborn = true);
  }

  void recover() {
    with(
        () -> {
          stalled = false;
          failure = null;
        });
  }

  void failWith(Throwable e) {
    with(() -> failure = e);
  }

  /** Waits until a call is inside. */
  void awaitInside() throws InterruptedException {
    await(() -> inside > 0);
  }

  void awaitCalls(int count) throws InterruptedException {
    await(() -> calls >= count && inside == 0);
  }

  void awaitOutside() throws InterruptedException {
    await(() -> inside == 0);
  }

  void awaitClosed() throws InterruptedException {
    await(() -> closed > 0);
  }

  void awaitLines(int count) throws InterruptedException {
    await(() -> arrived.size() >= count);
  }

  List<String> lines() {
    lock.lock();
    try {
      return List.copyOf(arrived);
    } finally {
      lock.unlock();
    }
  }

  List<Integer> batchSizes() {
    lock.lock();
    try {
      return List.copyOf(batchSizes);
    } finally {
      lock.unlock();
    }
  }

  int calls() {
    lock.lock();
    try {
      return calls;
    } finally {
      lock.unlock();
    }
  }

  int closed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private void with(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** A condition of a test. */
  private interface Check {
    boolean holds();
  }

  /** The limit is reached only when the test fails. */
  private void await(Check check) throws InterruptedException {
    long left = TimeUnit.SECONDS.toNanos(30);
    lock.lock();
    try {
      while (!check.holds()) {
        if (left <= 0) {
          throw new AssertionError("waited in vain: calls " + calls + ", inside " + inside);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }
}
