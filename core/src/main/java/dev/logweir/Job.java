package dev.logweir;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a job, from start to final report: the only place that has it, whatever feeds the job
 * and however many sinks it has.
 *
 * <p>The end is one plan under one deadline. It begins once; then the streams are drained, the
 * processors ended, the batches sent; when that is through, or its time is up, the account is
 * closed; then processors and senders are closed and the outcome is reported; then the job is over.
 * Each step is taken by the event that completes the one before, so nobody waits but the callers of
 * {@link #finish}.
 */
final class Job {
  private static final Logger LOG = LoggerFactory.getLogger(LogStreamer.class);

  /** The share of the time kept for what comes after the log: a fifth or a second, at most half. */
  private static final long AFTER_LOG_SHARE = 5;

  private static final long AFTER_LOG_NANOS = 1_000_000_000L;

  /** A sink has a batch being assembled, a queue of two, and a batch being sent. */
  private static final int SINK_PLACES = 4;

  enum State {
    NEW,
    STARTING,
    RUNNING,
    ENDING,
    OVER
  }

  final LogweirEngine engine;
  final JobSettings settings;
  volatile List<Sink> sinks = List.of();
  private final List<BatchSender> senders;
  final List<LogProcessor> processors;
  private final LogStreamer.@Nullable AfterLog afterLog;
  private @Nullable JobDrain drain;

  final ReentrantLock lock = new ReentrantLock();
  private volatile State state = State.NEW;
  private volatile boolean linesWait;
  private @Nullable Ending ending;
  private long maxRetainedBytes;
  private boolean pumped;

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
    this.senders = senders;
    this.processors = processors;
    this.afterLog = afterLog;
  }

  /** What exists only from the beginning of the end on. */
  private static final class Ending {
    private final long deadlineNanos;
    private final ReentrantLock account = new ReentrantLock();
    private final CountDownLatch over = new CountDownLatch(1);
    private final List<Time.@Nullable Entry> timers = new ArrayList<>();
    private final AtomicInteger callers = new AtomicInteger();
    private @Nullable LogReport report;
    private @Nullable Closing closing;

    Ending(long deadlineNanos) {
      this.deadlineNanos = deadlineNanos;
    }
  }

  State state() {
    return state;
  }

  boolean hasStarted() {
    return state != State.NEW;
  }

  /**
   * Starts the job.
   *
   * @param fixed heap bytes of its fixed part: everything but the places
   * @param streams whether it has streams of its own
   * @throws IllegalStateException if it was started before, the engine is closed, the budget has no
   *     room for the job's reserve, or too many abandoned calls stand in the way of a processor
   * @throws IllegalArgumentException if the bound of a sender is too small
   */
  void start(List<LogListener> listeners, boolean streams, long fixed) {
    for (LogProcessor processor : processors) {
      if (engine.abandoned.isAtLimit(processor)) {
        throw new IllegalStateException(
            "a processor must have less than " + AbandonedCalls.LIMIT + " abandoned calls");
      }
    }
    advance(State.NEW, State.STARTING);
    SegmentPool pool = engine.pool(settings.maxSize);
    MemoryBudget budget = engine.budget();
    long reserve = (senders.size() + (streams ? 2L : 0L)) * pool.nominal();
    boolean reserved = false;
    boolean started = false;
    try {
      if (budget != null && !budget.take(reserve)) {
        throw new IllegalStateException(
            "the budget must have room for the job's reserve of "
                + reserve
                + " B: "
                + (budget.limit() - budget.used()));
      }
      reserved = true;
      open(listeners, streams, pool, budget);
      addBytes(maxBytes(senders.size(), streams, fixed));
      engine.register(this);
      started = true;
    } finally {
      if (!started) {
        sinks = List.of();
        drain = null;
        if (budget != null && reserved) {
          budget.give(reserve);
        }
      }
      advance(State.STARTING, started ? State.RUNNING : State.NEW);
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

  private void addBytes(long bytes) {
    lock.lock();
    try {
      maxRetainedBytes += bytes;
    } finally {
      lock.unlock();
    }
  }

  private void open(
      List<LogListener> listeners,
      boolean streams,
      SegmentPool pool,
      @Nullable MemoryBudget budget) {
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
    sinks = List.copyOf(made);
    if (streams) {
      JobDrain jobDrain =
          new JobDrain(
              this, new SegmentAccount(pool, budget), new SegmentAccount(pool, budget), budget);
      jobDrain.prepare(processors, listeners);
      drain = jobDrain;
    }
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

  /** A pump holds two buffers of its own, from the first on. */
  void addPumpBytes(long bytes) {
    lock.lock();
    try {
      if (!pumped) {
        pumped = true;
        addBytes(bytes);
      }
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

  // ---- the end ----

  /** Begins the end, waits for it up to the timeout, and returns the final report. */
  LogReport finish(long timeoutNanos) {
    Ending end = begin(timeoutNanos);
    if (!isWithin()) {
      end.callers.incrementAndGet();
      await(end, end.deadlineNanos);
      end.callers.decrementAndGet();
    }
    return report();
  }

  /** Waits for the end that has begun, no longer than the engine has time for. */
  LogReport finishBy(long deadlineNanos) {
    Ending end = begin(Math.max(0, deadlineNanos - engine.time.nanoTime()));
    if (!isWithin()) {
      await(end, Math.min(deadlineNanos, end.deadlineNanos));
    }
    return report();
  }

  private void await(Ending end, long deadlineNanos) {
    try {
      long left = deadlineNanos - engine.time.nanoTime();
      if (!engine.time.await(end.over, Math.max(0, left))) {
        timeUp(end);
      }
    } catch (InterruptedException e) {
      timeUp(end);
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the job; cancels the {@link #finish} that another thread is in. */
  void close() {
    Ending end;
    lock.lock();
    try {
      end = ending;
    } finally {
      lock.unlock();
    }
    if (end != null && end.callers.get() > 0 && !isWithin()) {
      timeUp(end);
    } else {
      finish(settings.timeoutNanos);
    }
  }

  /** Begins the end if it has not begun. */
  Ending begin(long timeoutNanos) {
    Ending end;
    boolean ran;
    lock.lock();
    try {
      if (ending != null) {
        return ending;
      }
      ran = state == State.RUNNING;
      long now = engine.time.nanoTime();
      end = new Ending(now + timeoutNanos);
      ending = end;
      state = State.ENDING;
    } finally {
      lock.unlock();
    }
    long logNanos = timeoutNanos;
    if (afterLog != null) {
      long share = Math.max(timeoutNanos / AFTER_LOG_SHARE, AFTER_LOG_NANOS);
      logNanos -= Math.min(share, timeoutNanos / 2);
    }
    long logDeadline = end.deadlineNanos - timeoutNanos + logNanos;
    for (Sink sink : sinks) {
      sink.beginEnd(logDeadline);
    }
    JobDrain streams = drain;
    if (streams != null) {
      streams.closeStreams();
    }
    timer(end, () -> sinks.forEach(Sink::beLate), logNanos / 2);
    timer(end, () -> logOver(end, true), logNanos);
    timer(end, () -> timeUp(end), timeoutNanos);
    if (!ran) {
      logOver(end, false);
    } else if (streams == null) {
      sinks.forEach(Sink::noMore);
    } else {
      streams.requestOrRun();
    }
    if (isAllSent()) {
      logOver(end, false); // both streams were closed, and all was sent, before
    }
    return end;
  }

  private void timer(Ending end, Runnable task, long nanos) {
    Time.Entry entry = engine.time.schedule(task, nanos);
    lock.lock();
    try {
      if (state != State.OVER) {
        end.timers.add(entry);
        return;
      }
    } finally {
      lock.unlock();
    }
    if (entry != null) {
      entry.cancel();
    }
  }

  /** The streams are drained and the processors have said their last. */
  void drained() {
    sinks.forEach(Sink::noMore);
  }

  /** One of the sinks has sent all that it ever will. */
  void sinkDone() {
    Ending end;
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
    logOver(end, false);
  }

  private boolean isAllSent() {
    lock.lock();
    try {
      return doneSinks == sinks.size();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Closes the account, once, and goes on to what comes after the log. Whoever comes second waits
   * for the report, which takes no foreign code.
   */
  private void logOver(Ending end, boolean timeIsUp) {
    Closing closing;
    end.account.lock();
    try {
      if (end.report != null) {
        return;
      }
      LogReport report = closeAccount();
      boolean inTime = !sinks.isEmpty() && engine.time.nanoTime() < end.deadlineNanos;
      closing = new Closing(end, report, inTime);
      lock.lock();
      try {
        end.report = report;
        end.closing = closing;
      } finally {
        lock.unlock();
      }
    } finally {
      end.account.unlock();
    }
    boolean started = engine.sends.execute(closing);
    if (!started || (timeIsUp && afterLog == null)) {
      over(end);
    }
  }

  /** Ends the job now: at its deadline, or because it is cancelled. */
  private void timeUp(Ending end) {
    logOver(end, true);
    giveUpClosing(end);
    over(end);
  }

  private void giveUpClosing(Ending end) {
    Closing closing;
    lock.lock();
    try {
      closing = end.closing;
    } finally {
      lock.unlock();
    }
    if (closing != null) {
      closing.giveUp();
    }
  }

  private void over(Ending end) {
    lock.lock();
    try {
      if (state == State.OVER) {
        return;
      }
      state = State.OVER;
      for (Time.Entry timer : end.timers) {
        if (timer != null) {
          timer.cancel();
        }
      }
    } finally {
      lock.unlock();
    }
    engine.unregister(this);
    end.over.countDown();
  }

  /** Ends the sinks where they stand and takes the final balance, all in one moment. */
  private LogReport closeAccount() {
    JobDrain streams = drain;
    boolean drainRuns = false;
    lockAll();
    try {
      for (Sink sink : sinks) {
        sink.abort(streams == null ? Tally.NONE : streams.unseenBy(sink));
      }
      LogReport report = balance();
      if (streams != null) {
        streams.markReported();
      }
      sinks.forEach(Sink::close);
      // Last, so that a line in hand is not lost for a second reason: the interrupt.
      drainRuns = streams != null && streams.giveUp();
      return report;
    } finally {
      unlockAll();
      if (streams != null && !drainRuns) {
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
    for (Sink sink : sinks) {
      if (sink.isCalling(thread)) {
        return true;
      }
    }
    lock.lock();
    try {
      return ending != null && ending.closing != null && ending.closing.isOn(thread);
    } finally {
      lock.unlock();
    }
  }

  // ---- looking at it ----

  LogReport report() {
    lock.lock();
    try {
      if (ending != null && ending.report != null) {
        return ending.report;
      }
    } finally {
      lock.unlock();
    }
    lockAll();
    try {
      return balance();
    } finally {
      unlockAll();
    }
  }

  private LogReport balance() {
    List<SinkReport> reports = new ArrayList<>(senders.size());
    if (sinks.isEmpty()) {
      SinkLedger nothing = new SinkLedger(engine.totals);
      SinkReport report = nothing.report(Tally.NONE, List.of(), Tally.NONE);
      return new LogReport(Collections.nCopies(senders.size(), report));
    }
    for (Sink sink : sinks) {
      Tally held = sink.heldInBatches();
      if (drain == null) {
        reports.add(sink.ledger.report(sink.ledger.entered(), List.of(), held));
      } else {
        reports.add(
            sink.ledger.report(drain.accepted(), drain.dropped(), held.plus(drain.unseenBy(sink))));
      }
    }
    return new LogReport(reports);
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
    for (Sink sink : sinks) {
      sink.lock.lock();
    }
  }

  private void unlockAll() {
    for (Sink sink : sinks) {
      sink.lock.unlock();
    }
    if (drain != null) {
      drain.unlockStreams();
    }
  }

  /**
   * What comes after the log: closes processors and senders, then reports the outcome if there is
   * time.
   */
  private final class Closing extends WorkerPool.Work {
    private final Ending end;
    private final LogReport report;
    private final boolean inTime;
    private @Nullable Thread thread;
    private boolean givenUp;

    Closing(Ending end, LogReport report, boolean inTime) {
      this.end = end;
      this.report = report;
      this.inTime = inTime;
    }

    @Override
    void run() {
      lock.lock();
      try {
        thread = Thread.currentThread();
      } finally {
        lock.unlock();
      }
      for (LogProcessor processor : processors) {
        attempt("processor", processor::close);
      }
      for (BatchSender sender : senders) {
        attempt("sender", sender::close);
      }
      boolean skip;
      lock.lock();
      try {
        skip = givenUp;
      } finally {
        lock.unlock();
      }
      LogStreamer.AfterLog after = afterLog;
      if (after != null && inTime && !skip) {
        attempt("callback after the log", () -> after.run(report));
      }
      lock.lock();
      try {
        thread = null;
        Thread.interrupted();
      } finally {
        lock.unlock();
      }
      over(end);
    }

    private void attempt(String what, ThrowingRunnable action) {
      try {
        action.run();
      } catch (Throwable e) {
        LOG.warn("A {} failed at the end of its job", what, e);
      }
    }

    void giveUp() {
      lock.lock();
      try {
        givenUp = true;
        if (thread != null && thread != Thread.currentThread()) {
          thread.interrupt();
        }
      } finally {
        lock.unlock();
      }
    }

    boolean isOn(Thread other) {
      lock.lock();
      try {
        return thread == other;
      } finally {
        lock.unlock();
      }
    }
  }

  /** An action that may throw anything. */
  private interface ThrowingRunnable {
    void run() throws Exception;
  }
}
