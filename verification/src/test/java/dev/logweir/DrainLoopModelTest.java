package dev.logweir;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The drain's machine alone: no request is lost, and it has one owner at a time. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class DrainLoopModelTest {
  /** A loop whose passes take what was left for them, some of it at a time. */
  private static final class Loop extends DrainLoop {
    final AtomicInteger left = new AtomicInteger();
    final AtomicInteger owners = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();

    Loop(Models.HandedOver threads) {
      super(new MemoryLock(LockOrder.Level.JOB), pool(threads), new Models.StandingTime());
    }

    private static WorkerPool pool(Models.HandedOver threads) {
      WorkerPool pool = new WorkerPool(threads, 1, 0, null);
      pool.close(); // a thread ends where there is no more work
      return pool;
    }

    @Override
    PassEnd pass() {
      own();
      int before = left.get();
      left.addAndGet(-Math.min(2, before));
      disown();
      return before > 2 ? PassEnd.MORE : PassEnd.TAKEN;
    }

    void own() {
      most.accumulateAndGet(owners.incrementAndGet(), Math::max);
    }

    void disown() {
      owners.decrementAndGet();
    }
  }

  /** Writes that ask, writes in the drain's place, and threads that run what was asked for. */
  public static final class Asked {
    private final Models.HandedOver threads = new Models.HandedOver();
    private final Loop loop = new Loop(threads);

    @Operation
    public void request() {
      loop.left.incrementAndGet();
      loop.request();
    }

    @Operation
    public void writeDirect() {
      if (loop.beginDirect()) {
        loop.own();
        loop.left.incrementAndGet();
        loop.disown();
        loop.endDirect(true);
      }
    }

    @Operation
    public void run() {
      threads.runOne();
    }

    @Operation
    public void runHere() {
      loop.requestOrRun();
    }

    @Validate
    public void nothingIsLeft() {
      threads.runAll();
      Models.require(loop.left.get() == 0, "all is taken: " + loop.left);
      Models.require(loop.most.get() <= 1, "one owner at a time: " + loop.most);
      Models.require(loop.state() == DrainLoop.State.IDLE, "it ends: " + loop.state());
    }
  }

  @Test
  void whoeverAsks_isHeardByTheOneOwner() {
    Models.check(Asked.class);
  }
}
