package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of the ends of a job's sources: its pumps, and the commands that write one after
 * the other. Thread-safe.
 */
final class JobSources {
  /*
   * A command is proven to have ended if its marker came (SafeBuffer.exitCode), which is looked for
   * under the lock of the standard output. That lock comes before the job's, so that the marker is
   * asked for first, and what is known of it is kept under the job's lock then.
   *
   * Once the account is closed nothing changes here: the report is final.
   */

  private final JobContext job;

  /** Null of a job without streams of its own. */
  private final @Nullable SafeBuffer stdout;

  /** Null until there is one. */
  @GuardedBy("job.lock")
  private @Nullable List<SourceEnd> badEnds;

  /** Whether a pump of the standard output has ended. */
  @GuardedBy("job.lock")
  private boolean stdoutEnded;

  /** Whether a pump has begun in the command that the log is about. */
  @GuardedBy("job.lock")
  private boolean pumped;

  /** Whether another command began before one was proven to have ended. */
  @GuardedBy("job.lock")
  private boolean earlierUnproven;

  /** The exit code given to {@code exited}, or -1. */
  @GuardedBy("job.lock")
  private int toldExitCode = -1;

  @GuardedBy("job.lock")
  private int pumps;

  @GuardedBy("job.lock")
  private int mostPumps;

  JobSources(JobContext job, @Nullable SafeBuffer stdout) {
    this.job = job;
    this.stdout = stdout;
  }

  // ---- pumps ----

  /** A pump begins. It is a command of its own, if none was announced. */
  void pumpBegins() {
    boolean proven = forgetExit();
    job.lock.lock();
    try {
      if (!job.isAccountClosed()) {
        commandBegins(proven || !pumped);
        pumped = true;
      }
      pumps++;
      mostPumps = Math.max(mostPumps, pumps);
    } finally {
      job.lock.unlock();
    }
  }

  /** A pump is through with a stream; what was not read to its end is in the report. */
  void sourceEnded(SourceEnd end) {
    job.lock.lock();
    try {
      stdoutEnded |= end.source() == LogSource.STDOUT;
      if (end.kind() == SourceEnd.Kind.ENDED) {
        return;
      }
      List<SourceEnd> ends = badEnds;
      if (ends == null) {
        ends = new ArrayList<>(2);
        badEnds = ends;
      }
      if (ends.size() < LogReport.MAX_BAD_ENDS) {
        ends.add(end);
      }
    } finally {
      job.lock.unlock();
    }
  }

  /** Both readers of a pump have ended. */
  void pumpEnded() {
    job.lock.lock();
    try {
      pumps--;
    } finally {
      job.lock.unlock();
    }
  }

  /** Returns how many pumps there were at once at most: so many have buffers. */
  int mostPumps() {
    job.lock.lock();
    try {
      return mostPumps;
    } finally {
      job.lock.unlock();
    }
  }

  List<SourceEnd> badEnds() {
    job.lock.lock();
    try {
      return badEnds == null ? List.of() : List.copyOf(badEnds);
    } finally {
      job.lock.unlock();
    }
  }

  // ---- commands ----

  /** What is written from now on is another command's. */
  void nextCommand() {
    boolean proven = forgetExit();
    job.lock.lock();
    try {
      if (!job.isAccountClosed()) {
        commandBegins(proven);
        pumped = false;
      }
    } finally {
      job.lock.unlock();
    }
  }

  /** Returns whether the marker of the command that was until now came. */
  private boolean forgetExit() {
    return stdout != null && !job.isAccountClosed() && stdout.forgetExit();
  }

  /** Of the command before only this stays: that its end was not proven. */
  @GuardedBy("job.lock")
  private void commandBegins(boolean earlierProven) {
    earlierUnproven |= !earlierProven;
    stdoutEnded = false;
    toldExitCode = -1;
  }

  void exited(int code) {
    job.lock.lock();
    try {
      if (!job.isAccountClosed()) {
        toldExitCode = code;
      }
    } finally {
      job.lock.unlock();
    }
  }

  /** Whether the ends of all commands are proven, or need not be. */
  boolean isEndProven() {
    if (job.settings.exitMarker == null) {
      return true;
    }
    boolean proven = markedExitCode() >= 0;
    job.lock.lock();
    try {
      return proven && !earlierUnproven;
    } finally {
      job.lock.unlock();
    }
  }

  /** Returns the exit code that a marker had, -1 if none came. */
  private int markedExitCode() {
    return stdout == null ? -1 : stdout.exitCode();
  }

  /** Returns what is known of the end of the last command. */
  LogEnd end() {
    int code = markedExitCode();
    boolean marked = job.settings.exitMarker != null;
    boolean ended = marked && stdout != null && stdout.isClosed();
    job.lock.lock();
    try {
      if (code >= 0 || toldExitCode >= 0) {
        return LogEnd.exited(code >= 0 ? code : toldExitCode);
      }
      ended |= marked && stdoutEnded;
    } finally {
      job.lock.unlock();
    }
    return ended ? LogEnd.SEVERED : LogEnd.OPEN;
  }
}
