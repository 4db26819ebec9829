package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Work that any thread may request and one at a time does, in passes: the scheduling of a job's
 * drain, which knows nothing of what a pass does.
 *
 * <p>The first request hands it to a thread; others find it requested already. A request that comes
 * while it runs makes it look once more. A write may take its place for a moment, if there is no
 * request.
 */
abstract class DrainLoop extends Work {
  /*
   * The state says who owns what is drained. It changes by compare-and-set, with no lock, so that a
   * write never waits for a drain. Only an owner sets it without a comparison: other threads only
   * move a RUNNING or DIRECT loop to its form with AGAIN.
   *
   *   IDLE ----------- request ------------> REQUESTED      the first to ask hands it to a thread
   *   REQUESTED ------ run, drainTo -------> RUNNING        drainTo and the end also take it from IDLE
   *   REQUESTED ------ no thread to be had > IDLE           the timer asks again
   *   RUNNING -------- request ------------> RUNNING_AGAIN
   *   RUNNING_AGAIN -- the pass has ended -> RUNNING        it looks once more
   *   RUNNING -------- nothing more -------> IDLE
   *   RUNNING -------- others wait --------> REQUESTED      after a bounded piece of work
   *   IDLE ----------- a write begins -----> DIRECT         its lines go past the buffer
   *   DIRECT --------- it ends ------------> IDLE
   *   DIRECT --------- request ------------> DIRECT_AGAIN
   *   DIRECT_AGAIN --- the write ends -----> REQUESTED      who asked comes before the next write
   *
   * No request is lost: it either finds REQUESTED or AGAIN, whose owner looks later, or makes the
   * state one of these. The thread that leaves RUNNING wakes the callers of drainTo.
   *
   * The lock is given. It guards the waiting callers and the retry. No pass runs under it.
   */

  enum State {
    /** No thread is at it, and there is no request. */
    IDLE,
    /** A thread of the pool will come; until then any other thread may begin in its place. */
    REQUESTED,
    /** A thread runs passes. */
    RUNNING,
    /** As RUNNING, with a request since: it must not end with IDLE. */
    RUNNING_AGAIN,
    /** A write is at it, and gives its lines to the sink itself. */
    DIRECT,
    /** As DIRECT, with a request since: a pass must come before the next write. */
    DIRECT_AGAIN
  }

  /** How far what a caller waits for has come. */
  enum Reach {
    /** That is not known yet. */
    OPEN,
    /** All of it was taken. */
    REACHED,
    /** A pass tried since, and could not take it. */
    MISSED
  }

  /** What a caller waits for. Thread-safe. */
  interface Goal {
    Reach reach();
  }

  /** Of the field itself: an object of its own would be one more of each idle job. */
  private static final AtomicReferenceFieldUpdater<DrainLoop, State> STATE =
      AtomicReferenceFieldUpdater.newUpdater(DrainLoop.class, State.class, "state");

  final MemoryLock lock;
  private final WorkerPool pool;
  private final EngineTime time;
  private volatile State state = State.IDLE;

  private final EngineTimer retry =
      new EngineTimer() {
        @Override
        public void run() {
          retry();
        }
      };

  @GuardedBy("lock")
  private @Nullable Condition idle;

  /** How many callers wait, and the goal of a single one; null if that is not known. */
  @GuardedBy("lock")
  private int waiting;

  @GuardedBy("lock")
  private @Nullable Goal awaited;

  @GuardedBy("lock")
  private boolean retrySet;

  private volatile boolean givenUp;

  /** A call in a pass was hit by an interrupt, or left one. The owner's. */
  private boolean interruptSeen;

  /**
   * @param pool whose threads run the passes
   */
  DrainLoop(MemoryLock lock, WorkerPool pool, EngineTime time) {
    this.lock = lock;
    this.pool = pool;
    this.time = time;
  }

  /** Takes a bounded piece; called by one thread at a time, with no lock. Must not throw. */
  abstract PassEnd pass();

  State state() {
    return state;
  }

  /** Moves the state, if it is what is expected; returns whether it did. */
  private boolean moves(State from, State to) {
    return STATE.compareAndSet(this, from, to);
  }

  // ---- asking for it ----

  /** Asks for a pass; false if no thread can be had for it. */
  boolean request() {
    while (true) {
      State now = state;
      switch (now) {
        case REQUESTED, RUNNING_AGAIN, DIRECT_AGAIN -> {
          return true;
        }
        case RUNNING -> {
          if (moves(now, State.RUNNING_AGAIN)) {
            return true;
          }
        }
        case DIRECT -> {
          if (moves(now, State.DIRECT_AGAIN)) {
            return true;
          }
        }
        case IDLE -> {
          if (moves(now, State.REQUESTED)) {
            return handOver();
          }
        }
      }
    }
  }

  /** Hands over what is asked for; false if there is no thread to be had. */
  private boolean handOver() {
    if (pool.execute(this)) {
      return true;
    }
    moves(State.REQUESTED, State.IDLE);
    retryLater();
    return false;
  }

  /** There was no thread or no memory: the timer asks again, as possibly nothing else does. */
  void retryLater() {
    lock.lock();
    try {
      if (!givenUp && !retrySet) {
        retrySet = true;
        time.set(retry, WorkerPool.RETRY_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  private void retry() {
    lock.lock();
    try {
      retrySet = false;
    } finally {
      lock.unlock();
    }
    request();
  }

  // ---- running ----

  @Override
  public void run() {
    if (moves(State.REQUESTED, State.RUNNING)) {
      interruptSeen = false; // the pool clears what is left on its own threads
      passes(true);
    }
  }

  /** Makes the calling thread the owner, unless another one is. */
  boolean takeOver() {
    return moves(State.IDLE, State.RUNNING) || moves(State.REQUESTED, State.RUNNING);
  }

  /**
   * Runs to the end on the calling thread, which has taken over.
   *
   * @return whether an interrupt came to that thread meanwhile, and was taken away
   */
  boolean runToEnd() {
    interruptSeen = false;
    passes(false);
    return interruptSeen;
  }

  /**
   * Asks for a pass; where no thread can be had for it, runs on the calling thread.
   *
   * @return whether an interrupt came to that thread meanwhile, and was taken away
   */
  boolean requestOrRun() {
    return !request() && takeOver() && runToEnd();
  }

  /** Goes on until there is no more to take or, if it gives way, until others wait. */
  private void passes(boolean givesWay) {
    boolean more = true;
    while (more) {
      if (pass() != PassEnd.MORE) {
        more = !moves(State.RUNNING, State.IDLE);
        if (more) {
          state = State.RUNNING;
        }
      } else if (givesWay && pool.hasWaiting() && giveWay()) {
        return;
      }
    }
    signalIdle();
  }

  /** Lets others go first; false if the rest is still for this thread, as no other is to be had. */
  private boolean giveWay() {
    state = State.REQUESTED;
    signalIdle();
    return pool.execute(this) || !moves(State.REQUESTED, State.RUNNING);
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

  /** An interrupt that a call left behind is not for the next one's. */
  void takeInterrupt() {
    if (Thread.interrupted()) {
      interruptLeft();
    }
  }

  /** The interrupt of this pass was ours: no other code must see it. */
  void forgetInterrupt() {
    interruptSeen = false;
    Thread.interrupted();
  }

  // ---- a write in its place ----

  /** Makes a write the owner; false if a pass is asked for or under way. */
  boolean beginDirect() {
    return moves(State.IDLE, State.DIRECT);
  }

  /**
   * Ends that.
   *
   * @param ask whether there is something left for a pass
   */
  void endDirect(boolean ask) {
    if (moves(State.DIRECT, State.IDLE)) {
      if (ask) {
        request();
      }
      return;
    }
    state = State.REQUESTED;
    signalIdle();
    handOver();
  }

  // ---- waiting for it ----

  /**
   * Runs on the calling thread, or waits for the thread that does, until a goal is reached: not
   * what comes meanwhile, or it would not return while writes go on.
   *
   * @return whether it was reached
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean drainTo(Goal goal) throws InterruptedException {
    while (!takeOver()) {
      if (!awaitIdle(goal)) {
        return false;
      }
      Reach reach = goal.reach();
      if (reach != Reach.OPEN) {
        return reach == Reach.REACHED;
      }
    }
    interruptSeen = false;
    boolean taken = passesUntil(goal);
    if (interruptSeen) {
      Thread.currentThread().interrupt(); // it may have been meant for the caller
    }
    return taken;
  }

  /** Goes on until the goal is reached, and leaves what came meanwhile to another thread. */
  private boolean passesUntil(Goal goal) {
    boolean looksAgain = true;
    while (true) {
      PassEnd end = pass();
      boolean more = end == PassEnd.MORE;
      if (!more && moves(State.RUNNING, State.IDLE)) {
        signalIdle();
        return end == PassEnd.TAKEN;
      }
      if (more ? goal.reach() != Reach.OPEN : !looksAgain) {
        state = State.REQUESTED;
        signalIdle();
        handOver();
        return more || end == PassEnd.TAKEN;
      }
      if (!more) {
        // For a little that was written meanwhile, that costs less than a thread.
        looksAgain = false;
        state = State.RUNNING;
      }
    }
  }

  /** Waits until no thread is at it or the goal is reached; false if the loop was given up. */
  private boolean awaitIdle(Goal goal) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (idle == null) {
        idle = lock.condition();
      }
      waiting++;
      try {
        while (!givenUp && askToBeWoken() && goal.reach() == Reach.OPEN) {
          awaited = goal;
          lock.await(idle);
        }
      } finally {
        waiting--;
        awaited = null;
      }
      return !givenUp;
    } finally {
      lock.unlock();
    }
  }

  /** Makes the thread that is at it signal its end; false if there is none. */
  private boolean askToBeWoken() {
    moves(State.DIRECT, State.DIRECT_AGAIN);
    State now = state;
    return now != State.IDLE && now != State.REQUESTED;
  }

  private void signalIdle() {
    lock.lock();
    try {
      wakeCallers();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Wakes the callers of {@link #drainTo} after a pass, if there is something for one of them to
   * see: to wake a thread costs more than many lines do.
   */
  @GuardedBy("lock")
  void passEnded() {
    Goal alone = waiting == 1 ? awaited : null;
    if (alone == null || alone.reach() != Reach.OPEN) {
      wakeCallers();
    }
  }

  /** Wakes the callers of {@link #drainTo}: no thread is at it, or it is given up. */
  @GuardedBy("lock")
  private void wakeCallers() {
    if (idle != null && waiting > 0) {
      idle.signalAll(); // each looks at its goal
    }
  }

  // ---- its end ----

  /** Whether no more is to be taken. */
  boolean isGivenUp() {
    return givenUp;
  }

  /** Nothing more is taken: no timer asks again, and all callers stop waiting. */
  @GuardedBy("lock")
  void stop() {
    givenUp = true;
    time.cancel(retry);
    wakeCallers();
  }
}
