package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import org.jspecify.annotations.Nullable;

/**
 * What comes after the log of a job: closes processors and senders, then runs the callback if there
 * is time. On one thread for ends, which is interrupted and given up when the time is up.
 */
abstract class Closing extends Work implements JobContext.Occupation {
  /*
   * It is foreign code that runs here, under no lock. The job's lock guards which call is under way;
   * a thread is interrupted under JobContext.interrupts, so that the interrupt does not hit what it
   * does next. A call that ignores its interrupt is counted to its owner until it returns, and
   * another thread takes the place of its thread.
   *
   * The end of the job may come first: then each close begins interrupted, and the callback does
   * not begin.
   */

  private final JobContext job;

  /** Set once, before this is handed to its thread. */
  private boolean inTime;

  @GuardedBy("job.lock")
  private @Nullable Thread thread;

  /** Whose call is under way. */
  @GuardedBy("job.lock")
  private Object owner = this;

  /** The callback must not begin any more: the job is cancelled, or its time is up. */
  @GuardedBy("job.lock")
  private boolean callbackBarred;

  @GuardedBy("job.lock")
  private boolean givenUp;

  /** Whether the call under way is counted as abandoned. */
  @GuardedBy("job.lock")
  private boolean abandoned;

  Closing(JobContext job) {
    this.job = job;
  }

  /** Returns the report for the callback. */
  abstract LogReport report();

  /** All of it has come to its end. */
  abstract void closed();

  /**
   * Hands it to a thread.
   *
   * @param inTime whether there is time for the callback
   * @return false if no thread is to be had for it
   */
  boolean start(boolean inTime) {
    this.inTime = inTime;
    // If there is no thread for ends, one for drains will do.
    return job.engine.closings.execute(this) || job.engine.drains.execute(this);
  }

  @Override
  void run() {
    JobSettings settings = job.settings;
    try {
      for (int i = 0; i < settings.processors.size(); i++) {
        attempt("processor", settings.processors.get(i));
      }
      for (int i = 0; i < settings.senders.size(); i++) {
        attempt("sender", settings.senders.get(i));
      }
      if (settings.afterLog != null && inTime) {
        attempt("callback after the log", settings.afterLog);
      }
    } finally {
      closed();
    }
  }

  /** Runs one call. */
  private void attempt(String what, Object whose) {
    if (!begin(whose)) {
      return;
    }
    assert LockOrder.CHECK.isFree();
    try {
      call(whose);
    } catch (Throwable e) {
      warn(what, whose, e);
    } finally {
      end(whose);
    }
  }

  private void call(Object whose) throws Exception {
    if (whose == job.settings.afterLog) {
      job.settings.afterLog.run(report());
    } else if (whose instanceof LogProcessor processor) {
      processor.close();
    } else if (whose instanceof BatchSender sender) {
      sender.close();
    }
  }

  private void warn(String what, Object whose, Throwable e) {
    if (whose instanceof LogProcessor) { // it has seen lines before they were masked
      job.log.warnUnseen("{}: a {} failed at the end of its job: {}, at {}", what, e);
    } else {
      job.log.warn("{}: a {} failed at the end of its job", what, e);
    }
  }

  /** Takes note of a call that begins; false if it must not. */
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

  /** The callback does not begin any more, also if this has not begun. */
  void barCallback() {
    job.lock.lock();
    try {
      callbackBarred = true;
    } finally {
      job.lock.unlock();
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
