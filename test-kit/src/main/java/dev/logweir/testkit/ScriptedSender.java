package dev.logweir.testkit;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sender for tests of a runner: it does call by call what the test says, delivers where nothing
 * was said, and keeps what was delivered.
 *
 * <pre>{@code
 * ScriptedSender sender = new ScriptedSender().thenHang().thenFail(new IOException("down"));
 * }</pre>
 *
 * <p>Thread-safe. Its waits fail with an {@link AssertionError} after 30 s.
 */
public final class ScriptedSender implements BatchSender {
  private static final long LIMIT_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Deque<Step> steps = new ArrayDeque<>();
  private final List<List<String>> batches = new ArrayList<>();
  private int calls;
  private int running;
  private int released;
  private int hung;
  private boolean closed;

  /** What one call does with its batch; returns how many of its first lines it delivers. */
  private interface Step {
    int run(LogBatch batch) throws Exception;
  }

  /** Creates a sender that delivers until it is told otherwise. */
  public ScriptedSender() {}

  /** Lets the next call without a step deliver. Returns this. */
  public ScriptedSender thenDeliver() {
    return then(LogBatch::size);
  }

  /** Lets the next call without a step fail with this. Returns this. */
  public ScriptedSender thenFail(Exception failure) {
    Objects.requireNonNull(failure, "failure");
    return then(
        batch -> {
          throw failure;
        });
  }

  /**
   * Lets the next call without a step deliver so many lines, or all if there are fewer, and fail
   * with the rest. Returns this.
   *
   * @throws IllegalArgumentException if {@code lines} is negative
   */
  public ScriptedSender thenDeliverOnly(int lines) {
    if (lines < 0) {
      throw new IllegalArgumentException("lines must not be negative: " + lines);
    }
    return then(batch -> Math.min(lines, batch.size()));
  }

  /**
   * Lets the next call without a step hang until {@link #release} or an interrupt. Returns this.
   */
  public ScriptedSender thenHang() {
    return then(batch -> hang(batch, true));
  }

  /** Lets the next call without a step hang until {@link #release}, whoever interrupts it. */
  public ScriptedSender thenHangUninterruptibly() {
    return then(batch -> hang(batch, false));
  }

  /** Lets the call that hangs, or the next one to hang, go on and deliver. */
  public void release() {
    with(() -> released++);
  }

  @Override
  public void send(List<String> lines) throws Exception {
    LogBatch batch = LogBatch.of(lines);
    Step step;
    lock.lock();
    try {
      calls++;
      running++;
      step = steps.isEmpty() ? LogBatch::size : steps.remove();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      int size = batch.size();
      int delivered = step.run(batch);
      List<String> part = List.copyOf(batch.subList(0, delivered));
      with(() -> batches.add(part));
      if (delivered < size) {
        BitSet undelivered = new BitSet();
        undelivered.set(delivered, size);
        throw new SendException(
            SendException.Kind.FAILED, "scripted: delivered " + delivered, null, undelivered);
      }
    } finally {
      with(() -> running--);
    }
  }

  private int hang(LogBatch batch, boolean interruptibly) throws InterruptedException {
    lock.lock();
    try {
      int turn = hung++;
      while (released <= turn) {
        if (interruptibly) {
          changed.await();
        } else {
          changed.awaitUninterruptibly();
        }
      }
    } finally {
      lock.unlock();
    }
    return batch.size();
  }

  @Override
  public void close() {
    with(() -> closed = true);
  }

  /** Returns the lines delivered so far, in order. */
  public List<String> lines() {
    return batches().stream().flatMap(List::stream).toList();
  }

  /** Returns the batches delivered so far, in order, or the parts of them. */
  public List<List<String>> batches() {
    lock.lock();
    try {
      return List.copyOf(batches);
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many calls have begun. */
  public int calls() {
    lock.lock();
    try {
      return calls;
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the job has closed its sender. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until so many calls have begun. */
  public void awaitCalls(int count) throws InterruptedException {
    await("calls begun", () -> calls, count);
  }

  /** Waits until so many lines are delivered. */
  public void awaitLines(int count) throws InterruptedException {
    await("lines delivered", () -> batches.stream().mapToInt(List::size).sum(), count);
  }

  private ScriptedSender then(Step step) {
    with(() -> steps.add(step));
    return this;
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

  /** Something counted, under the lock. */
  private interface Count {
    int get();
  }

  private void await(String what, Count count, int wanted) throws InterruptedException {
    long left = LIMIT_NANOS;
    lock.lock();
    try {
      while (count.get() < wanted) {
        if (left <= 0) {
          throw new AssertionError(what + ": " + count.get() + " after 30 s, not " + wanted);
        }
        left = changed.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "ScriptedSender[calls " + calls() + "]";
  }
}
