package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The life of a job, from start to final report: the only place that has it, whatever feeds the job
 * and however many sinks it has. Its end is a {@link JobEnd}.
 */
final class Job {
  private static final int REPORT_TRIES = 50;
  private static final long REPORT_PAUSE_NANOS = 10_000_000L;

  enum State {
    RUNNING,
    ENDING,
    OVER
  }

  final LogweirEngine engine;
  final JobSettings settings;
  final String name;

  /** Tells of what fails in the job's own course: its drain, its end, its pumps. */
  final FailureLog log;

  final List<Sink> sinks;

  /** Null of a job without streams of its own. */
  private final @Nullable JobDrain drain;

  final MemoryLock lock = new MemoryLock();

  /**
   * Guards the thread of a pass, or of what comes after the log, against an interrupt that comes
   * after it. Apart from the job's lock, and before it: an interrupt may run foreign code.
   */
  final MemoryLock interrupts = new MemoryLock();

  private volatile State state = State.RUNNING;
  private volatile boolean linesWait;

  @GuardedBy("lock")
  private @Nullable JobEnd ending;

  /** There from the start, as an end must come also where there is no memory for it. */
  private final JobEnd prepared;

  private final LogReport unknownReport;

  @GuardedBy("lock")
  private long maxRetainedBytes;

  /** What stands in the markers of this job, which the job itself can't know. */
  final int markerToken;

  /** Null until there is one. */
  @GuardedBy("lock")
  private @Nullable List<SourceEnd> badEnds;

  /** Whether a pump of the standard output has ended. */
  @GuardedBy("lock")
  private boolean stdoutEnded;

  /** Whether a pump has begun in the command that the log is about. */
  @GuardedBy("lock")
  private boolean pumped;

  /** Whether another command began before one was proven to have ended. */
  @GuardedBy("lock")
  private boolean earlierUnproven;

  /** Whether the balance changes no more, and so nor does what is known of the end. */
  private volatile boolean accountClosed;

  /** The exit code that the log was told by its user, or -1. */
  @GuardedBy("lock")
  private int toldExitCode = -1;

  @GuardedBy("lock")
  private int pumps;

  @GuardedBy("lock")
  private int mostPumps;

  /** How many sinks have sent all that they ever will. */
  @GuardedBy("lock")
  private int doneSinks;

  private Job(LogweirEngine engine, JobSettings settings, boolean streams) {
    this.engine = engine;
    this.settings = settings;
    name = settings.name == null ? engine.nextJobName() : settings.name;
    log = engine.log(LogStreamer.class, name);
    maxRetainedBytes = settings.maxRetainedBytes(streams);
    SegmentPool pool = engine.pool(settings.maxSize);
    sinks = openSinks(streams, pool);
    drain = streams ? openStreams(pool) : null;
    prepared = new JobEnd(this);
    markerToken = Markers.Tokens.next();
    unknownReport = LogReport.unknown(name, sinks.size(), markerToken);
  }

  /**
   * Starts a job. If it fails, nothing of it is left, and nothing was closed.
   *
   * @param settings complete ones
   * @param streams whether it has streams of its own
   * @throws IllegalStateException if the engine is closed, the budget has no room for the job's
   *     reserve, or too many abandoned calls stand in the way of a processor or listener
   * @throws IllegalArgumentException if the bound of a sender is too small, or what a sender or
   *     processor says that it holds is negative
   */
  static Job start(JobSettings settings, boolean streams) {
    LogweirEngine engine = settings.engine();
    settings.processors.forEach(processor -> checkLimit(engine, "a processor", processor));
    settings.listeners.forEach(listener -> checkLimit(engine, "a listener", listener));
    MemoryBudget budget = engine.budget();
    long reserve = (long) settings.reservedPlaces(streams) * Segment.nominalFor(settings.maxSize);
    if (budget != null && !budget.take(reserve)) {
      throw new IllegalStateException(
          "the budget must have room for the job's reserve of "
              + reserve
              + " B: "
              + (budget.limitBytes() - budget.usedBytes()));
    }
    boolean started = false;
    try {
      Job job = new Job(engine, settings, streams);
      engine.register(job); // from now on others see it
      started = true;
      return job;
    } finally {
      if (!started && budget != null) {
        budget.give(reserve);
      }
    }
  }

  private static void checkLimit(LogweirEngine engine, String what, Object owner) {
    if (engine.abandoned.isAtLimit(owner)) {
      throw new IllegalStateException(
          what + " must have less than " + AbandonedCalls.LIMIT + " abandoned calls");
    }
  }

  State state() {
    return state;
  }

  private List<Sink> openSinks(boolean streams, SegmentPool pool) {
    List<Sink> made = new ArrayList<>(settings.senders.size());
    for (BatchSender sender : settings.senders) {
      RecentLines recent =
          streams && made.isEmpty() ? new RecentLines(settings.recentLineBytes) : null;
      Sink sink = new Sink(this, sender, new SegmentAccount(pool, engine.budget()), recent);
      if (sink.maxLineBytes() < JobSettings.MIN_LINE) {
        throw new IllegalArgumentException(
            "maxBatchBytes must have room for a fragment of 256 B and a marker: "
                + sender.maxBatchBytes());
      }
      made.add(sink);
    }
    return List.copyOf(made);
  }

  private JobDrain openStreams(SegmentPool pool) {
    MemoryBudget budget = engine.budget();
    return new JobDrain(
        this, new SegmentAccount(pool, budget), new SegmentAccount(pool, budget), budget);
  }

  /** Returns the drain of a job that has streams. */
  JobDrain streams() {
    return Objects.requireNonNull(drain);
  }

  long maxRetainedBytes() {
    lock.lock();
    try {
      return maxRetainedBytes;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A pump begins, with buffers of its own; as many as there ever are at once count. It is a
   * command of its own, if none was announced.
   */
  void pumpBegins(long bytes) {
    boolean proven = forgetExit();
    lock.lock();
    try {
      if (!accountClosed) {
        commandBegins(proven || !pumped);
        pumped = true;
      }
      pumps++;
      if (pumps > mostPumps) {
        mostPumps = pumps;
        maxRetainedBytes += bytes;
      }
    } finally {
      lock.unlock();
    }
  }

  /** What is written from now on is another command's. */
  void nextCommand() {
    boolean proven = forgetExit();
    lock.lock();
    try {
      if (!accountClosed) {
        commandBegins(proven);
        pumped = false;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns whether the marker of the command that was until now came. */
  private boolean forgetExit() {
    return !accountClosed && streams().stdout().forgetExit();
  }

  /** Of the command before only this stays: that its end was not proven. */
  @GuardedBy("lock")
  private void commandBegins(boolean earlierProven) {
    earlierUnproven |= !earlierProven;
    stdoutEnded = false;
    toldExitCode = -1;
  }

  /** A pump is through with a stream; what was not read to its end is in the report. */
  void sourceEnded(SourceEnd end) {
    lock.lock();
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
      lock.unlock();
    }
  }

  boolean isAccountClosed() {
    return accountClosed;
  }

  /** What a thread may be in, and be interrupted for. */
  interface Occupation {
    boolean isOn(Thread thread);
  }

  /** Interrupts a thread, unless it has left what it was in; not under the job's lock. */
  void interruptIfOn(Occupation occupation, Thread thread) {
    interrupts.lock();
    try {
      if (occupation.isOn(thread)) {
        thread.interrupt();
      }
    } finally {
      interrupts.unlock();
    }
  }

  void exited(int code) {
    lock.lock();
    try {
      if (!accountClosed) {
        toldExitCode = code;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether the ends of all commands are proven, or need not be. */
  private boolean isEndProven() {
    if (settings.exitMarker == null) {
      return true;
    }
    boolean proven = streams().stdout().exitCode() >= 0;
    lock.lock();
    try {
      return proven && !earlierUnproven;
    } finally {
      lock.unlock();
    }
  }

  LogEnd end() {
    int code = settings.exitMarker == null ? -1 : streams().stdout().exitCode();
    boolean ended = settings.exitMarker != null && streams().stdout().isClosed();
    lock.lock();
    try {
      if (code >= 0 || toldExitCode >= 0) {
        return LogEnd.exited(code >= 0 ? code : toldExitCode);
      }
      ended |= settings.exitMarker != null && stdoutEnded;
    } finally {
      lock.unlock();
    }
    return ended ? LogEnd.SEVERED : LogEnd.OPEN;
  }

  private List<SourceEnd> badEnds() {
    lock.lock();
    try {
      return badEnds == null ? List.of() : List.copyOf(badEnds);
    } finally {
      lock.unlock();
    }
  }

  /** Both readers of a pump have ended. */
  void pumpEnded() {
    lock.lock();
    try {
      pumps--;
    } finally {
      lock.unlock();
    }
  }

  // ---- while it runs ----

  void requestDrain() {
    if (drain != null) {
      drain.request();
    }
  }

  /** A send has ended: what waited for room goes on. */
  void roomFreed() {
    if (drain != null) {
      drain.requestOrRun();
    }
  }

  /** Whether a sink drops, as it has no room. */
  boolean isDropping() {
    List<Sink> all = sinks;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isDropping()) {
        return true;
      }
    }
    return false;
  }

  boolean isWaiting() {
    return linesWait;
  }

  /**
   * From now on lines wait where there is no room: also when the pump that asked for it has ended,
   * as what it read may still be in the buffers.
   */
  void linesWait() {
    linesWait = true;
  }

  /**
   * Sends what is complete in the streams and what is held in batches as soon as the senders are
   * free.
   *
   * @return whether all of it was sent in time
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean flush(long timeoutNanos) throws InterruptedException {
    if (isWithin()) {
      return false;
    }
    long deadline = engine.time.nanoTime() + timeoutNanos;
    if (drain != null) {
      drain.stdout().ask();
    }
    boolean sent = drain == null || drain.drainBy(deadline);
    List<Flush> flushes = new ArrayList<>(sinks.size());
    sinks.forEach(sink -> flushes.add(sink.flush()));
    try {
      for (Flush flush : flushes) {
        long left = Math.max(0, deadline - engine.time.nanoTime());
        sent &= engine.time.await(flush.over, left);
      }
    } finally {
      for (int i = 0; i < flushes.size(); i++) {
        sent &= sinks.get(i).forget(flushes.get(i));
      }
    }
    return sent;
  }

  // ---- the end ----

  /** Takes no more writes; returns whether what there was is drained, but for want of room. */
  boolean closeStreams() {
    return drain != null && drain.closeStreams();
  }

  /** Takes what is held to its end; an interrupt of the calling thread stays what it is. */
  void drainToTheEnd() {
    if (drain == null) {
      drained();
    } else if (drain.requestOrRun()) {
      Thread.currentThread().interrupt();
    }
  }

  /** Begins the end, waits for it up to the timeout, and returns the final report. */
  LogReport finish(long timeoutNanos) {
    boolean within = isWithin();
    JobEnd end = begin(timeoutNanos, !within, !within);
    if (!within) {
      end.await();
      end.callerGoes();
    }
    return finalReport();
  }

  /** Waits for the end that has begun, no longer than the engine has time for. */
  LogReport finishBy(long deadlineNanos) {
    beginEnd(Math.max(0, deadlineNanos - engine.time.nanoTime()), true).await(deadlineNanos);
    return finalReport();
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
        LockSupport.parkNanos(REPORT_PAUSE_NANOS);
      }
    }
    return unknownReport;
  }

  /** Ends the job; cancels the {@link #finish} that another thread is in. */
  void close() {
    JobEnd end = ending();
    boolean within = isWithin();
    if (end != null && end.hasCallers() && !within) {
      end.timeUp();
      return;
    }
    end = beginEnd(settings.timeoutNanos, !within);
    if (!within) {
      end.await();
    }
  }

  /**
   * Begins the end if it has not begun.
   *
   * @param waits whether the caller waits for it, and ends it at its deadline
   */
  JobEnd beginEnd(long timeoutNanos, boolean waits) {
    return begin(timeoutNanos, waits, false);
  }

  /**
   * Begins the end if it has not begun.
   *
   * @param waits whether the caller waits for it, and ends it at its deadline
   * @param counts whether {@link #close} cancels the caller's waiting, until told otherwise
   */
  private JobEnd begin(long timeoutNanos, boolean waits, boolean counts) {
    boolean cancelled = waits && Thread.currentThread().isInterrupted();
    JobEnd end;
    lock.lock();
    try {
      end = ending;
      boolean begins = end == null;
      if (end == null) {
        end = prepared;
        end.setTimes(timeoutNanos, cancelled);
        ending = end;
      }
      if (counts) {
        end.callerComes();
      }
      if (!begins) {
        return end;
      }
      state = State.ENDING;
    } finally {
      lock.unlock();
    }
    end.begin(waits);
    return end;
  }

  private @Nullable JobEnd ending() {
    lock.lock();
    try {
      return ending;
    } finally {
      lock.unlock();
    }
  }

  /** The streams are drained and the processors have said their last. */
  void drained() {
    List<Sink> all = sinks;
    // By index here and below: an iterator is an object, and there may be no memory for one.
    for (int i = 0; i < all.size(); i++) {
      all.get(i).noMore();
    }
  }

  /** One of the sinks has sent all that it ever will. */
  void sinkDone() {
    JobEnd end;
    lock.lock();
    try {
      doneSinks++;
      end = ending;
      if (end == null || doneSinks < sinks.size()) {
        return;
      }
    } finally {
      lock.unlock();
    }
    end.allSent();
  }

  boolean isAllSent() {
    lock.lock();
    try {
      return doneSinks == sinks.size();
    } finally {
      lock.unlock();
    }
  }

  void over() {
    lock.lock();
    try {
      state = State.OVER;
    } finally {
      lock.unlock();
    }
    engine.unregister(this);
  }

  /**
   * Ends the sinks where they stand, all in one moment; the balance changes no more. Takes no
   * memory, so that it comes to its end.
   */
  @SuppressWarnings("GuardedBy") // lockAll has the locks of all sinks
  void closeAccount() {
    List<Sink> all = sinks;
    JobDrain streams = drain;
    lockAll();
    try {
      if (streams != null) {
        streams.endAccounts();
      }
      for (int i = 0; i < all.size(); i++) {
        Sink sink = all.get(i);
        if (streams == null) {
          sink.abort(0, 0);
        } else {
          sink.abort(streams.linesUnseenBy(sink), streams.bytesUnseenBy(sink));
        }
      }
      for (int i = 0; i < all.size(); i++) {
        all.get(i).close();
      }
      accountClosed = true; // last: after a failure all of it is tried again
    } finally {
      unlockAll();
    }
  }

  /**
   * Interrupts the calls that were given up when the account was closed. With no lock held: an
   * interrupt may run foreign code, and a thread takes its time to start.
   */
  void interruptCalls() {
    List<Sink> all = sinks;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).interruptAbandoned();
    }
    // Last, so that a line in hand is not lost for a second reason: the interrupt.
    if (drain != null && !drain.giveUp()) {
      drain.discard(true);
    }
  }

  /** Whether the calling thread is in a processor, sender or callback of this job. */
  boolean isWithin() {
    Thread thread = Thread.currentThread();
    if (drain != null && drain.isOn(thread)) {
      return true;
    }
    List<Sink> all = sinks;
    for (int i = 0; i < all.size(); i++) {
      if (all.get(i).isCalling(thread)) {
        return true;
      }
    }
    JobEnd end = ending();
    return end != null && end.isOn(thread);
  }

  /** Whether what the calling thread says comes of this job's own calls, or tells of them. */
  boolean isOwnWord() {
    if (log.isTelling() || (drain != null && drain.lineLog.isTelling()) || isWithin()) {
      return true;
    }
    for (int i = 0; i < sinks.size(); i++) {
      if (sinks.get(i).isOwnWord()) {
        return true;
      }
    }
    return false;
  }

  // ---- looking at it ----

  LogReport report() {
    JobEnd end = ending();
    return end == null ? balanceNow() : end.report();
  }

  /** Returns the balance as it is; the final one once the account is closed. */
  LogReport balanceNow() {
    lockAll();
    try {
      return balance();
    } finally {
      unlockAll();
    }
  }

  @SuppressWarnings("GuardedBy") // lockAll has the locks of all sinks
  private LogReport balance() {
    List<SinkReport> reports = new ArrayList<>(sinks.size());
    for (Sink sink : sinks) {
      Tally held = sink.heldInBatches();
      if (drain == null) {
        reports.add(sink.ledger.report(sink.ledger.entered(), List.of(), held));
      } else {
        Tally marked = drain.marked();
        Tally undecided = drain.undecided();
        reports.add(
            sink.ledger.report(
                drain.accepted().plus(marked).plus(undecided),
                drain.dropped(),
                held.plus(drain.unseenBy(sink)).plus(undecided),
                marked));
      }
    }
    return new LogReport(name, reports, badEnds(), markerToken, end(), isEndProven());
  }

  long retainedBytes() {
    long bytes = drain == null ? 0 : drain.heldBytes();
    for (Sink sink : sinks) {
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
      drain.lockStreams();
    }
    List<Sink> all = sinks;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).lock.lock();
    }
  }

  private void unlockAll() {
    List<Sink> all = sinks;
    for (int i = 0; i < all.size(); i++) {
      all.get(i).lock.unlock();
    }
    if (drain != null) {
      drain.unlockStreams();
    }
  }
}
