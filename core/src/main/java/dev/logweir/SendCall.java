package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * One call of a sender: here the sender reports on its batch, and learns of the job's end. {@link
 * LogBatch#call} gives it; each call of {@link BatchSender#send} has its own.
 *
 * <p>Thread-safe. Once the call has ended, its methods throw {@link IllegalStateException}, except
 * {@link #wake} and the two that return what was reported.
 *
 * <p>{@link #unbounded} makes one without a batch, for what a sender sends besides its log. A test
 * takes that, or {@code LogBatch.of(lines).call()}, and begins its end by {@link #beginEnd}.
 */
public final class SendCall {
  /** Once the end has begun, a pause takes one part in so many of the time left. */
  private static final int LAST_PAUSES = 8;

  private final SendProgress progress;
  private final @Nullable BatchLines batch;
  private final boolean shippers;

  // All below is guarded by the progress's lock.

  @GuardedBy("progress.lock")
  private @Nullable Condition wakeUp;

  @GuardedBy("progress.lock")
  private boolean written;

  @GuardedBy("progress.lock")
  private int delivered;

  @GuardedBy("progress.lock")
  private @Nullable DeliveredPart arrived;

  @GuardedBy("progress.lock")
  private boolean woken;

  @GuardedBy("progress.lock")
  private boolean ending;

  @GuardedBy("progress.lock")
  private long deadlineNanos;

  /**
   * Creates a shipper's call.
   *
   * @param progress the sink's, with its lock
   */
  SendCall(SendProgress progress, BatchLines batch) {
    this.progress = progress;
    this.batch = batch;
    shippers = true;
  }

  /** Creates a call of its maker's own; of no batch if that is null. */
  SendCall(@Nullable BatchLines batch) {
    progress = new SendProgress(new MemoryLock(LockOrder.Level.SINK), null);
    this.batch = batch;
    shippers = false;
  }

  /** Returns a call of no batch, whose time is not bounded until {@link #beginEnd}. */
  public static SendCall unbounded() {
    return new SendCall(null);
  }

  /**
   * Reports that all bytes of the batch are written out to the server: if no answer comes, the
   * lines are reported as unconfirmed.
   */
  public void written() {
    requireValid();
    progress.lock.lock();
    try {
      written = true;
    } finally {
      progress.lock.unlock();
    }
  }

  /**
   * Takes {@link #written} back, because the server answered: lines that it did not accept have not
   * arrived. To be called only if no earlier attempt at the batch was written and left without an
   * answer.
   */
  public void answered() {
    requireValid();
    progress.lock.lock();
    try {
      written = false;
      progress.advance();
    } finally {
      progress.lock.unlock();
    }
  }

  /** Returns whether the batch was {@link #written} and not {@link #answered} since. */
  public boolean isWritten() {
    progress.lock.lock();
    try {
      return written;
    } finally {
      progress.lock.unlock();
    }
  }

  /**
   * Reports that the first lines have arrived, for a sender that sends a batch in parts: if the
   * call is abandoned or fails without naming lines, these count as shipped.
   *
   * @param lines how many, from the first line of the batch on; fewer than reported before change
   *     nothing
   * @throws IllegalArgumentException if {@code lines} is negative or more than there are
   */
  public void delivered(int lines) {
    requireValid();
    Checks.count("lines", lines, 0, batch == null ? 0 : batch.size());
    if (batch != null) {
      arrivedOf(batch).advance(lines, batch.headLines());
    }
    progress.lock.lock();
    try {
      if (lines > delivered) {
        delivered = lines;
        progress.advance();
      }
    } finally {
      progress.lock.unlock();
    }
  }

  private DeliveredPart arrivedOf(BatchLines lines) {
    progress.lock.lock();
    try {
      DeliveredPart part = arrived;
      if (part == null) {
        part = new DeliveredPart(lines, progress.lock);
        arrived = part;
      }
      return part;
    } finally {
      progress.lock.unlock();
    }
  }

  /** Takes what has arrived for certain out of what may be lost. */
  void takeDeliveredFrom(BatchLoss loss) {
    progress.lock.lock();
    try {
      if (arrived != null) {
        arrived.takeFrom(loss);
      }
    } finally {
      progress.lock.unlock();
    }
  }

  /** Returns how many of the first lines have arrived for certain. */
  public int deliveredLines() {
    progress.lock.lock();
    try {
      return delivered;
    } finally {
      progress.lock.unlock();
    }
  }

  /** Returns the time left for the job, once its end has begun; empty before. */
  public Optional<Duration> timeLeft() {
    requireValid();
    progress.lock.lock();
    try {
      return ending
          ? Optional.of(Duration.ofNanos(Math.max(0, deadlineNanos - progress.nanoTime())))
          : Optional.empty();
    } finally {
      progress.lock.unlock();
    }
  }

  /**
   * Waits before another attempt. Returns early when the job's end begins while waiting; once it
   * has begun, waits at most an eighth of the time left.
   *
   * @throws NullPointerException if {@code pause} is null
   * @throws InterruptedException if the thread is interrupted: the sender must give up
   */
  public void pause(Duration pause) throws InterruptedException {
    Objects.requireNonNull(pause, "pause");
    requireValid();
    long left = TimeUnit.NANOSECONDS.convert(pause);
    progress.lock.lockInterruptibly();
    try {
      if (wakeUp == null) {
        wakeUp = progress.lock.condition();
      }
      boolean beganWithin = !ending;
      if (ending) {
        left = Math.min(left, Math.max(0, deadlineNanos - progress.nanoTime()) / LAST_PAUSES);
      }
      while (left > 0 && !woken && !(beganWithin && ending)) {
        left = progress.lock.awaitNanos(wakeUp, left);
      }
      woken = false;
    } finally {
      progress.lock.unlock();
    }
  }

  /**
   * Ends the {@link #pause} under way, or the next one of this call if there is none: for a sender
   * whose calls wait for each other. Does nothing once the call has ended.
   */
  public void wake() {
    progress.lock.lock();
    try {
      woken = true;
      if (wakeUp != null) {
        wakeUp.signalAll(); // the sender in pause()
      }
    } finally {
      progress.lock.unlock();
    }
  }

  /**
   * Begins the end, as a shipper does for its own calls: the pause under way ends, later ones are
   * cut to the time left. Called again, it sets a new time.
   *
   * @param left until the job's deadline
   * @throws NullPointerException if {@code left} is null
   * @throws IllegalStateException if this is the call of a shipper, which alone begins its end
   */
  public void beginEnd(Duration left) {
    Objects.requireNonNull(left, "left");
    if (shippers) {
      throw new IllegalStateException("the end of this call is its shipper's");
    }
    beginEnd(progress.nanoTime() + TimeUnit.NANOSECONDS.convert(left));
  }

  void beginEnd(long deadline) {
    progress.lock.lock();
    try {
      ending = true;
      deadlineNanos = deadline;
      if (wakeUp != null) {
        wakeUp.signalAll(); // the sender in pause()
      }
    } finally {
      progress.lock.unlock();
    }
  }

  private void requireValid() {
    if (batch != null) {
      batch.requireValid();
    }
  }
}
