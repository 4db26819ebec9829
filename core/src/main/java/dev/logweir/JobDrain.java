package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the streams of a job hold to its sinks, one thread at a time, in bounded pieces.
 *
 * <p>Whose turn it is says the {@link DrainLoop}; a pass takes a piece of each stream.
 */
final class JobDrain extends DrainContext implements JobContext.Occupation {
  /** Bytes taken before other jobs get their turn. */
  private static final int PIECE_BYTES = 64 << 10;

  /** What is due must not wait longer for slow processors. */
  private static final long PIECE_NANOS = 10_000_000L;

  /*
   * Who moves the loop's state to RUNNING or DIRECT owns both StreamDrains and the reading side of
   * both buffers. The lock is the job's. It guards what others ask of a pass: its thread, how far it
   * came, who waits for it. No pass runs under it, as a pass calls processors and takes the locks of
   * buffers and sinks, which come before it.
   *
   * A pass reads the turn and then takes the snapshots, so that it finds all lines of earlier turns in
   * them. It takes those, the earlier turn first, and what there is of the turn it read; what is of
   * later turns is for the pass that their writes ask for.
   */

  private final List<Sink> sinks;
  private final SafeBuffer stdout;
  private final SafeBuffer stderr;
  private final StreamDrain out;
  private final StreamDrain err;
  private final DrainProgress progress;

  @GuardedBy("lock")
  private @Nullable Thread runner;

  /** The end has interrupted the pass under way. */
  @GuardedBy("lock")
  private boolean interrupted;

  /** To whom the pass under way is counted as a call that hangs; null if it is not. */
  @GuardedBy("lock")
  private @Nullable Object countedTo;

  @GuardedBy("lock")
  private boolean ended;

  JobDrain(JobContext job, List<Sink> sinks, SegmentAccount outAccount, SegmentAccount errAccount) {
    super(job);
    this.sinks = sinks;
    progress = new DrainProgress(lock);
    JobSettings settings = job.settings;
    ExitMarker marker = settings.exitMarker;
    ExitScan exit = marker == null ? null : new ExitScan(marker, job.engine.totals);
    stdout = new SafeBuffer(this, store(outAccount, LogSource.STDOUT), exit);
    stderr = new SafeBuffer(this, store(errAccount, LogSource.STDERR), null);
    SinkIntake[] targets = sinks.stream().map(sink -> sink.intake).toArray(SinkIntake[]::new);
    out = stream(stdout.store, LogSource.STDOUT, targets);
    err = stream(stderr.store, LogSource.STDERR, targets);
    openDirectPaths();
  }

  private StreamStore store(SegmentAccount account, LogSource source) {
    LineOrder order = new LineOrder(this, source);
    return new StreamStore(account, job.settings.maxSize, order, job.engine.totals);
  }

  private StreamDrain stream(StreamStore store, LogSource source, SinkIntake[] targets) {
    List<LogProcessor> processors = job.settings.processors;
    LineFanOut target =
        new LineFanOut(this, source, targets, !processors.isEmpty(), job.settings.listeners);
    return new StreamDrain(this, store, source, target, processors);
  }

  private void openDirectPaths() {
    SinkIntake sink = out.directSink();
    if (sink != null && err.directSink() != null) {
      stdout.openDirectPath(new DirectPath(out, sink, stdout.store, stderr.store));
      stderr.openDirectPath(new DirectPath(err, sink, stderr.store, stdout.store));
    }
  }

  SafeBuffer stdout() {
    return stdout;
  }

  SafeBuffer stderr() {
    return stderr;
  }

  /**
   * Drains on the calling thread, or waits for the thread that does, what is complete now: not what
   * comes meanwhile, or it would not return while somebody writes.
   *
   * @return whether that was taken
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean drainNow() throws InterruptedException {
    if (job.isWithin()) {
      return false;
    }
    return drainTo(goal());
  }

  /** Returns the goal that all be taken that is complete now. */
  private DrainProgress.Goal goal() {
    return progress.goal(stdout.store.completeBytes(), stderr.store.completeBytes());
  }

  /**
   * Has a thread of the engine take what is complete now, also where it has to wait for room.
   *
   * @return whether it was taken in time
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean drainBy(long deadlineNanos) throws InterruptedException {
    DrainProgress.Goal goal = goal();
    DrainProgress.Watch watch = progress.watch(goal);
    try {
      requestOrRun();
      long left = Math.max(0, deadlineNanos - job.engine.time.nanoTime());
      return job.engine.time.await(watch.over, left) && goal.isReached();
    } finally {
      progress.forget(watch);
    }
  }

  /** A pass that fails leaves nothing behind it: the drain can be asked for again. */
  @Override
  PassEnd pass() {
    try {
      return onePass();
    } catch (Throwable e) {
      failed(e);
      return PassEnd.NO_ROOM;
    }
  }

  /**
   * Such as no memory: the lines wait, and the timer asks for the next drain. Must not throw, or
   * the loop would never be idle again; even the first use of a text in the code may want memory.
   */
  private void failed(Throwable e) {
    try {
      job.log.failedUnseen("{}: {} in a drain, at {}: the lines wait in their buffers", e);
    } catch (Throwable ignored) {
      // The lines wait all the same.
    }
    try {
      retryLater();
    } catch (Throwable ignored) {
      // The job's next write, or its end, asks too.
    }
  }

  private PassEnd onePass() {
    if (!beginPass()) {
      return PassEnd.TAKEN;
    }
    long gifts = budgetGifts();
    PassEnd end = isRefused() ? PassEnd.NO_ROOM : takeBoth();
    if (!endPass(end)) {
      discard(true);
      return PassEnd.TAKEN;
    }
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).passEnded();
    }
    if (end.lacksSegment()) {
      waitForSegments(end, gifts);
    }
    if (end == PassEnd.TAKEN && out.isEnded() && err.isEnded()) {
      dropScratch();
      job.drained();
    }
    return end;
  }

  /** Takes note of the thread; false if no more is to be taken. */
  private boolean beginPass() {
    lock.lock();
    try {
      if (isGivenUp() || ended) {
        return false;
      }
      runner = Thread.currentThread();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Tells the waiting callers how far the pass came; false if the drain was given up meanwhile. */
  private boolean endPass(PassEnd end) {
    Object counted;
    boolean goesOn;
    boolean hit;
    lock.lock();
    try {
      runner = null;
      counted = countedTo;
      countedTo = null;
      goesOn = !isGivenUp();
      if (goesOn) { // else what was in hand is lost, and must not be reported as taken
        progress.taken(out.takenBytes(), err.takenBytes());
        ended = end == PassEnd.TAKEN && out.isEnded() && err.isEnded();
      }
      progress.passEnded(end);
      passEnded();
      if (ended) {
        progress.end();
      }
      hit = interrupted;
      interrupted = false;
    } finally {
      lock.unlock();
    }
    if (hit) {
      takeInterruptAway();
    }
    if (counted != null) {
      job.engine.callReturned(counted);
    }
    return goesOn;
  }

  private PassEnd takeBoth() {
    Scratch lent = null;
    try {
      lent = takeScratch();
      return takeBoth(lent);
    } catch (Throwable e) {
      failed(e);
      return PassEnd.NO_ROOM;
    } finally {
      if (lent != null) {
        giveScratch(lent);
      }
    }
  }

  private PassEnd takeBoth(Scratch scratch) {
    int upTo = turn(); // before the snapshots
    long millis = job.engine.time.currentTimeMillis();
    try {
      out.begin(scratch, upTo, millis);
      err.begin(scratch, upTo, millis);
      return takeInOrder();
    } finally {
      // Also where memory ran out: what was taken is given back.
      out.end();
      err.end();
    }
  }

  /** Takes a piece of what the streams hold, the earlier turn first. */
  private PassEnd takeInOrder() {
    int left = PIECE_BYTES;
    long begun = out.isProcessed() ? job.engine.time.nanoTime() : 0;
    int outPlace = out.look();
    int errPlace = err.look();
    while (Math.min(outPlace, errPlace) <= 0) {
      boolean isOut = outPlace < errPlace;
      StreamDrain next = isOut ? out : err;
      StreamDrain other = isOut ? err : out;
      if (next.mayWait() && (other.mayWait() || Math.max(outPlace, errPlace) > 0)) {
        return PassEnd.TAKEN;
      }
      if (left <= 0) {
        return PassEnd.MORE;
      }
      if (isGivenUp()) {
        return PassEnd.NO_ROOM; // no further line is shown to what may hang on it again
      }
      PassEnd marked = other.markFailed();
      if (marked != PassEnd.TAKEN) {
        return marked;
      }
      long before = next.takenBytes();
      PassEnd taken = next.take();
      if (taken != PassEnd.TAKEN) {
        return taken;
      }
      left -= (int) Math.max(1, next.takenBytes() - before); // a gap has no bytes
      if (out.isProcessed() && job.engine.time.nanoTime() - begun > PIECE_NANOS) {
        left = 0;
      }
      if (isOut) {
        outPlace = out.look();
      } else {
        errPlace = err.look();
      }
    }
    return PassEnd.TAKEN;
  }

  // ---- the job's side ----

  /**
   * Takes no more writes. Without processors and listeners, takes what there is at once, on the
   * calling thread, as that costs less than to wake another.
   *
   * @return whether it did
   */
  boolean closeStreams() {
    boolean here = out.runsNoForeignCode() && takeOver();
    stdout.close();
    stderr.close();
    if (here && runToEnd()) {
      Thread.currentThread().interrupt(); // it is meant for the caller of the end
    }
    return here;
  }

  /** Stops draining; a drain under way is interrupted. Returns whether there is one. */
  boolean giveUp() {
    Thread running;
    lock.lock();
    try {
      stop();
      progress.end();
      running = runner;
      if (running == Thread.currentThread()) {
        running = null;
      }
      if (running != null) {
        interrupted = true;
        Object callee = callee();
        count(callee == null ? this : callee);
      }
    } finally {
      lock.unlock();
    }
    forgetBudget();
    if (running != null) {
      job.interruptIfOn(this, running);
      job.engine.drains.replace(running, this);
    }
    return running != null;
  }

  /** The pass has ended: the interrupt that was on its way to it has come by now, or never does. */
  private void takeInterruptAway() {
    job.interrupts.lock();
    try {
      forgetInterrupt();
    } finally {
      job.interrupts.unlock();
    }
  }

  /** Counts the pass under way as one that hangs, to the owner. */
  @GuardedBy("lock")
  private void count(Object owner) {
    if (countedTo == null) {
      countedTo = owner;
      job.engine.abandoned.add(owner);
    }
  }

  /** Returns whose call is under way, null if none is. */
  private @Nullable Object callee() {
    Object callee = err.callee();
    return callee == null ? out.callee() : callee;
  }

  @Override
  boolean countAsHanging(Thread thread) {
    lock.lock();
    try {
      Object callee = callee();
      if (runner == thread && countedTo == null && callee != null) {
        count(callee);
      }
      return runner == thread && countedTo != null && countedTo != this;
    } finally {
      lock.unlock();
    }
  }

  /** Whether too many calls of a processor, or of a sender in a drain, hang: lines wait. */
  private boolean isRefused() {
    AbandonedCalls abandoned = job.engine.abandoned;
    if (abandoned.count() < AbandonedCalls.LIMIT) {
      return false;
    }
    // By index: an iterator takes memory, and nothing here may fail.
    List<LogProcessor> processors = job.settings.processors;
    for (int i = 0; i < processors.size(); i++) {
      if (abandoned.isAtLimit(processors.get(i))) {
        return true;
      }
    }
    for (int i = 0; i < sinks.size(); i++) {
      if (abandoned.isAtLimit(sinks.get(i).intake.bound())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public boolean isOn(Thread thread) {
    lock.lock();
    try {
      return runner == thread;
    } finally {
      lock.unlock();
    }
  }

  void discard(boolean recycle) {
    stdout.discard(recycle);
    stderr.discard(recycle);
    dropScratch();
  }

  long heldBytes() {
    return stdout.store.heldBytes() + stderr.store.heldBytes();
  }
}
