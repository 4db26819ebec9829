package dev.logweir;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The life of a job, from start to final report: the only place that has it, whatever feeds the job
 * and however many sinks it has. Its end is a {@link JobEnd}.
 */
final class Job {
  /** A sink has a batch being assembled, a queue of two, and a batch being sent. */
  private static final int SINK_PLACES = 4;

  private static final int REPORT_TRIES = 50;
  private static final long REPORT_PAUSE_NANOS = 10_000_000L;

  enum State {
    NEW,
    STARTING,
    RUNNING,
    ENDING,
    OVER
  }

  final LogweirEngine engine;
  final JobSettings settings;
  final String name;

  /** Tells of what fails in the job's own course: its drain, its end, its pumps. */
  final FailureLog log;

  volatile List<Sink> sinks = List.of();
  final List<BatchSender> senders;
  final List<LogProcessor> processors;
  final LogStreamer.@Nullable AfterLog afterLog;
  private @Nullable JobDrain drain;

  final MemoryLock lock = new MemoryLock();
  private volatile State state = State.NEW;
  private volatile boolean linesWait;
  private @Nullable JobEnd ending;

  /** There from the start, as an end must come also where there is no memory for it. */
  private final JobEnd prepared;

  private final LogReport unknownReport;
  private long maxRetainedBytes;
  private final List<SourceEnd> badEnds = new ArrayList<>(0);
  private int pumps;
  private int mostPumps;

  /** How many sinks have sent all that they ever will. */
  private int doneSinks;

  Job(
      LogweirEngine engine,
      JobSettings settings,
      List<BatchSender> senders,
      List<LogProcessor> processors,
      LogStreamer.@Nullable AfterLog afterLog) {
    this.engine = engine;
    this.settings = settings;
    name = settings.name == null ? engine.nextJobName() : settings.name;
    log = engine.log(LogStreamer.class, name);
    this.senders = senders;
    this.processors = processors;
    this.afterLog = afterLog;
    prepared = new JobEnd(this);
    unknownReport = LogReport.unknown(name, senders.size());
  }

  State state() {
    return state;
  }

  boolean hasRun() {
    return !sinks.isEmpty();
  }

  /**
   * Starts the job.
   *
   * @param fixed heap bytes of its fixed part: everything but the places
   * @param streams whether it has streams of its own
   * @throws IllegalStateException if it was started before, the engine is closed, the budget has no
   *     room for the job's reserve, or too many abandoned calls stand in the way of a processor or
   *     listener
   * @throws IllegalArgumentException if the bound of a sender is too small
   */
  void start(List<LogListener> listeners, boolean streams, long fixed) {
    processors.forEach(processor -> checkLimit("a processor", processor));
    listeners.forEach(listener -> checkLimit("a listener", listener));
    advance(State.NEW, State.STARTING);
    SegmentPool pool = engine.pool(settings.maxSize);
    MemoryBudget budget = engine.budget();
    long reserve = (senders.size() + (streams ? 2L : 0L)) * pool.nominal();
    boolean reserved = false;
    boolean registered = false;
    boolean started = false;
    try {
      if (budget != null && !budget.take(reserve)) {
        throw new IllegalStateException(
            "the budget must have room for the job's reserve of "
                + reserve
                + " B: "
                + (budget.limitBytes() - budget.usedBytes()));
      }
      reserved = true;
      List<Sink> made = open(streams, pool, budget);
      JobDrain jobDrain = streams ? open(made, listeners, pool, budget) : null;
      engine.register(this);
      registered = true;
      run(made, jobDrain, maxBytes(made.size(), streams, fixed));
      started = true;
    } finally {
      if (!started) {
        if (registered) {
          engine.unregister(this);
        }
        if (budget != null && reserved) {
          budget.give(reserve);
        }
        startFailed();
      }
    }
  }

  private void checkLimit(String what, Object owner) {
    if (engine.abandoned.isAtLimit(owner)) {
      throw new IllegalStateException(
          what + " must have less than " + AbandonedCalls.LIMIT + " abandoned calls");
    }
  }

  private void advance(State from, State to) {
    lock.lock();
    try {
      if (state != from) {
        throw new IllegalStateException("start must come once, and before finish");
      }
      state = to;
    } finally {
      lock.unlock();
    }
  }

  /** Lets nobody see a sink or stream of a job that does not run: it may have ended meanwhile. */
  private void run(List<Sink> made, @Nullable JobDrain jobDrain, long bytes) {
    lock.lock();
    try {
      advance(State.STARTING, State.RUNNING);
      drain = jobDrain;
      sinks = made; // last: who sees sinks sees the drain
      maxRetainedBytes += bytes;
    } finally {
      lock.unlock();
    }
  }

  private void startFailed() {
    lock.lock();
    try {
      if (state == State.STARTING) {
        state = State.NEW;
      }
    } finally {
      lock.unlock();
    }
  }

  private List<Sink> open(boolean streams, SegmentPool pool, @Nullable MemoryBudget budget) {
    List<Sink> made = new ArrayList<>(senders.size());
    for (BatchSender sender : senders) {
      RecentLines recent =
          streams && made.isEmpty() ? new RecentLines(settings.recentLineBytes) : null;
      Sink sink = new Sink(this, sender, new SegmentAccount(pool, budget), recent);
      if (sink.maxLineBytes() < JobSettings.MIN_LINE) {
        throw new IllegalArgumentException(
            "maxBatchBytes must have room for a fragment of 256 B and a marker: "
                + sender.maxBatchBytes());
      }
      made.add(sink);
    }
    return List.copyOf(made);
  }

  private JobDrain open(
      List<Sink> made,
      List<LogListener> listeners,
      SegmentPool pool,
      @Nullable MemoryBudget budget) {
    JobDrain jobDrain =
        new JobDrain(
            this, new SegmentAccount(pool, budget), new SegmentAccount(pool, budget), budget);
    jobDrain.prepare(made, processors, listeners);
    return jobDrain;
  }

  JobDrain streams() {
    JobDrain streams = drain;
    if (streams == null) {
      throw new IllegalStateException("start must come first");
    }
    return streams;
  }

  long maxBytes(int sinkCount, boolean streams, long fixed) {
    long places = (streams ? 2L : 0L) + (long) SINK_PLACES * sinkCount;
    return places * settings.maxSize + fixed;
  }

  long maxRetainedBytes() {
    lock.lock();
    try {
      return maxRetainedBytes;
    } finally {
      lock.unlock();
    }
  }

  /** A pump begins, with buffers of its own; as many as there ever are at once count. */
  void pumpBegins(long bytes) {
    lock.lock();
    try {
      pumps++;
      if (pumps > mostPumps) {
        mostPumps = pumps;
        maxRetainedBytes += bytes;
      }
    } finally {
      lock.unlock();
    }
  }

  /** A pump is through with a stream; what was not read to its end is in the report. */
  void sourceEnded(SourceEnd end) {
    lock.lock();
    try {
      if (end.kind() != SourceEnd.Kind.ENDED && badEnds.size() < LogReport.MAX_BAD_ENDS) {
        badEnds.add(end);
      }
    } finally {
      lock.unlock();
    }
  }

  private List<SourceEnd> badEnds() {
    lock.lock();
    try {
      return List.copyOf(badEnds);
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
    boolean ran;
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
      ran = state == State.RUNNING;
      state = State.ENDING;
    } finally {
      lock.unlock();
    }
    end.begin(ran, waits);
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
  void closeAccount() {
    List<Sink> all = sinks;
    if (all.isEmpty()) {
      return;
    }
    JobDrain streams = drain;
    lockAll();
    try {
      for (int i = 0; i < all.size(); i++) {
        Sink sink = all.get(i);
        if (streams == null) {
          sink.abort(0, 0);
        } else {
          sink.abort(streams.linesUnseenBy(sink), streams.bytesUnseenBy(sink));
        }
      }
      if (streams != null) {
        streams.markReported();
      }
      for (int i = 0; i < all.size(); i++) {
        all.get(i).close();
      }
    } finally {
      unlockAll();
      // With no lock held: an interrupt may run foreign code, and a thread takes its time to start.
      for (int i = 0; i < all.size(); i++) {
        all.get(i).interruptAbandoned();
      }
      // Last, so that a line in hand is not lost for a second reason: the interrupt.
      if (streams != null && !streams.giveUp()) {
        streams.discard(true);
      }
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

  // ---- looking at it ----

  LogReport report() {
    JobEnd end = ending();
    return end == null ? balanceNow() : end.report();
  }

  /** Returns the balance as it is; the final one once the account is closed. */
  LogReport balanceNow() {
    if (sinks.isEmpty()) {
      return emptyBalance(); // it may begin to run at any moment
    }
    lockAll();
    try {
      return balance();
    } finally {
      unlockAll();
    }
  }

  private LogReport emptyBalance() {
    SinkLedger nothing = new SinkLedger(engine.totals);
    SinkReport report = nothing.report(Tally.NONE, List.of(), Tally.NONE);
    return new LogReport(name, Collections.nCopies(senders.size(), report), badEnds());
  }

  private LogReport balance() {
    List<SinkReport> reports = new ArrayList<>(senders.size());
    for (Sink sink : sinks) {
      Tally held = sink.heldInBatches();
      if (drain == null) {
        reports.add(sink.ledger.report(sink.ledger.entered(), List.of(), held));
      } else {
        reports.add(
            sink.ledger.report(drain.accepted(), drain.dropped(), held.plus(drain.unseenBy(sink))));
      }
    }
    return new LogReport(name, reports, badEnds());
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
