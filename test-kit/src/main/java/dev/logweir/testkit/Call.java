package dev.logweir.testkit;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A call of a sender on a thread of its own. For the thread of the test, but for what runs. */
final class Call {
  /** What is left of the job's time once its end has begun. */
  private static final Duration LEFT = Duration.ofMillis(300);

  /** The batch, also where the sender is given other lines with the same text. */
  final LogBatch batch;

  private final Thread thread;
  private final CountDownLatch over = new CountDownLatch(1);
  private final Duration limit;
  private long interruptedNanos = System.nanoTime();

  // Written before the latch opens, read after.
  private @Nullable Throwable failure;

  Call(BatchSender sender, List<String> lines, boolean interrupted, Duration limit) {
    this.limit = limit;
    batch = LogBatch.of(lines instanceof LogBatch ? lines : List.copyOf(lines));
    thread = new Thread(() -> run(sender, lines, interrupted), "contract-send");
    thread.setDaemon(true);
    thread.start();
  }

  private void run(BatchSender sender, List<String> lines, boolean interrupted) {
    try {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      sender.send(lines);
    } catch (Throwable e) {
      failure = e;
    } finally {
      over.countDown();
    }
  }

  boolean isOver() {
    return over.getCount() == 0;
  }

  /** Waits for a call that should end by itself; returns what it failed with, or null. */
  @Nullable Throwable await() throws InterruptedException {
    return await(limit.multipliedBy(4), "");
  }

  /** Interrupts the call and waits for its end; returns what it failed with, or null. */
  @Nullable Throwable interruptAndAwait() throws InterruptedException {
    interrupt();
    return await(limit, " after its interrupt");
  }

  void interrupt() {
    interruptedNanos = System.nanoTime();
    thread.interrupt();
  }

  /**
   * Waits for the end of a call that was interrupted, or was begun so.
   *
   * @param soon counts from the interrupt on
   * @return where the call was when it should have ended; null if it had
   * @throws AssertionError if it hangs
   */
  @Nullable Throwable awaitSoon(Duration soon) throws InterruptedException {
    long left = soon.toNanos() - (System.nanoTime() - interruptedNanos);
    if (over.await(left, TimeUnit.NANOSECONDS)) {
      return null;
    }
    Throwable where = where();
    Throwable unused = await(limit, " after its interrupt");
    return where;
  }

  /** Returns what a call that is over failed with, or null. */
  @Nullable Throwable failure() {
    return failure;
  }

  /**
   * Ends the call as a job's end does: tells it that there is little time left, and interrupts it
   * when that is over. Returns what it failed with, or null.
   */
  @Nullable Throwable endAndAwait() throws InterruptedException {
    if (!over.await(200, TimeUnit.MILLISECONDS)) {
      batch.call().beginEnd(LEFT);
      if (!over.await(2 * LEFT.toMillis(), TimeUnit.MILLISECONDS)) {
        return interruptAndAwait();
      }
    }
    return failure;
  }

  private @Nullable Throwable await(Duration time, String when) throws InterruptedException {
    if (!over.await(time.toNanos(), TimeUnit.NANOSECONDS)) {
      AssertionError hung =
          new AssertionError(
              "send still runs " + time.toMillis() + " ms" + when + ", at the cause");
      hung.initCause(where());
      throw hung;
    }
    return failure;
  }

  private Throwable where() {
    Throwable where = new Throwable("what the call does");
    where.setStackTrace(thread.getStackTrace());
    return where;
  }

  /** Returns the lines that the call says were delivered. */
  List<String> claimed() {
    List<String> claimed = new ArrayList<>();
    int told = batch.call().deliveredLines();
    for (int i = 0; i < batch.size(); i++) {
      boolean delivered =
          failure == null
              || i < told
              || (failure instanceof SendException e && !e.isUndelivered(i));
      if (delivered) {
        claimed.add(batch.get(i));
      }
    }
    return claimed;
  }
}
