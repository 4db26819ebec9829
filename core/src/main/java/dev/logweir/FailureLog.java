package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Logs the library's failures in the program's log; no other class of core calls a logger.
 *
 * <p>Failures of one subject are a streak: the first is a WARN, at most one a minute, those after
 * it are DEBUG, and the streak's end is an INFO that has what was lost. Of a long streak the first
 * four are logged, and then one each time their number has doubled. That also ends a loop: where an
 * appender ships this very log, each message is a line whose sending may fail in turn, and sooner
 * or later a failure is not logged.
 *
 * <p>A logger, its appenders and an exception's methods are foreign code: whatever they throw is
 * swallowed here, as a failed message must have no other effect. Thread-safe. To be called with no
 * lock held.
 */
final class FailureLog {
  /*
   * One lock guards the streaks of all subjects. It is a static one, as most jobs never fail and
   * need no lock of their own for it; it is held for a few assignments, and never in a call of the
   * logger.
   *
   * A message is told after that, with no lock held. So two threads may tell in another order than
   * that in which they counted.
   */

  /** The logger of what fails in a job's own course: named for the type that its user knows. */
  static final String JOB = "dev.logweir.LogStreamer";

  /** From one WARN of a subject to the next. */
  static final long WARN_NANOS = TimeUnit.MINUTES.toNanos(1);

  private static final int ALWAYS_TOLD = 4;
  private static final String NOT_DELIVERED = "{}: {} of {} bytes of a batch were not delivered";

  /** Guards the streaks of all subjects: it is taken for a moment, and only where things fail. */
  private static final MemoryLock LOCK = new MemoryLock(LockOrder.Level.LEAF);

  private final Loggers loggers;
  private final String category;
  private final Object subject;

  /** Made for the first failure, under the lock: most subjects have none. */
  private volatile @Nullable Streak streak;

  /** The thread that is in a call of the logger. */
  private volatile @Nullable Thread teller;

  /** Where messages go, and the time by which their rate is bounded. */
  record Loggers(ILoggerFactory factory, EngineTime time) {}

  /** What is known of the streak under way, or the last one. */
  private static final class Streak {
    private volatile boolean failing;

    /** Whether its WARN was logged. */
    @GuardedBy("LOCK")
    private boolean told;

    @GuardedBy("LOCK")
    private boolean warned;

    @GuardedBy("LOCK")
    private long warnedNanos;

    /** Failures since the last WARN, in however many streaks. */
    @GuardedBy("LOCK")
    private int failures;

    /** What was lost since the last INFO. */
    @GuardedBy("LOCK")
    private long lostBytes;
  }

  /**
   * @param category the name of the logger
   * @param subject what it is about, such as a job: its text begins each message
   */
  FailureLog(Loggers loggers, String category, Object subject) {
    this.loggers = loggers;
    this.category = category;
    this.subject = subject;
  }

  /** Whether the calling thread is in a logger that this object has called. */
  boolean isTelling() {
    return teller == Thread.currentThread();
  }

  // ---- streaks ----

  /**
   * Logs a failure in which some bytes of a batch were lost, with its cause. For a {@link
   * SendException} a WARN has only the message, as its sender chose it: most are a state of the
   * network, to which a stack trace adds nothing; that is at DEBUG.
   *
   * @param last whether it is the last that there can be: then it is a WARN at any time
   */
  void notDelivered(long lost, long bytes, Throwable cause, boolean last) {
    try {
      Level level = next(lost, last);
      if (level == Level.WARN && cause instanceof SendException) {
        String why = Thrown.message(cause);
        tell(level, null, NOT_DELIVERED + ": {}", lost, bytes, why == null ? "" : why);
        tell(Level.DEBUG, cause, NOT_DELIVERED, lost, bytes);
      } else if (level != null) {
        tell(level, cause, NOT_DELIVERED, lost, bytes);
      }
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /**
   * Logs a failure with its cause.
   *
   * @param format what it was, with a place for the subject
   */
  void failed(String format, @Nullable Throwable cause) {
    try {
      Level level = next(0, false);
      if (level != null) {
        tell(level, cause, format);
      }
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /**
   * Logs a failure without its message, which may have a job's text in it.
   *
   * @param format what it was, with places for the subject, the exception's class and where it was
   *     thrown
   */
  void failedUnseen(String format, Throwable cause) {
    try {
      Level level = next(0, false);
      if (level != null) {
        String rest = level == Level.WARN ? "; further ones of this job at DEBUG" : "";
        tell(level, null, format + rest, Thrown.type(cause), Thrown.place(cause));
      }
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /**
   * Logs that a streak has ended, if there is one.
   *
   * @param format what goes on, with places for the subject and the bytes lost
   */
  void goesOn(String format) {
    Streak last = streak;
    if (last == null || !last.failing) {
      return;
    }
    try {
      long lost = end(last);
      if (lost >= 0) {
        tell(Level.INFO, null, format, lost);
      }
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /** Counts a failure; returns the level at which it is logged, null if it is not. */
  private @Nullable Level next(long lost, boolean last) {
    long now = loggers.time.nanoTime();
    LOCK.lock();
    try {
      Streak at = streak;
      if (at == null) {
        at = new Streak();
        streak = at;
      }
      at.failing = true;
      at.lostBytes += lost;
      boolean due = !at.told && (!at.warned || now - at.warnedNanos >= WARN_NANOS);
      if (due || last) {
        at.told = true;
        at.warned = true;
        at.warnedNanos = now;
        at.failures = 1;
        return Level.WARN;
      }
      at.failures = Math.max(at.failures, at.failures + 1);
      boolean shown = at.failures <= ALWAYS_TOLD || Integer.bitCount(at.failures) == 1;
      return shown ? Level.DEBUG : null;
    } finally {
      LOCK.unlock();
    }
  }

  /** Ends the streak; returns what was lost, less than 0 if its beginning was not logged. */
  private static long end(Streak last) {
    LOCK.lock();
    try {
      last.failing = false;
      if (!last.told) {
        return -1;
      }
      last.told = false;
      long lost = last.lostBytes;
      last.lostBytes = 0;
      return lost;
    } finally {
      LOCK.unlock();
    }
  }

  // ---- messages that stand alone ----

  /**
   * Logs what happens a few times at most.
   *
   * @param format with a place for the subject, and one more if there is a detail
   * @param cause shown with its stack trace
   */
  void warn(String format, @Nullable Object detail, @Nullable Throwable cause) {
    try {
      if (detail == null) {
        tell(Level.WARN, cause, format);
      } else {
        tell(Level.WARN, cause, format, detail);
      }
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /**
   * As {@link #warn}, without the text of the cause.
   *
   * @param format with places for the subject, the detail, the exception's class and where it was
   *     thrown
   */
  void warnUnseen(String format, Object detail, Throwable cause) {
    try {
      tell(Level.WARN, null, format, detail, Thrown.type(cause), Thrown.place(cause));
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  void debug(String format, Object first, Object second) {
    try {
      tell(Level.DEBUG, null, format, first, second);
    } catch (Throwable ignored) {
      // No memory, or no stack left, for a message.
    }
  }

  /** Skips what comes from within a call of the logger, such as an appender that fails here. */
  private void tell(Level level, @Nullable Throwable cause, String format, Object... details) {
    if (isTelling()) {
      return;
    }
    assert LockOrder.CHECK.isFree();
    teller = Thread.currentThread();
    try {
      Logger logger = loggers.factory.getLogger(category);
      if (!LogLevels.isEnabled(logger, level)) {
        return;
      }
      Object[] arguments = new Object[details.length + (cause == null ? 1 : 2)];
      arguments[0] = subject.toString();
      System.arraycopy(details, 0, arguments, 1, details.length);
      String text = format;
      if (cause != null) {
        boolean sound = Thrown.isSound(cause);
        arguments[details.length + 1] = sound ? cause : Thrown.describe(cause);
        text = sound ? format : format + ": {}";
      }
      LogLevels.log(logger, level, text, arguments);
    } catch (Throwable ignored) {
      // Foreign code: a message costs itself.
    } finally {
      if (isTelling()) { // else another thread has begun to tell
        teller = null;
      }
    }
  }
}
