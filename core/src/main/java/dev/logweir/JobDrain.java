package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Takes what the streams of a job hold to its sinks, one thread at a time, in bounded pieces.
 *
 * <p>Writers ask for a drain; the first who does hands it to a thread, the others find it asked for
 * already. A request that comes while it runs makes it look once more. A write whose lines go
 * straight to the sink takes its place for that time.
 */
final class JobDrain extends WorkerPool.Work {
  /** Bytes of one stream taken before other jobs get their turn. */
  private static final int PIECE_BYTES = 64 << 10;

  /*
   * The state says who owns the drain: both StreamDrains and the reading side of both buffers. It
   * changes by compare-and-set, with no lock, so that a write never waits for a drain. Only an owner
   * sets it without a comparison: nobody else moves a drain that is RUNNING or AGAIN anywhere but to
   * AGAIN.
   *
   *   IDLE ------ request ----------------> REQUESTED    the first to ask hands it to a thread
   *   REQUESTED - run, drainNow ----------> RUNNING      drainNow and the end also take it from IDLE
   *   REQUESTED - no thread to be had ----> IDLE         the timer asks again
   *   RUNNING --- request ----------------> AGAIN
   *   AGAIN ----- the pass has ended -----> RUNNING      it looks once more
   *   RUNNING --- nothing more to take ---> IDLE
   *   RUNNING --- other jobs wait --------> REQUESTED    after a bounded piece of work
   *   IDLE ------ a write begins ---------> THROUGH      its lines go past the buffer
   *   THROUGH --- it ends ----------------> IDLE
   *   THROUGH --- request ----------------> AGAIN
   *   AGAIN ----- the write ends ---------> REQUESTED    who asked comes before the next write
   *
   * AGAIN keeps its owner, and only that owner knows whether it is a drain or a write. No request is
   * lost: it either finds REQUESTED or AGAIN, whose owner looks later, or makes the state one of
   * these. Whoever leaves RUNNING wakes the callers of drainNow.
   *
   * The lock is the job's. It guards what others ask of a pass: its thread, how far it came, who
   * waits for it. The fields without it are the owner's. No pass runs under it, as a pass calls
   * processors and takes the locks of buffers and sinks, which come before it.
   */

  private enum State {
    /** Nobody drains, and nobody has asked. */
    IDLE,
    /** A thread of the pool will drain; until then anybody else may begin in its place. */
    REQUESTED,
    /** A thread drains, and owns both streams. */
    RUNNING,
    /** As RUNNING or THROUGH, and somebody has asked since: the owner must not end with IDLE. */
    AGAIN,
    /** A write owns both streams, and gives its lines to the sink itself. */
    THROUGH
  }

  /** What a pass came to. */
  enum Outcome {
    /** There is more to take. */
    MORE,
    /** All that is complete was taken. */
    TAKEN,
    /** A sink has no room; it asks for the drain when there is. */
    BLOCKED,
    /** The budget, or the heap, has no segment for a sink. */
    NO_SEGMENT
  }

  final Job job;

  /** Tells of processors and listeners that throw. */
  final FailureLog lineLog;

  private final SafeBuffer stdout;
  private final SafeBuffer stderr;
  private final StreamDrain out;
  private final StreamDrain err;
  private final @Nullable MemoryBudget budget;
  private final MemoryBudget.@Nullable Waiter budgetRequest;

  private final AtomicReference<State> state = new AtomicReference<>(State.IDLE);
  private final MemoryLock lock;

  @GuardedBy("lock")
  private @Nullable Condition idle;

  @GuardedBy("lock")
  private @Nullable Thread runner;

  @GuardedBy("lock")
  private Time.@Nullable Entry retry;

  private final Runnable retryRun = this::retry;
  private volatile boolean givenUp;

  /** The end has interrupted the pass under way. */
  @GuardedBy("lock")
  private boolean interrupted;

  /** To whom the pass under way is counted as a call that hangs; null if it is not. */
  @GuardedBy("lock")
  private @Nullable Object countedTo;

  /** A call in a pass was hit by an interrupt, or left one. The owner's. */
  private boolean interruptSeen;

  /** How far the last pass came in each stream, for who waits for the drain. */
  @GuardedBy("lock")
  private long outTaken;

  @GuardedBy("lock")
  private long errTaken;

  /** How many passes have ended. */
  @GuardedBy("lock")
  private long passes;

  /** Who waits for the drain with a deadline. */
  @GuardedBy("lock")
  private final List<Watch> watches = new ArrayList<>(0);

  /**
   * Room for lines longer than what the engine lends has, once there was a pass; of the thread that
   * drains.
   */
  private @Nullable Scratch own;

  @GuardedBy("lock")
  private boolean ended;

  private volatile Outcome last = Outcome.TAKEN;

  /** Whether a pass ended for want of memory. The owner's. */
  private boolean memoryShort;

  /** Bytes taken of stderr since it was stdout's turn. The owner's. */
  private int ahead;

  /** Number of the last line given out. The owner's. */
  private long lastNumber;

  JobDrain(
      Job job,
      SegmentAccount outAccount,
      SegmentAccount errAccount,
      @Nullable MemoryBudget budget) {
    this.job = job;
    lineLog = job.engine.log(LogProcessor.class, job.name);
    this.budget = budget;
    budgetRequest = budget == null ? null : new MemoryBudget.Waiter(this::request);
    lock = job.lock;
    int maxSize = job.settings.maxSize;
    stdout = new SafeBuffer(this, outAccount, maxSize, job.engine.totals);
    stderr = new SafeBuffer(this, errAccount, maxSize, job.engine.totals);
    StreamView view = new StreamView();
    out = new StreamDrain(this, stdout, LogSource.STDOUT, view);
    err = new StreamDrain(this, stderr, LogSource.STDERR, view);
  }

  SafeBuffer stdout() {
    return stdout;
  }

  SafeBuffer stderr() {
    return stderr;
  }

  void prepare(List<Sink> sinks, List<LogProcessor> processors, List<LogListener> listeners) {
    out.prepare(sinks, processors, listeners);
    err.prepare(sinks, processors, listeners);
  }

  /** Asks for a drain; false if no thread can be had for it. */
  boolean request() {
    while (true) {
      State now = state.get();
      if (now == State.REQUESTED || now == State.AGAIN) {
        return true;
      }
      if (now == State.RUNNING || now == State.THROUGH) {
        if (state.compareAndSet(now, State.AGAIN)) {
          return true;
        }
      } else if (state.compareAndSet(State.IDLE, State.REQUESTED)) {
        return handOver();
      }
    }
  }

  /** No thread or memory could be had: the timer asks again, as the job may write no more. */
  private void retryLater() {
    lock.lock();
    try {
      if (!givenUp && retry == null) {
        retry = job.engine.time.schedule(retryRun, WorkerPool.RETRY_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void retry() {
    lock.lock();
    try {
      retry = null;
    } finally {
      lock.unlock();
    }
    request();
  }

  @Override
  void run() {
    if (state.compareAndSet(State.REQUESTED, State.RUNNING)) {
      interruptSeen = false; // the pool clears what is left on its own threads
      passes(true);
    }
  }

  /** Takes over the draining, unless another thread is at it. */
  private boolean takeOver() {
    return state.compareAndSet(State.IDLE, State.RUNNING)
        || state.compareAndSet(State.REQUESTED, State.RUNNING);
  }

  /** Takes over the draining for a write; false if a drain is asked for or under way. */
  boolean beginThrough() {
    return state.compareAndSet(State.IDLE, State.THROUGH);
  }

  /**
   * Gives the draining back.
   *
   * @param ask whether there is something left to drain
   */
  void endThrough(boolean ask) {
    if (state.compareAndSet(State.THROUGH, State.IDLE)) {
      if (ask) {
        request();
      }
      return;
    }
    state.set(State.REQUESTED); // who asked meanwhile comes before the next write
    signalIdle();
    handOver();
  }

  /** Hands the drain that is asked for to a thread; false if there is none to be had. */
  private boolean handOver() {
    if (job.engine.drains.execute(this)) {
      return true;
    }
    state.compareAndSet(State.REQUESTED, State.IDLE);
    retryLater();
    return false;
  }

  /** Goes on until there is no more to take or, if it gives way, until other jobs wait. */
  private void passes(boolean givesWay) {
    boolean more = true;
    while (more) {
      if (pass() != Outcome.MORE) {
        more = !state.compareAndSet(State.RUNNING, State.IDLE);
        if (more) {
          state.set(State.RUNNING);
        }
      } else if (givesWay && job.engine.drains.hasWaiting() && giveWay()) {
        return;
      }
    }
    signalIdle();
  }

  /**
   * Lets other jobs go first; false if the rest is still for this thread, as no other is to be had.
   */
  private boolean giveWay() {
    state.set(State.REQUESTED);
    signalIdle();
    return job.engine.drains.execute(this) || !state.compareAndSet(State.REQUESTED, State.RUNNING);
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
    Goal goal = new Goal(stdout.completeBytes(), stderr.completeBytes(), passes());
    while (!takeOver()) {
      if (!awaitIdle(goal)) {
        return false;
      }
      Boolean taken = goal.taken();
      if (taken != null) {
        return taken;
      }
    }
    interruptSeen = false;
    boolean taken = passesUntil(goal);
    if (interruptSeen) {
      Thread.currentThread().interrupt(); // it may have been meant for the caller
    }
    return taken;
  }

  /** What a caller of the drain waits for. */
  private final class Goal {
    private final long outBytes;
    private final long errBytes;
    private final long begunPasses;

    Goal(long outBytes, long errBytes, long begunPasses) {
      this.outBytes = outBytes;
      this.errBytes = errBytes;
      this.begunPasses = begunPasses;
    }

    boolean isReached() {
      lock.lock();
      try {
        return outTaken >= outBytes && errTaken >= errBytes;
      } finally {
        lock.unlock();
      }
    }

    /** Returns whether the drain has taken it; null as long as that is open. */
    @Nullable Boolean taken() {
      lock.lock();
      try {
        if (isReached()) {
          return true;
        }
        // Of two passes that have ended since, the second has seen it all.
        if (passes - begunPasses < 2 || last == Outcome.MORE) {
          return null;
        }
        return last == Outcome.TAKEN;
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Has a thread of the engine take what is complete now, also where it has to wait for room.
   *
   * @return whether it was taken in time
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean drainBy(long deadlineNanos) throws InterruptedException {
    Watch watch = new Watch(new Goal(stdout.completeBytes(), stderr.completeBytes(), passes()));
    lock.lock();
    try {
      watches.add(watch);
      watch.look();
    } finally {
      lock.unlock();
    }
    try {
      requestOrRun();
      long left = Math.max(0, deadlineNanos - job.engine.time.nanoTime());
      return job.engine.time.await(watch.over, left) && watch.goal.isReached();
    } finally {
      lock.lock();
      try {
        watches.remove(watch);
      } finally {
        lock.unlock();
      }
    }
  }

  /** A caller of the drain that waits no longer than it has time for. */
  private final class Watch {
    private final Goal goal;
    private final CountDownLatch over = new CountDownLatch(1);

    Watch(Goal goal) {
      this.goal = goal;
    }

    void look() {
      lock.lock();
      try {
        if (givenUp || ended || goal.isReached()) {
          over.countDown();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private long passes() {
    lock.lock();
    try {
      return passes;
    } finally {
      lock.unlock();
    }
  }

  /** Goes on until the goal is reached, and leaves what came meanwhile to another thread. */
  private boolean passesUntil(Goal goal) {
    boolean looksAgain = true;
    while (true) {
      Outcome outcome = pass();
      boolean more = outcome == Outcome.MORE;
      if (!more && state.compareAndSet(State.RUNNING, State.IDLE)) {
        signalIdle();
        return outcome == Outcome.TAKEN;
      }
      if (more ? goal.taken() != null : !looksAgain) {
        state.set(State.REQUESTED);
        signalIdle();
        handOver();
        return more || outcome == Outcome.TAKEN;
      }
      if (!more) {
        looksAgain =
            false; // for a little that was written meanwhile, that costs less than a thread
        state.set(State.RUNNING);
      }
    }
  }

  /**
   * A call in a pass was hit by an interrupt, or left one, which the next call is not to see:
   * unless it is the end's own.
   */
  void interruptLeft() {
    interruptSeen = true;
    if (givenUp) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Asks for a drain; where no thread can be had for it, drains on the calling thread.
   *
   * @return whether an interrupt came to that thread meanwhile, and was taken away
   */
  boolean requestOrRun() {
    if (request() || !takeOver()) {
      return false;
    }
    interruptSeen = false;
    passes(false);
    return interruptSeen;
  }

  /**
   * Waits until no thread drains or the one that does has reached the goal; false if it was given
   * up.
   */
  private boolean awaitIdle(Goal goal) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (idle == null) {
        idle = lock.condition();
      }
      while (!givenUp && willSignal() && goal.taken() == null) {
        lock.await(idle);
      }
      return !givenUp;
    } finally {
      lock.unlock();
    }
  }

  /** Sees to it that whoever drains says when that has ended; false if nobody does. */
  private boolean willSignal() {
    state.compareAndSet(State.THROUGH, State.AGAIN);
    State now = state.get();
    return now == State.RUNNING || now == State.AGAIN;
  }

  private void signalIdle() {
    lock.lock();
    try {
      if (idle != null) {
        idle.signalAll(); // callers of drainNow
      }
    } finally {
      lock.unlock();
    }
  }

  /** A pass that fails leaves nothing behind it: the drain can be asked for again. */
  private Outcome pass() {
    try {
      return onePass();
    } catch (Throwable e) {
      failed(e);
      return Outcome.BLOCKED;
    }
  }

  /** Such as no memory: the lines wait, and the timer asks for the next drain. */
  private void failed(Throwable e) {
    job.log.failedUnseen("{}: {} in a drain, at {}: the lines wait in their buffers", e);
    try {
      retryLater();
    } catch (Throwable ignored) {
      // The job's next write, or its end, asks too.
    }
  }

  private Outcome onePass() {
    lock.lock();
    try {
      if (givenUp || ended) {
        return Outcome.TAKEN;
      }
      runner = Thread.currentThread();
    } finally {
      lock.unlock();
    }
    long gifts = budget == null ? 0 : budget.gifts();
    memoryShort = false;
    Outcome outcome = isRefused() ? Outcome.BLOCKED : takeBoth();
    last = outcome;
    boolean discard = false;
    boolean over;
    Object counted;
    lock.lock();
    try {
      runner = null;
      counted = countedTo;
      countedTo = null;
      if (!givenUp) { // else what was in hand is lost: nobody is to be told that it was taken
        outTaken = out.takenBytes();
        errTaken = err.takenBytes();
      }
      passes++;
      if (idle != null) {
        idle.signalAll(); // callers of drainNow, who may have waited for no more than this
      }
      if (givenUp) {
        discard = true;
      } else if (outcome == Outcome.TAKEN && out.isEnded() && err.isEnded()) {
        ended = true;
      }
      over = ended;
      lookAtWatches();
      if (interrupted) {
        interrupted = false;
        interruptSeen = false;
        Thread.interrupted();
      }
    } finally {
      lock.unlock();
    }
    if (counted != null) {
      job.engine.callReturned(counted);
    }
    if (discard) {
      discard(true);
      return Outcome.TAKEN;
    }
    List<Sink> sinks = job.sinks;
    for (int i = 0; i < sinks.size(); i++) {
      sinks.get(i).passEnded();
    }
    if (outcome == Outcome.NO_SEGMENT && memoryShort) {
      retryLater();
    }
    if (outcome == Outcome.NO_SEGMENT && budget != null && budgetRequest != null) {
      budget.whenGiven(budgetRequest);
      if (isGivenUp()) {
        budget.forget(budgetRequest);
      } else if (budget.gifts() != gifts) {
        request();
      }
    }
    if (over) {
      own = null;
      job.drained();
    }
    return outcome;
  }

  private Outcome takeBoth() {
    Scratch lent = null;
    try {
      if (job.settings.maxLineBytes > JobSettings.DEFAULT_MAX_LINE) {
        return takeBoth(own());
      }
      lent = job.engine.takeScratch();
      return takeBoth(lent);
    } catch (Throwable e) {
      failed(e);
      return Outcome.BLOCKED;
    } finally {
      if (lent != null) {
        job.engine.giveScratch(lent);
      }
    }
  }

  /** A new one for each pass would cost more than the lines do. */
  private Scratch own() {
    Scratch scratch = own;
    if (scratch == null) {
      scratch = new Scratch(job.settings.maxLineBytes);
      own = scratch;
    }
    return scratch;
  }

  private Outcome takeBoth(Scratch scratch) {
    long millis = job.engine.time.currentTimeMillis();
    Outcome errors = err.pass(PIECE_BYTES, scratch, millis);
    // What there is of stderr goes first, but no more than a full buffer, or stdout had no turn.
    ahead += PIECE_BYTES;
    if (errors == Outcome.MORE && ahead < job.settings.maxSize) {
      return Outcome.MORE;
    }
    ahead = 0;
    boolean waits = errors == Outcome.BLOCKED || errors == Outcome.NO_SEGMENT;
    Outcome output = waits ? errors : out.pass(PIECE_BYTES, scratch, millis);
    if (errors == Outcome.MORE || output == Outcome.MORE) {
      return Outcome.MORE;
    }
    return output;
  }

  /** Nobody tells when there is memory again: the timer asks. */
  void memoryIsShort() {
    memoryShort = true;
  }

  /** Gives out the number of a line that begins. */
  long nextNumber() {
    return ++lastNumber;
  }

  long lastNumber() {
    return lastNumber;
  }

  void skipNumbers(long lines) {
    lastNumber += lines;
  }

  // ---- the job's side ----

  /**
   * Takes no more writes. Where nobody looks at lines, takes what there is at once, on the calling
   * thread, as that costs less than to wake another.
   *
   * @return whether it did
   */
  boolean closeStreams() {
    boolean here = out.callsNobody() && takeOver();
    stdout.close();
    stderr.close();
    if (here) {
      interruptSeen = false;
      passes(false);
      if (interruptSeen) {
        Thread.currentThread().interrupt(); // it is meant for the caller of the end
      }
    }
    return here;
  }

  /** Whether no more lines are to be taken. */
  boolean isGivenUp() {
    return givenUp;
  }

  @GuardedBy("lock")
  private void lookAtWatches() {
    for (int i = 0; i < watches.size(); i++) {
      watches.get(i).look();
    }
  }

  /** Stops draining; a drain under way is interrupted. Returns whether there is one. */
  boolean giveUp() {
    Thread running;
    lock.lock();
    try {
      givenUp = true;
      lookAtWatches();
      if (retry != null) {
        retry.cancel();
        retry = null;
      }
      if (idle != null) {
        idle.signalAll(); // callers of drainNow
      }
      running = runner;
      if (running == Thread.currentThread()) {
        running = null;
      }
      if (running != null) {
        interrupted = true;
        Object callee = callee();
        count(callee == null ? this : callee);
        running.interrupt();
      }
    } finally {
      lock.unlock();
    }
    if (budget != null && budgetRequest != null) {
      budget.forget(budgetRequest);
    }
    if (running != null) {
      job.engine.drains.replace(running, this);
    }
    return running != null;
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
  boolean hangs(Thread thread) {
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

  /** Whether too many calls of a processor hang: lines wait until one returns. */
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
    return false;
  }

  boolean isOn(Thread thread) {
    lock.lock();
    try {
      return runner == thread;
    } finally {
      lock.unlock();
    }
  }

  void lockStreams() {
    stdout.lock().lock();
    stderr.lock().lock();
  }

  void unlockStreams() {
    stderr.lock().unlock();
    stdout.lock().unlock();
  }

  /** What was accepted and not dropped, and has not come to a sink yet. Guarded by all locks. */
  Tally unseenBy(Sink sink) {
    return new Tally(linesUnseenBy(sink), bytesUnseenBy(sink));
  }

  @SuppressWarnings("GuardedBy") // all locks of the job are held
  long linesUnseenBy(Sink sink) {
    return stdout.keptLinesSoFar() + stderr.keptLinesSoFar() - sink.ledger.enteredLines();
  }

  @SuppressWarnings("GuardedBy") // all locks of the job are held
  long bytesUnseenBy(Sink sink) {
    return stdout.keptBytesSoFar() + stderr.keptBytesSoFar() - sink.ledger.enteredBytes();
  }

  @SuppressWarnings("GuardedBy") // all locks of the job are held
  Tally accepted() {
    return stdout.accepted().plus(stderr.accepted());
  }

  @SuppressWarnings("GuardedBy") // all locks of the job are held
  List<DropTallies> dropped() {
    List<DropTallies> tallies = new ArrayList<>(2);
    tallies.add(stdout.dropped());
    tallies.add(stderr.dropped());
    return tallies;
  }

  @SuppressWarnings("GuardedBy") // all locks of the job are held
  void markReported() {
    stdout.markReported();
    stderr.markReported();
  }

  void discard(boolean recycle) {
    stdout.discard(recycle);
    stderr.discard(recycle);
    out.forget();
    err.forget();
    own = null;
  }

  long heldBytes() {
    return stdout.heldBytes() + stderr.heldBytes();
  }
}
