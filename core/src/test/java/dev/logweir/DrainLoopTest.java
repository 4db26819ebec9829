package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The drain's machine alone, with passes that a test writes. */
@Timeout(60)
class DrainLoopTest {
  private final ManualTime time = new ManualTime();
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.JOB);
  private final Deque<Runnable> threads = new ArrayDeque<>();
  private boolean hasThreads = true;
  private final WorkerPool pool =
      new WorkerPool(
          task -> {
            if (!hasThreads) {
              throw new OutOfMemoryError("no thread to be had");
            }
            return new Thread(task) {
              @Override
              @SuppressWarnings("UnsynchronizedOverridesSynchronized") // it never starts
              public void start() {
                threads.add(task);
              }
            };
          },
          1,
          0,
          null);
  private final List<DrainLoop.State> seen = new ArrayList<>();
  private final Deque<Pass> passes = new ArrayDeque<>();
  private boolean reached;

  /** What a pass does; what comes of it. */
  private interface Pass {
    PassEnd run();
  }

  private final class Loop extends DrainLoop {
    Loop(MemoryLock lock, WorkerPool pool, EngineTime time) {
      super(lock, pool, time);
    }

    @Override
    PassEnd pass() {
      seen.add(state());
      Pass next = passes.poll();
      return next == null ? PassEnd.TAKEN : next.run();
    }
  }

  private final Loop loop = new Loop(lock, pool, time);
  private final DrainLoop.Goal goal =
      () -> reached ? DrainLoop.Reach.REACHED : DrainLoop.Reach.OPEN;

  DrainLoopTest() {
    pool.close(); // a thread ends where there is no more work
  }

  private void runThread() {
    threads.remove().run();
  }

  private void pass(Pass pass) {
    passes.add(pass);
  }

  private void ends(PassEnd end) {
    pass(() -> end);
  }

  @Test
  void request_isHandedOverOnce() {
    assertThat(loop.request()).isTrue();
    assertThat(loop.request()).isTrue();
    assertThat(threads).hasSize(1);
    assertThat(loop.state()).isEqualTo(DrainLoop.State.REQUESTED);

    runThread();

    assertThat(seen).containsExactly(DrainLoop.State.RUNNING);
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
  }

  @Test
  void requestInAPass_isFollowedByAnother() {
    pass(
        () -> {
          assertThat(loop.request()).isTrue();
          assertThat(loop.state()).isEqualTo(DrainLoop.State.RUNNING_AGAIN);
          return PassEnd.TAKEN;
        });
    loop.request();
    runThread();

    assertThat(seen).hasSize(2);
    assertThat(threads).isEmpty();
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
  }

  @Test
  void moreToTake_isTakenAtOnceIfNobodyWaits() {
    ends(PassEnd.MORE);
    ends(PassEnd.MORE);
    loop.request();
    runThread();

    assertThat(seen).hasSize(3);
  }

  @Test
  void moreToTake_comesBehindOthersThatWait() {
    List<String> order = new ArrayList<>();
    Work other =
        new Work() {
          @Override
          void run() {
            order.add("other");
          }
        };
    pass(
        () -> {
          order.add("first");
          pool.execute(other);
          return PassEnd.MORE;
        });
    pass(
        () -> {
          order.add("second");
          return PassEnd.TAKEN;
        });
    loop.request();
    runThread();

    assertThat(order).containsExactly("first", "other", "second");
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
  }

  @Test
  void noRoom_endsItUntilSomebodyAsks() {
    ends(PassEnd.NO_ROOM);
    loop.request();
    runThread();

    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
    assertThat(threads).isEmpty();
  }

  @Test
  void noThread_isAskedForAgainByTheTimer() {
    hasThreads = false;
    assertThat(loop.request()).isFalse();
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
    assertThat(time.pending()).isEqualTo(1);

    hasThreads = true;
    time.advance(Duration.ofNanos(WorkerPool.RETRY_NANOS));
    runThread();

    assertThat(seen).hasSize(1);
  }

  @Test
  void noThread_runsOnTheCallingOneWhereThatMayBe() {
    hasThreads = false;
    assertThat(loop.requestOrRun()).isFalse();

    assertThat(seen).containsExactly(DrainLoop.State.RUNNING);
  }

  @Test
  void interruptLeftInAPass_isTold() {
    pass(
        () -> {
          loop.interruptLeft();
          return PassEnd.TAKEN;
        });
    assertThat(loop.takeOver()).isTrue();
    assertThat(loop.runToEnd()).isTrue();
    assertThat(loop.takeOver()).isTrue();
    assertThat(loop.runToEnd()).as("the next time").isFalse();
  }

  @Test
  void write_takesItsPlaceOnlyIfNobodyHasAsked() {
    assertThat(loop.beginDirect()).isTrue();
    assertThat(loop.beginDirect()).as("beside another").isFalse();
    assertThat(loop.takeOver()).isFalse();
    loop.endDirect(false);
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);

    loop.request();
    assertThat(loop.beginDirect()).isFalse();
    runThread();
    assertThat(loop.beginDirect()).isTrue();
  }

  @Test
  void requestDuringAWrite_comesBeforeTheNextWrite() {
    loop.beginDirect();
    loop.request();
    assertThat(loop.state()).isEqualTo(DrainLoop.State.DIRECT_AGAIN);
    loop.endDirect(false);

    assertThat(loop.state()).isEqualTo(DrainLoop.State.REQUESTED);
    assertThat(loop.beginDirect()).isFalse();
    runThread();
    assertThat(seen).hasSize(1);
  }

  @Test
  void writeThatLeavesSomething_asksForAPass() {
    loop.beginDirect();
    loop.endDirect(true);
    runThread();

    assertThat(seen).hasSize(1);
  }

  @Test
  void drainTo_runsHereUntilTheGoalIsReached() throws Exception {
    ends(PassEnd.MORE);
    pass(
        () -> {
          reached = true;
          return PassEnd.MORE;
        });
    assertThat(loop.drainTo(goal)).isTrue();

    assertThat(seen).hasSize(2);
    assertThat(loop.state())
        .as("the rest is another thread's")
        .isEqualTo(DrainLoop.State.REQUESTED);
    assertThat(threads).hasSize(1);
  }

  @Test
  void drainTo_saysWhereAllCouldNotBeTaken() throws Exception {
    ends(PassEnd.NO_ROOM);
    assertThat(loop.drainTo(goal)).isFalse();
    assertThat(loop.state()).isEqualTo(DrainLoop.State.IDLE);
  }

  @Test
  void drainTo_returnsThoughSomebodyAsksAllTheTime() throws Exception {
    Pass asks =
        () -> {
          loop.request();
          return PassEnd.TAKEN;
        };
    pass(asks);
    pass(asks);
    assertThat(loop.drainTo(goal)).isTrue();

    assertThat(seen).hasSize(2);
    assertThat(loop.state()).isEqualTo(DrainLoop.State.REQUESTED);
  }

  @Test
  void drainTo_waitsForAWriteInItsPlaceAndForWhoRuns() throws Exception {
    loop.beginDirect();
    Elsewhere<Boolean> caller = Elsewhere.call(() -> loop.drainTo(goal));
    Eventually.until(() -> loop.state() == DrainLoop.State.DIRECT_AGAIN);
    assertThat(caller.isDone()).isFalse();
    loop.endDirect(false);
    assertThat(caller.get()).isTrue();

    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch open = new CountDownLatch(1);
    pass(
        () -> {
          inside.countDown();
          try {
            open.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          return PassEnd.TAKEN;
        });
    Elsewhere<Boolean> first = Elsewhere.call(() -> loop.drainTo(goal));
    inside.await();
    Elsewhere<Boolean> second = Elsewhere.call(() -> loop.drainTo(goal));
    open.countDown();
    assertThat(first.get()).isTrue();
    assertThat(second.get()).isTrue();
  }

  @Test
  void caller_isWokenAfterAPassOnlyOnceItsGoalIsReached() throws Exception {
    loop.beginDirect();
    Elsewhere<Boolean> caller = Elsewhere.call(() -> loop.drainTo(goal));
    Eventually.until(() -> loop.state() == DrainLoop.State.DIRECT_AGAIN);
    lock.lock(); // so it waits for the condition
    try {
      loop.passEnded();
      assertThat(lock.hasQueuedThreads()).as("woken too early").isFalse();
      reached = true;
      loop.passEnded();
      assertThat(lock.hasQueuedThreads()).as("woken").isTrue();
    } finally {
      lock.unlock();
    }

    assertThat(caller.get()).isTrue();
    loop.endDirect(false);
  }

  @Test
  void givenUp_nobodyWaitsAndNoTimerAsks() throws Exception {
    hasThreads = false;
    loop.request();
    assertThat(time.pending()).isEqualTo(1);
    loop.beginDirect();
    Elsewhere<Boolean> caller = Elsewhere.call(() -> loop.drainTo(goal));
    Eventually.until(() -> loop.state() == DrainLoop.State.DIRECT_AGAIN);
    lock.lock();
    try {
      loop.stop();
    } finally {
      lock.unlock();
    }

    assertThat(caller.get()).isFalse();
    assertThat(loop.isGivenUp()).isTrue();
    assertThat(time.pending()).isZero();
    loop.retryLater();
    assertThat(time.pending()).isZero();
  }
}
