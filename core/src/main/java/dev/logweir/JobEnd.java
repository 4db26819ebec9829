package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The end of a job: one plan under one deadline. It begins once; then the streams are drained, the
 * processors ended, the batches sent; when that is through, or its time is up, the account is
 * closed; then processors and senders are closed and the outcome is reported; then the job is over.
 *
 * <p>Each step is taken by the event that completes the one before, so only the callers of {@link
 * Job#finish} wait. It is made with the job, as an end must come also where there is no memory for
 * it; and it is itself the timer of its steps.
 */
final class JobEnd extends EngineTimer {
  /*
   * Who takes which step, on whose thread:
   *
   *   begin            the caller of finish or close     no more writes; timers set; a last drain
   *   Job.drained      the drain                         both streams are empty: Sink.noMore
   *   sinkDone         a sending thread, or the drain    one sink has sent all; after the last logOver
   *   run              the timer                         late sinks give way; then logOver, then timeUp
   *   logOver, once    one of the two, or timeUp         the account is closed; Closing is handed over
   *   Closing.run      a thread for ends                 processors, senders, callback; then over
   *   timeUp           the timer, or who cancels         all of it now: logOver, giveUp, over
   *   over, once       any of them                       the callers of finish return
   *
   * A step may come before the one it waits for has returned, and two threads may come to one at the
   * same moment. So each is taken once: logOver under closingLock, the others under the job's.
   *
   * closingLock is outermost: closing the account takes all locks of the job, and a second thread
   * must find it closed. Under the job's lock are the fields here; what is closed after the log,
   * and the log itself, run under none.
   */

  /** The share of the time kept for what comes after the log: a fifth or a second, at most half. */
  private static final long AFTER_LOG_SHARE = 5;

  private static final long AFTER_LOG_NANOS = 1_000_000_000L;
  private static final int REPORT_TRIES = 50;

  private final JobContext job;
  private final JobPlaces places;
  private final MemoryLock closingLock = new MemoryLock(LockOrder.Level.CLOSING);
  private final CountDownLatch over = new CountDownLatch(1);

  private final Closing closing;

  /** Written under the job's lock. */
  private volatile JobContext.State state = JobContext.State.RUNNING;

  /** Set once, as it begins. */
  private long timeoutNanos;

  private long deadlineNanos;

  /** How many callers wait that {@link Job#close} cancels. */
  @GuardedBy("job.lock")
  private int callers;

  /** How many sinks have sent all that they ever will. */
  @GuardedBy("job.lock")
  private int doneSinks;

  @GuardedBy("job.lock")
  private @Nullable LogReport report;

  /** The report if there is no memory for another one; made as the end begins. */
  private volatile @Nullable LogReport unknownReport;

  JobEnd(JobContext job, JobPlaces places) {
    this.job = job;
    this.places = places;
    closing =
        new Closing(job) {
          @Override
          LogReport report() {
            return finalReport();
          }

          @Override
          void closed() {
            over();
          }
        };
  }

  JobContext.State state() {
    return state;
  }

  boolean hasBegun() {
    return state != JobContext.State.RUNNING;
  }

  // ---- its steps ----

  /**
   * Begins it, if it has not begun.
   *
   * @param waits whether the caller waits, and ends it at its deadline
   */
  void begin(long nanos, boolean waits) {
    job.lock.lock();
    try {
      if (hasBegun()) {
        return;
      }
      setTimes(nanos);
      if (waits && Thread.currentThread().isInterrupted()) {
        closing.barCallback(); // it is cancelled from its beginning
      }
      state = JobContext.State.ENDING;
    } finally {
      job.lock.unlock();
    }
    prepareReport();
    places.beginEnd(deadlineNanos - timeoutNanos + logNanos());
    boolean drained = places.closeStreams();
    if (!job.isAccountClosed() || !waits) {
      setTimer(nextStep(0));
    }
    if (!drained) {
      places.drainToTheEnd();
    }
    if (isAllSent()) {
      logOver(false); // both streams were closed, and all was sent, before
    }
  }

  private void setTimes(long nanos) {
    timeoutNanos = nanos;
    deadlineNanos = job.engine.time.nanoTime() + nanos;
  }

  /** Returns the log's part of the time. */
  private long logNanos() {
    if (job.settings.afterLog == null) {
      return timeoutNanos;
    }
    long share = Math.max(timeoutNanos / AFTER_LOG_SHARE, AFTER_LOG_NANOS);
    return timeoutNanos - Math.min(share, timeoutNanos / 2);
  }

  /** One of the sinks has sent all that it ever will. */
  void sinkDone() {
    job.lock.lock();
    try {
      doneSinks++;
    } finally {
      job.lock.unlock();
    }
    if (hasBegun() && isAllSent()) {
      logOver(false);
    }
  }

  private boolean isAllSent() {
    job.lock.lock();
    try {
      return doneSinks == places.sinks.size();
    } finally {
      job.lock.unlock();
    }
  }

  /**
   * Takes the step that is due, which is known by the clock: so one that had no memory is taken
   * again soon.
   */
  @Override
  public void run() {
    long gone = job.engine.time.nanoTime() - (deadlineNanos - timeoutNanos);
    boolean taken = false;
    try {
      if (gone >= timeoutNanos) {
        timeUp();
      } else if (gone >= logNanos()) {
        logOver(true);
      } else {
        places.beLate();
      }
      taken = true;
    } finally {
      setTimer(taken ? nextStep(gone) - gone : WorkerPool.RETRY_NANOS);
    }
  }

  /** Returns when the next step is due: half and three quarters of the log's time, its end, all. */
  private long nextStep(long gone) {
    long logNanos = logNanos();
    long half = logNanos / 2;
    long threeQuarters = logNanos / 4 * 3;
    if (gone >= logNanos || job.isAccountClosed()) {
      return timeoutNanos;
    }
    return gone < half ? half : gone < threeQuarters ? threeQuarters : logNanos;
  }

  private void setTimer(long nanos) {
    job.lock.lock();
    try {
      if (state != JobContext.State.OVER) {
        job.engine.time.set(this, nanos);
      }
    } finally {
      job.lock.unlock();
    }
  }

  /**
   * Closes the account, once, and goes on to what comes after the log. A second thread waits for
   * the report, as making it calls no foreign code.
   */
  private void logOver(boolean timeIsUp) {
    boolean inTime;
    boolean closes = false;
    closingLock.lock();
    try {
      if (job.isAccountClosed()) {
        return;
      }
      closes = true;
      places.closeAccount();
      inTime = job.engine.time.nanoTime() - deadlineNanos < 0;
    } finally {
      closingLock.unlock();
      if (closes) {
        // Also after a failure: the thread that waits for the lock tries the rest again.
        places.interruptCalls();
      }
    }
    if (!closing.start(inTime)) {
      over();
      job.log.warn("{}: no thread to be had to close its senders and processors", null, null);
    } else if (timeIsUp && job.settings.afterLog == null) {
      closing.giveUp();
      over();
    }
  }

  /** Ends the job now: at its deadline, or because it is cancelled. */
  void timeUp() {
    closing.barCallback(); // first, as it begins on a thread of its own
    logOver(true);
    closing.giveUp();
    over();
  }

  private void over() {
    job.lock.lock();
    try {
      if (state == JobContext.State.OVER) {
        return;
      }
      state = JobContext.State.OVER;
      job.engine.time.cancel(this);
    } finally {
      job.lock.unlock();
    }
    job.over();
    over.countDown();
  }

  // ---- waiting for it ----

  /** Whether a caller waits that {@link Job#close} cancels. */
  boolean hasCallers() {
    job.lock.lock();
    try {
      return callers > 0;
    } finally {
      job.lock.unlock();
    }
  }

  /** Counts callers that begin to wait, or stop if the number is negative. */
  void countCallers(int more) {
    job.lock.lock();
    try {
      callers += more;
    } finally {
      job.lock.unlock();
    }
  }

  /** Waits until the job is over; at its deadline, or if interrupted, it ends there. */
  void await() {
    await(deadlineNanos);
  }

  /** Waits until the job is over; at a deadline, or if interrupted, it ends there. */
  void await(long untilNanos) {
    long deadline = untilNanos - deadlineNanos < 0 ? untilNanos : deadlineNanos;
    try {
      long left = deadline - job.engine.time.nanoTime();
      if (!job.engine.time.await(over, Math.max(0, left))) {
        timeUp();
      }
    } catch (InterruptedException e) {
      timeUp();
      Thread.currentThread().interrupt();
    }
  }

  /** Whether a thread is in what comes after the log. */
  boolean isOn(Thread thread) {
    return closing.isOn(thread);
  }

  // ---- what it says ----

  /**
   * Returns the final report once the account is closed: always the same, made when it is asked for
   * first. Before, the balance as it is.
   */
  LogReport report() {
    job.lock.lock();
    try {
      if (report != null) {
        return report;
      }
    } finally {
      job.lock.unlock();
    }
    boolean last = job.isAccountClosed();
    LogReport made = places.balance();
    if (!last) {
      return made;
    }
    job.lock.lock();
    try {
      if (report == null) {
        report = made;
      }
      return report;
    } finally {
      job.lock.unlock();
    }
  }

  /**
   * Returns the report; where there is no memory for it, tries for a while, and then returns one
   * that says no more than that the log is not complete.
   */
  LogReport finalReport() {
    for (int i = 0; i < REPORT_TRIES; i++) {
      try {
        return report();
      } catch (OutOfMemoryError ignored) {
        MemoryLock.awaitMemory();
      }
    }
    LogReport unknown = unknownReport;
    return unknown == null ? LogReport.UNKNOWN : unknown;
  }

  private void prepareReport() {
    try {
      unknownReport = LogReport.unknown(job.name(), places.sinks.size(), job.markerToken);
    } catch (OutOfMemoryError ignored) {
      // The report that all jobs share must do.
    }
  }
}
