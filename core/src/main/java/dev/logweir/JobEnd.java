package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The end of a job: one plan under one deadline. It begins once; then the streams are drained, the
 * processors ended, the batches sent; when that is through, or its time is up, the account is
 * closed; then processors and senders are closed and the outcome is reported; then the job is over.
 *
 * <p>Each step is taken by the event that completes the one before, so nobody waits but the callers
 * of {@link Job#finish}. It is itself the timer of its deadline.
 */
final class JobEnd extends Timer {
  /*
   * Who takes which step, on whose thread:
   *
   *   begin            the caller of finish or close     no more writes; timers set; a last drain
   *   Job.drained      the drain                         both streams are empty: Sink.noMore
   *   Job.sinkDone     a sending thread, or the drain    one sink has sent all
   *   allSent          the last of these                 logOver
   *   logTimeUp        the timer                         logOver, if it is not there by then
   *   logOver, once    one of the two, or timeUp         the account is closed; Closing is handed over
   *   Closing.run      a thread for ends                 processors, senders, callback; then over
   *   timeUp           the timer, or who cancels         all of it now: logOver, giveUp, over
   *   over, once       any of them                       the callers of finish return
   *
   * A step may come before the one it waits for has returned, and two threads may come to one at the
   * same moment. So each is taken once: logOver under the account's lock, over under the job's.
   *
   * The account's lock is outermost: closing the account takes all locks of the job, and who comes
   * second must find it closed. Under the job's lock are the fields here; closing a processor or
   * sender, the callback and the log run under none. A thread in such a call is interrupted under
   * Job.interrupts, so that the interrupt does not hit what it does next.
   */

  /** The share of the time kept for what comes after the log: a fifth or a second, at most half. */
  private static final long AFTER_LOG_SHARE = 5;

  private static final long AFTER_LOG_NANOS = 1_000_000_000L;

  private final Job job;

  /** Set once, before anybody sees this. */
  private long timeoutNanos;

  private long deadlineNanos;
  private final MemoryLock account = new MemoryLock();
  private final CountDownLatch over = new CountDownLatch(1);

  /** How many callers wait. */
  @GuardedBy("job.lock")
  private int callers;

  /** For half and three quarters of the log's time, and its end. */
  private final Timer logTimer =
      new Timer() {
        @Override
        void run() {
          logTimeGoes();
        }
      };

  /** The log's time; set once, before its timer is. */
  private long logNanos;

  @GuardedBy("job.lock")
  private boolean timersEnded;

  @GuardedBy("job.lock")
  private @Nullable LogReport report;

  private final Closing prepared = new Closing();

  @GuardedBy("job.lock")
  private @Nullable Closing closing;

  /**
   * The callback after the log must not begin any more: the job is cancelled, or its time is up.
   */
  @GuardedBy("job.lock")
  private boolean callbackBarred;

  JobEnd(Job job) {
    this.job = job;
  }

  /**
   * @param cancelled whether the thread that begins it is interrupted
   */
  @SuppressWarnings("GuardedBy") // its job calls it, under its lock
  void setTimes(long nanos, boolean cancelled) {
    timeoutNanos = nanos;
    callbackBarred = cancelled;
    deadlineNanos = job.engine.time.nanoTime() + nanos;
  }

  /**
   * Begins it.
   *
   * @param waits whether the caller waits, and ends it at its deadline
   */
  void begin(boolean waits) {
    logNanos = timeoutNanos;
    if (job.settings.afterLog != null) {
      long share = Math.max(timeoutNanos / AFTER_LOG_SHARE, AFTER_LOG_NANOS);
      logNanos -= Math.min(share, timeoutNanos / 2);
    }
    long logDeadline = deadlineNanos - timeoutNanos + logNanos;
    List<Sink> sinks = job.sinks;
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).beginEnd(logDeadline);
    }
    boolean drained = job.closeStreams();
    boolean sent = job.isAccountClosed();
    if (!sent) {
      set(logTimer, logNanos / 2);
    }
    if (!sent || !waits) {
      set(this, timeoutNanos);
    }
    if (!drained) {
      job.drainToTheEnd();
    }
    if (job.isAllSent()) {
      logOver(false); // both streams were closed, and all was sent, before
    }
  }

  private void beLate() {
    List<Sink> sinks = job.sinks;
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).beLate();
    }
  }

  /** What is due is known by the clock, so that a step that had no memory may be taken again. */
  private void logTimeGoes() {
    long gone = job.engine.time.nanoTime() - (deadlineNanos - timeoutNanos);
    if (gone >= logNanos) {
      logOver(true);
      return;
    }
    long threeQuarters = logNanos / 4 * 3;
    set(logTimer, (gone < threeQuarters ? threeQuarters : logNanos) - gone);
    beLate();
  }

  private void set(Timer timer, long nanos) {
    job.lock.lock();
    try {
      if (!timersEnded) {
        job.engine.time.set(timer, nanos);
      }
    } finally {
      job.lock.unlock();
    }
  }

  /** Whether somebody waits whom {@link Job#close} cancels. */
  boolean hasCallers() {
    job.lock.lock();
    try {
      return callers > 0;
    } finally {
      job.lock.unlock();
    }
  }

  void callerComes() {
    countCallers(1);
  }

  void callerGoes() {
    countCallers(-1);
  }

  private void countCallers(int more) {
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

  void allSent() {
    logOver(false);
  }

  /**
   * Closes the account, once, and goes on to what comes after the log. Whoever comes second waits
   * for the report, which takes no foreign code.
   */
  private void logOver(boolean timeIsUp) {
    Closing next;
    boolean closes = false;
    account.lock();
    try {
      if (job.isAccountClosed()) {
        return;
      }
      closes = true;
      job.closeAccount();
      next = prepared;
      next.inTime = job.engine.time.nanoTime() - deadlineNanos < 0;
      job.lock.lock();
      try {
        closing = next;
      } finally {
        job.lock.unlock();
      }
    } finally {
      account.unlock();
      if (closes) {
        job.interruptCalls(); // also after a failure: who waits for the lock tries the rest again
      }
    }
    // Where no thread is to be had for it, one for drains will do.
    boolean started = job.engine.closings.execute(next) || job.engine.drains.execute(next);
    if (!started) {
      job.log.warn("{}: no thread to be had to close its senders and processors", null, null);
      over();
    } else if (timeIsUp && job.settings.afterLog == null) {
      next.giveUp();
      over();
    }
  }

  /** The deadline has come. */
  @Override
  void run() {
    timeUp();
  }

  /** Ends the job now: at its deadline, or because it is cancelled. */
  void timeUp() {
    job.lock.lock();
    try {
      callbackBarred = true; // before there is a closing, which begins on a thread of its own
    } finally {
      job.lock.unlock();
    }
    logOver(true);
    Closing last = closing();
    if (last != null) {
      last.giveUp();
    }
    over();
  }

  private void over() {
    job.lock.lock();
    try {
      if (timersEnded) {
        return;
      }
      timersEnded = true;
      job.engine.time.cancel(logTimer);
      job.engine.time.cancel(this);
    } finally {
      job.lock.unlock();
    }
    job.over();
    over.countDown();
  }

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
    LogReport made = job.balanceNow();
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

  private @Nullable Closing closing() {
    job.lock.lock();
    try {
      return closing;
    } finally {
      job.lock.unlock();
    }
  }

  /** Whether a thread is in what comes after the log. */
  boolean isOn(Thread thread) {
    Closing last = closing();
    return last != null && last.isOn(thread);
  }

  /**
   * What comes after the log: closes processors and senders, then reports the outcome if there is
   * time.
   */
  private final class Closing extends WorkerPool.Work implements Job.Occupation {
    private boolean inTime;

    @GuardedBy("job.lock")
    private @Nullable Thread thread;

    /** Whose call is under way. */
    @GuardedBy("job.lock")
    private Object owner = this;

    @GuardedBy("job.lock")
    private boolean givenUp;

    /** Whether the call under way is counted as abandoned. */
    @GuardedBy("job.lock")
    private boolean abandoned;

    @Override
    void run() {
      try {
        for (int i = 0; i < job.settings.processors.size(); i++) {
          attempt("processor", job.settings.processors.get(i));
        }
        for (int i = 0; i < job.settings.senders.size(); i++) {
          attempt("sender", job.settings.senders.get(i));
        }
        if (job.settings.afterLog != null && inTime) {
          attempt("callback after the log", job.settings.afterLog);
        }
      } finally {
        over();
      }
    }

    private void call(Object whose) throws Exception {
      if (whose == job.settings.afterLog) {
        job.settings.afterLog.run(job.finalReport());
      } else if (whose instanceof LogProcessor processor) {
        processor.close();
      } else if (whose instanceof BatchSender sender) {
        sender.close();
      }
    }

    /**
     * Runs one call. After the time is up a close begins interrupted, and a callback does not
     * begin.
     */
    private void attempt(String what, Object whose) {
      if (!begin(whose)) {
        return;
      }
      try {
        call(whose);
      } catch (Throwable e) {
        warn(what, whose, e);
      } finally {
        end(whose);
      }
    }

    private void warn(String what, Object whose, Throwable e) {
      if (whose instanceof LogProcessor) { // it has seen lines before they were masked
        job.log.warnUnseen("{}: a {} failed at the end of its job: {}, at {}", what, e);
      } else {
        job.log.warn("{}: a {} failed at the end of its job", what, e);
      }
    }

    private boolean begin(Object whose) {
      Thread self = Thread.currentThread();
      boolean late;
      job.lock.lock();
      try {
        if (whose == job.settings.afterLog && callbackBarred) {
          return false;
        }
        thread = self;
        owner = whose;
        late = givenUp;
      } finally {
        job.lock.unlock();
      }
      if (late) {
        self.interrupt();
      }
      return true;
    }

    private void end(Object whose) {
      boolean counted;
      job.interrupts.lock();
      try {
        job.lock.lock();
        try {
          counted = abandoned;
          abandoned = false;
          thread = null;
        } finally {
          job.lock.unlock();
        }
        Thread.interrupted();
      } finally {
        job.interrupts.unlock();
      }
      if (counted) {
        job.engine.callReturned(whose);
      }
    }

    /** Interrupts the call under way and gives it up, and what comes after it. */
    void giveUp() {
      Thread running;
      job.lock.lock();
      try {
        if (givenUp) {
          return;
        }
        givenUp = true;
        running = thread == Thread.currentThread() ? null : thread;
        if (running != null) {
          abandoned = true;
          job.engine.abandoned.add(owner);
        }
      } finally {
        job.lock.unlock();
      }
      if (running != null) {
        job.interruptIfOn(this, running);
        job.engine.closings.replace(running, this);
      }
    }

    @Override
    public boolean isOn(Thread other) {
      job.lock.lock();
      try {
        return thread == other;
      } finally {
        job.lock.unlock();
      }
    }
  }
}
