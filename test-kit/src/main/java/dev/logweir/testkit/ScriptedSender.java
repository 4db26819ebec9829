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

/**
 * A sender for tests of a runner: it does call by call what the test says, delivers by default, and
 * keeps what was delivered.
 *
 * <pre>{@code
 * ScriptedSender sender = new ScriptedSender().thenHang().thenFail(new IOException("down"));
 * }</pre>
 *
 * <p>Thread-safe. Its waits fail with an {@link AssertionError} after 30 s.
 */
public final class ScriptedSender implements BatchSender {
  /** Guards all that changes. */
  private final Monitor monitor = new Monitor();

  private final Deque<Step> steps = new ArrayDeque<>();
  private final List<List<String>> batches = new ArrayList<>();
  private int calls;
  private int released;
  private int hung;
  private boolean closed;

  /** What one call does with its batch; returns how many of its first lines it delivers. */
  private interface Step {
    int run(LogBatch batch) throws Exception;
  }

  /** Creates a sender that delivers unless a step says otherwise. */
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

  /** Lets the next call without a step hang until {@link #release}, also if it is interrupted. */
  public ScriptedSender thenHangUninterruptibly() {
    return then(batch -> hang(batch, false));
  }

  /** Lets the call that hangs, or the next one to hang, go on and deliver. */
  public void release() {
    monitor.run(() -> released++);
  }

  @Override
  public void send(List<String> lines) throws Exception {
    LogBatch batch = LogBatch.of(lines);
    Step step =
        monitor.get(
            () -> {
              calls++;
              return steps.isEmpty() ? LogBatch::size : steps.remove();
            });
    int size = batch.size();
    int delivered = step.run(batch);
    List<String> part = List.copyOf(batch.subList(0, delivered));
    monitor.run(() -> batches.add(part));
    if (delivered < size) {
      BitSet undelivered = new BitSet();
      undelivered.set(delivered, size);
      throw new SendException(
          SendException.Kind.FAILED, "scripted: delivered " + delivered, null, undelivered);
    }
  }

  private int hang(LogBatch batch, boolean interruptibly) throws InterruptedException {
    int turn = monitor.get(() -> hung++);
    if (interruptibly) {
      monitor.await(() -> released > turn);
    } else {
      monitor.awaitUninterruptibly(() -> released > turn);
    }
    return batch.size();
  }

  @Override
  public void close() {
    monitor.run(() -> closed = true);
  }

  /** Returns the lines delivered so far, in order. */
  public List<String> lines() {
    return batches().stream().flatMap(List::stream).toList();
  }

  /** Returns the batches delivered so far, in order, or the parts of them. */
  public List<List<String>> batches() {
    return monitor.get(() -> List.copyOf(batches));
  }

  /** Returns how many calls have begun. */
  public int calls() {
    return monitor.get(() -> calls);
  }

  /** Returns whether the job has closed its sender. */
  public boolean isClosed() {
    return monitor.get(() -> closed);
  }

  /** Waits until so many calls have begun. */
  public void awaitCalls(int count) throws InterruptedException {
    monitor.awaitAtLeast("calls begun", () -> calls, count);
  }

  /** Waits until so many lines are delivered. */
  public void awaitLines(int count) throws InterruptedException {
    monitor.awaitAtLeast(
        "lines delivered", () -> batches.stream().mapToInt(List::size).sum(), count);
  }

  private ScriptedSender then(Step step) {
    monitor.run(() -> steps.add(step));
    return this;
  }

  @Override
  public String toString() {
    return "ScriptedSender[calls " + calls() + "]";
  }
}
