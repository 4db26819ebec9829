package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The places where a job holds something: its two streams, if it has streams of its own, and its
 * sinks. Steps over all of them, and steps that need all their locks, are here.
 */
final class JobPlaces {
  /*
   * The lists never change. All locks are taken outermost first: standard output, standard error,
   * the sinks in their order.
   *
   * Loops go by index: an iterator is an object, and there may be no memory for one.
   */

  private final JobContext job;

  /** Null of a job without streams of its own. */
  final @Nullable JobDrain drain;

  final List<Sink> sinks;
  private final JobSources sources;

  JobPlaces(JobContext job, @Nullable JobDrain drain, List<Sink> sinks, JobSources sources) {
    this.job = job;
    this.drain = drain;
    this.sinks = sinks;
    this.sources = sources;
  }

  // ---- while it runs ----

  /** Whether a sink drops, as it has no room. */
  boolean isDropping() {
    for (int i = 0; i < sinks.size(); i++) {
      if (sinks.get(i).isDropping()) {
        return true;
      }
    }
    return false;
  }

  /** Whether a thread is in a processor or sender. */
  boolean isOn(Thread thread) {
    if (drain != null && drain.isOn(thread)) {
      return true;
    }
    for (int i = 0; i < sinks.size(); i++) {
      if (sinks.get(i).isCalling(thread)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the calling thread logs a failure of a processor or sender, or is in a sender. */
  boolean isOwnWord() {
    if (drain != null && drain.lineLog.isTelling()) {
      return true;
    }
    for (int i = 0; i < sinks.size(); i++) {
      if (sinks.get(i).isOwnWord()) {
        return true;
      }
    }
    return false;
  }

  // ---- its end; see JobEnd ----

  /** From now on lines wait for room, up to a deadline. */
  void beginEnd(long deadlineNanos) {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).beginEnd(deadlineNanos);
    }
  }

  /** Takes no more writes; returns whether what there was is drained, but for want of room. */
  boolean closeStreams() {
    return drain != null && drain.closeStreams();
  }

  /** Takes what is held to its end; an interrupt of the calling thread stays what it is. */
  void drainToTheEnd() {
    if (drain == null) {
      noMore();
    } else if (drain.requestOrRun()) {
      Thread.currentThread().interrupt();
    }
  }

  /** Nothing more comes to the sinks. */
  void noMore() {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).noMore();
    }
  }

  /** Much of the time is gone: a sink that is in the way of the others gives way. */
  void beLate() {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).beLate();
    }
  }

  /**
   * Ends the sinks where they stand, all in one moment; the balance changes no more. Takes no
   * memory, so that it comes to its end.
   */
  @SuppressWarnings("GuardedBy") // lockAll has the locks of all streams and sinks
  void closeAccount() {
    lockAll();
    try {
      if (drain != null) {
        drain.stdout().endAccount();
        drain.stderr().endAccount();
      }
      for (int i = 0; i < sinks.size(); i++) {
        Sink sink = sinks.get(i);
        sink.abort(unseenLines(sink), unseenBytes(sink));
      }
      for (int i = 0; i < sinks.size(); i++) {
        sinks.get(i).close();
      }
      job.closeAccount(); // last: after a failure all of it is tried again
    } finally {
      unlockAll();
    }
  }

  /**
   * Interrupts the calls that were given up when the account was closed. With no lock held: an
   * interrupt may run foreign code, and a thread takes its time to start.
   */
  void interruptCalls() {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).interruptAbandoned();
    }
    // Last, so that a line in hand is not lost for a second reason: the interrupt.
    if (drain != null && !drain.giveUp()) {
      drain.discard(true);
    }
  }

  // ---- looking at it ----

  /** Returns the balance as it is; the final one once the account is closed. */
  LogReport balance() {
    lockAll();
    try {
      List<SinkReport> reports = new ArrayList<>(sinks.size());
      for (int i = 0; i < sinks.size(); i++) {
        reports.add(balance(sinks.get(i)));
      }
      return new LogReport(
          job.name(),
          reports,
          sources.badEnds(),
          job.markerToken,
          new KnownEnd(sources.end(), sources.isEndProven()));
    } finally {
      unlockAll();
    }
  }

  /** What proves the end counts as accepted, and then as filtered, or as held if it may yet. */
  @SuppressWarnings("GuardedBy") // lockAll has the locks of all streams and sinks
  private SinkReport balance(Sink sink) {
    Tally held = sink.heldInBatches();
    if (drain == null) {
      return sink.ledger.report(sink.ledger.entered(), List.of(), held);
    }
    SafeBuffer stdout = drain.stdout();
    Tally marked = stdout.marked();
    Tally undecided = new Tally(0, stdout.undecidedBytes());
    StreamLedger out = stdout.store.ledger();
    StreamLedger err = drain.stderr().store.ledger();
    return sink.ledger.report(
        out.accepted().plus(err.accepted()).plus(marked).plus(undecided),
        List.of(out.dropped(), err.dropped()),
        held.plus(new Tally(unseenLines(sink), unseenBytes(sink))).plus(undecided),
        marked);
  }

  /** Returns what was accepted and not dropped, and has not come to a sink yet. */
  @SuppressWarnings("GuardedBy") // lockAll has the locks of all streams and sinks
  private long unseenLines(Sink sink) {
    return drain == null
        ? 0
        : drain.stdout().store.ledger().keptLines()
            + drain.stderr().store.ledger().keptLines()
            - sink.ledger.enteredLines();
  }

  @SuppressWarnings("GuardedBy") // lockAll has the locks of all streams and sinks
  private long unseenBytes(Sink sink) {
    return drain == null
        ? 0
        : drain.stdout().store.ledger().keptBytes()
            + drain.stderr().store.ledger().keptBytes()
            - sink.ledger.enteredBytes();
  }

  long retainedBytes() {
    long bytes = drain == null ? 0 : drain.heldBytes();
    for (int i = 0; i < sinks.size(); i++) {
      Sink sink = sinks.get(i);
      sink.lock.lock();
      try {
        bytes += sink.heldBytes();
      } finally {
        sink.lock.unlock();
      }
    }
    return bytes;
  }

  private void lockAll() {
    if (drain != null) {
      drain.stdout().store.lock.lock();
      drain.stderr().store.lock.lock();
    }
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).lock.lock();
    }
  }

  private void unlockAll() {
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).lock.unlock();
    }
    if (drain != null) {
      drain.stderr().store.lock.unlock();
      drain.stdout().store.lock.unlock();
    }
  }
}
