package dev.logweir.kubernetes;

import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Ends an answer that brings nothing and never will: a half-open connection says nothing of a
 * server that is gone. Where the container still runs, a log that is quiet is asked for anew now
 * and then, which costs no line.
 */
final class LogWatch {
  private static final int MAX_QUIET_CHECKS = 3;

  private final PodLogStream stream;
  private final PodLogStream.Source source;
  private final long checkNanos;
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable ScheduledFuture<?> check;
  private boolean over;

  /** Of the check alone, one at a time. */
  private long reads = -1;

  private int quietChecks;

  LogWatch(PodLogStream stream, PodLogStream.Source source, long checkNanos) {
    this.stream = stream;
    this.source = source;
    this.checkNanos = checkNanos;
  }

  void begin() {
    lock.lock();
    try {
      if (!over) {
        check = ExecTimer.schedule(this::check, checkNanos);
      }
    } finally {
      lock.unlock();
    }
  }

  void end() {
    lock.lock();
    try {
      over = true;
      if (check != null) {
        check.cancel(false);
      }
    } finally {
      lock.unlock();
    }
  }

  private void check() {
    try {
      long now = stream.reads();
      boolean quiet = stream.isReading() && now == reads;
      reads = now;
      quietChecks = quiet ? quietChecks + 1 : 0;
      if (quiet && (quietChecks >= MAX_QUIET_CHECKS || isOver(source.look()))) {
        quietChecks = 0;
        stream.drop();
      }
    } finally {
      begin();
    }
  }

  private static boolean isOver(PodLook look) {
    return look.isOver() || look.state() == PodLook.State.POD_GONE;
  }
}
