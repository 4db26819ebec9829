package dev.logweir.kubernetes;

/**
 * Ends an answer that brings nothing and never will: a half-open connection does not report a
 * server that is gone. While the container runs, a silent log is requested again from time to time,
 * which loses no line.
 */
final class LogWatch {
  private static final int MAX_QUIET_CHECKS = 3;

  private final PodLogStream stream;
  private final PodLogStream.Source source;
  private final long checkNanos;
  private final WatchTimer timer = new WatchTimer();

  /** Of the check alone, one at a time. */
  private long reads = -1;

  private int quietChecks;

  LogWatch(PodLogStream stream, PodLogStream.Source source, long checkNanos) {
    this.stream = stream;
    this.source = source;
    this.checkNanos = checkNanos;
  }

  void begin() {
    timer.schedule(this::check, checkNanos);
  }

  void end() {
    timer.end();
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
