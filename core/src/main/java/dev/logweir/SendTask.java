package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Gives the batches of one sink to its sender, one at a time, as long as there are any. */
final class SendTask extends Work {
  /*
   * One task at a time is under way for a sink: SinkBatches.claimStart sees to it. It runs until nothing is
   * due, or gives way after a batch if other jobs wait for a thread.
   *
   * A call of the sender, and the lock under which it goes on:
   *
   *   current          a batch is taken for it                          the sink's
   *   ended            the sender has returned; its result is counted   the sink's
   *   given up         the job has ended first: current is null         the sink's, with all others
   *   returned         no interrupt hits its thread from here on        interrupts
   *
   * The result of a call counts if the call is still current when it ends. One that was given up is
   * counted already, and its batch goes to the garbage collector, as the sender may have kept it.
   *
   * An interrupt may run foreign code, such as the close of a channel, and writers want the sink's
   * lock. So each call
   * has a lock of its own for it, which no writer takes. The interrupt flag is cleared under it too:
   * then none that was meant for one call hits the next.
   */

  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final SinkBatches batches;
  private final BatchSender sender;

  /** To whom abandoned calls are counted. */
  private final Object client;

  private final JobContext job;

  /** Null of a call that was given up, although its sender may still be in it. */
  @GuardedBy("batches.lock")
  private @Nullable Call current;

  /** Why nothing more is sent; the task's own. */
  private @Nullable SendException gone;

  private final FailureLog log;

  /**
   * @param batches of a sink of the job
   */
  SendTask(SinkBatches batches, BatchSender sender, JobContext job) {
    this.batches = batches;
    this.sender = sender;
    client = Objects.requireNonNull(sender.client(), "client");
    this.job = job;
    log = job.engine.log(BatchSender.class, job);
  }

  /** The call that was given up, as long as it is to be interrupted. */
  private volatile @Nullable Call givenUp;

  /** A call of the sender: its thread is interrupted only while it is this call's. */
  private final class Call extends EngineTimer {
    private final Thread thread = Thread.currentThread();

    /**
     * Guards the thread against an interrupt that comes after the call. Apart from the sink's lock:
     * an interrupt may run foreign code, such as the close of a channel.
     */
    private final MemoryLock interrupts = new MemoryLock(LockOrder.Level.CALL);

    private @Nullable SinkBatch batch;

    /** What was lost of the batch: made before it is sent, as counting must not need memory. */
    private final BatchLoss loss = new BatchLoss();

    /** The same, if the call is given up: belongs to the thread that ends the job. */
    private final BatchLoss lossIfGivenUp = new BatchLoss();

    /** Whether the sender has returned. */
    @GuardedBy("interrupts")
    private boolean returned;

    /** From here on no interrupt meant for the call hits the next one on its thread. */
    void leave() {
      interrupts.lock();
      try {
        returned = true;
        Thread.interrupted();
        job.engine.time.cancel(this);
      } finally {
        interrupts.unlock();
      }
    }

    /** Interrupts it, unless it has returned; returns whether it did. */
    boolean interrupt() {
      interrupts.lock();
      try {
        if (!returned) {
          job.engine.time.set(this, GRACE_NANOS);
          thread.interrupt();
        }
        return !returned;
      } finally {
        interrupts.unlock();
      }
    }

    /** It is the grace that is over. */
    @Override
    public void run() {
      warnIfStuck(this);
    }
  }

  void start() {
    if (!job.engine.sends.execute(this)) {
      notStarted();
    }
  }

  private void notStarted() {
    batches.lock.lock();
    try {
      batches.retryTask();
    } finally {
      batches.lock.unlock();
    }
  }

  @Override
  public void run() {
    boolean more = true;
    while (more) {
      Call call = begin();
      if (call == null) {
        return;
      }
      more = send(call);
      if (more && job.engine.sends.hasWaiting()) {
        start();
        return;
      }
    }
  }

  private @Nullable Call begin() {
    Call call = null;
    try {
      call = new Call(); // before there is a batch that could be lost
    } catch (OutOfMemoryError ignored) {
      notStarted();
      tellIfSent(); // there may be no next batch, and then this was the last look
      return null;
    }
    boolean sent = false;
    batches.lock.lock();
    try {
      SinkBatch batch = batches.nextToSend();
      if (batch != null) {
        call.batch = batch;
        current = call;
      } else {
        call = null;
        sent = batches.markSent();
      }
    } finally {
      batches.lock.unlock();
    }
    if (sent) {
      job.sinkDone();
    }
    return call;
  }

  private void tellIfSent() {
    boolean sent;
    batches.lock.lock();
    try {
      sent = batches.markSent();
    } finally {
      batches.lock.unlock();
    }
    if (sent) {
      job.sinkDone();
    }
  }

  private boolean send(Call call) {
    SinkBatch batch = Objects.requireNonNull(call.batch);
    GapTally gap = batch.gapBefore;
    if (!gap.isEmpty() && job.settings.markers) {
      try {
        batch.lines.markHead(Markers.gap(job.markerToken, gap.lines, gap.bytes, gap.reasons));
      } catch (OutOfMemoryError ignored) {
        handGapOn(batch);
      }
    }
    long began = job.engine.time.nanoTime();
    // A call given up before it began must not come to the sender after its close.
    Throwable failure = isGivenUp(call) ? null : failureOf(batch);
    call.leave();
    BatchLoss loss = call.loss;
    if (failure != null) {
      batch.lossBy(failure, loss);
    }
    boolean wake = false;
    boolean abandoned;
    long sourceBytes = batch.lines.sourceBytes();
    batches.lock.lock();
    try {
      abandoned = current != call;
      if (!abandoned) {
        current = null;
        wake = batches.sent(batch, failure, loss);
      }
    } finally {
      batches.lock.unlock();
    }
    if (abandoned) {
      giveBack(batch);
      job.engine.abandoned.remove(client);
      return false;
    }
    if (wake) {
      job.roomFreed();
    }
    job.engine.metrics.sent(failure, job.engine.time.nanoTime() - began);
    tell(failure, sourceBytes, loss.bytes);
    return true;
  }

  private void handGapOn(SinkBatch batch) {
    batches.lock.lock();
    try {
      batches.handGapOn(batch);
    } finally {
      batches.lock.unlock();
    }
  }

  /** Gives back what a call held that had been given up. */
  private void giveBack(SinkBatch batch) {
    batches.lock.lock();
    try {
      batches.free(batch, false);
    } finally {
      batches.lock.unlock();
    }
  }

  private boolean isGivenUp(Call call) {
    batches.lock.lock();
    try {
      return current != call;
    } finally {
      batches.lock.unlock();
    }
  }

  private @Nullable Throwable failureOf(SinkBatch batch) {
    if (gone != null) {
      return gone;
    }
    try {
      if (job.engine.abandoned.isAtLimit(client)) {
        return SendException.failed(
            AbandonedCalls.LIMIT + " abandoned calls of this client have not returned", null);
      }
      assert LockOrder.CHECK.isFree();
      sender.send(batch.list);
      return null;
    } catch (Throwable e) {
      if (e instanceof SendException refusal && refusal.kind() == SendException.Kind.JOB_GONE) {
        gone = goneLike(refusal);
      }
      return e;
    }
  }

  private static SendException goneLike(SendException refusal) {
    try {
      return SendException.jobGone("the job is gone", null);
    } catch (OutOfMemoryError ignored) {
      return refusal;
    }
  }

  private void tell(@Nullable Throwable failure, long bytes, long lost) {
    if (failure == null) {
      log.goesOn("{}: sending goes on; {} bytes were lost since the first failure");
    } else {
      boolean gone = failure instanceof SendException e && e.kind() == SendException.Kind.JOB_GONE;
      log.notDelivered(lost, bytes, failure, gone && failure != this.gone);
    }
  }

  boolean isOn(Thread thread) {
    batches.lock.lock();
    try {
      Call call = current;
      return call != null && call.thread == thread;
    } finally {
      batches.lock.unlock();
    }
  }

  /** Whether the calling thread is in the sender, or in a logger that logs a failure of it. */
  boolean isOwnWord() {
    return log.isTelling() || isOn(Thread.currentThread());
  }

  /**
   * Gives up the call under way, which is to be interrupted; returns where to count its batch as
   * lost.
   */
  @GuardedBy("batches.lock")
  BatchLoss giveUp() {
    Call call = Objects.requireNonNull(current);
    givenUp = call;
    current = null;
    job.engine.abandoned.add(client);
    return call.lossIfGivenUp;
  }

  /** Interrupts the call that was given up, if it has not returned; with no other lock held. */
  void interruptAbandoned() {
    Call call = givenUp;
    if (call == null) {
      return;
    }
    givenUp = null;
    if (call.interrupt()) {
      job.engine.sends.replace(call.thread, this);
    }
  }

  private void warnIfStuck(Call call) {
    SinkBatch batch = call.batch;
    if (batch != null && !batch.lines.hasEnded()) {
      log.warn(
          "{}: a sender ignores its interruption; its thread and batch are held until it returns",
          null,
          null);
    }
  }
}
