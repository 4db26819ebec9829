package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * How far the drain of a job has come in its streams, and the callers that wait for that.
 * Thread-safe.
 */
final class DrainProgress {
  /** The job's. */
  private final MemoryLock lock;

  @GuardedBy("lock")
  private long outTaken;

  @GuardedBy("lock")
  private long errTaken;

  /** How many passes have ended. */
  @GuardedBy("lock")
  private int passes;

  @GuardedBy("lock")
  private PassEnd last = PassEnd.TAKEN;

  /** Nothing more will be taken. */
  @GuardedBy("lock")
  private boolean over;

  /** Who waits with a deadline. */
  @GuardedBy("lock")
  private List<Watch> watches = List.of();

  DrainProgress(MemoryLock lock) {
    this.lock = lock;
  }

  /** Takes note of how far a pass came. */
  void taken(long outBytes, long errBytes) {
    lock.lock();
    try {
      outTaken = outBytes;
      errTaken = errBytes;
    } finally {
      lock.unlock();
    }
  }

  void passEnded(PassEnd end) {
    lock.lock();
    try {
      last = end;
      passes++;
      wakeWatches();
    } finally {
      lock.unlock();
    }
  }

  /** Nothing more will be taken: all callers stop waiting. */
  void end() {
    lock.lock();
    try {
      over = true;
      wakeWatches();
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void wakeWatches() {
    for (int i = 0; i < watches.size(); i++) {
      watches.get(i).look();
    }
  }

  /** Returns the goal that so many bytes of each stream be taken. */
  Goal goal(long outBytes, long errBytes) {
    lock.lock();
    try {
      return new Goal(outBytes, errBytes, passes);
    } finally {
      lock.unlock();
    }
  }

  /** Begins to watch for a goal; to be forgotten by {@link #forget}. */
  Watch watch(Goal goal) {
    Watch watch = new Watch(goal);
    lock.lock();
    try {
      if (watches.isEmpty()) {
        watches = new ArrayList<>(1);
      }
      watches.add(watch);
      watch.look();
    } finally {
      lock.unlock();
    }
    return watch;
  }

  void forget(Watch watch) {
    lock.lock();
    try {
      if (!watches.isEmpty()) {
        watches.remove(watch);
      }
    } finally {
      lock.unlock();
    }
  }

  /** That what there was at a moment be taken. */
  final class Goal implements DrainLoop.Goal {
    private final long outBytes;
    private final long errBytes;
    private final int begunPasses;

    private Goal(long outBytes, long errBytes, int begunPasses) {
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

    @Override
    public DrainLoop.Reach reach() {
      lock.lock();
      try {
        if (isReached()) {
          return DrainLoop.Reach.REACHED;
        }
        // Of two passes that have ended since, the second has seen it all.
        if (passes - begunPasses < 2 || last == PassEnd.MORE) {
          return DrainLoop.Reach.OPEN;
        }
        return last == PassEnd.TAKEN ? DrainLoop.Reach.REACHED : DrainLoop.Reach.MISSED;
      } finally {
        lock.unlock();
      }
    }
  }

  /** A caller that waits no longer than it has time for. */
  final class Watch {
    private final Goal goal;

    /** Comes down once the goal is reached, or never will be. */
    final CountDownLatch over = new CountDownLatch(1);

    private Watch(Goal goal) {
      this.goal = goal;
    }

    private void look() {
      lock.lock();
      try {
        if (DrainProgress.this.over || goal.isReached()) {
          over.countDown();
        }
      } finally {
        lock.unlock();
      }
    }
  }
}
