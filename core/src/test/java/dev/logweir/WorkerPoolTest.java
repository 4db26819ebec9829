package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkerPoolTest {
  private static final long LONG = TimeUnit.SECONDS.toNanos(30);

  private final ManualTime time = new ManualTime();
  private final AtomicInteger begun = new AtomicInteger();
  private final AtomicBoolean exhausted = new AtomicBoolean();
  private final ThreadFactory factory =
      task -> {
        if (exhausted.get()) {
          throw new OutOfMemoryError("unable to create native thread");
        }
        begun.incrementAndGet();
        return DaemonThreads.platform("test-pool-").newThread(task);
      };
  private final WorkerPool pool = new WorkerPool(factory, 2, LONG, time);
  private final CountDownLatch end = new CountDownLatch(1);

  @AfterEach
  void closePool() throws InterruptedException {
    end.countDown();
    pool.close();
    assertThat(pool.awaitEnd(LONG)).isTrue();
    assertThat(pool.threads()).isZero();
  }

  private static Work work(Runnable action) {
    return new Work() {
      @Override
      void run() {
        action.run();
      }
    };
  }

  private Work blocking(CountDownLatch inside) {
    return work(
        () -> {
          inside.countDown();
          boolean ended = false;
          while (!ended) {
            try {
              end.await();
              ended = true;
            } catch (InterruptedException ignored) {
              // stays until the test ends
            }
          }
        });
  }

  @Test
  void work_runsInItsOrderOnNoMoreThreadsThanAllowed() throws Exception {
    List<Integer> order = new CopyOnWriteArrayList<>();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(100);
    WorkerPool single = new WorkerPool(factory, 1, LONG, null);
    CountDownLatch go = new CountDownLatch(1);
    single.execute(
        work(
            () -> {
              inside.countDown();
              try {
                go.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }));
    inside.await();
    for (int i = 0; i < 100; i++) {
      int number = i;
      single.execute(
          work(
              () -> {
                order.add(number);
                done.countDown();
              }));
    }
    assertThat(single.hasWaiting()).isTrue();
    go.countDown();
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(order).hasSize(100).isSorted();
    assertThat(begun).hasValue(1);
    single.close();
    assertThat(single.awaitEnd(LONG)).isTrue();
  }

  @Test
  void workHandedOverTwiceWhileItWaits_runsOnce() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    pool.execute(blocking(inside));
    pool.execute(blocking(inside));
    inside.await();
    AtomicInteger runs = new AtomicInteger();
    CountDownLatch last = new CountDownLatch(1);
    Work twice = work(runs::incrementAndGet);
    pool.execute(twice);
    pool.execute(twice);
    pool.execute(work(last::countDown));
    end.countDown();
    assertThat(last.await(30, TimeUnit.SECONDS)).isTrue();
    pool.close();
    assertThat(pool.awaitEnd(LONG)).isTrue();
    assertThat(runs).hasValue(1);
  }

  @Test
  void threadThatHangs_isReplacedAfterASecondIfOthersWait() throws Exception {
    CountDownLatch inside = new CountDownLatch(2);
    pool.execute(blocking(inside));
    pool.execute(blocking(inside));
    inside.await();
    CountDownLatch done = new CountDownLatch(1);
    pool.execute(work(done::countDown));
    time.advance(Duration.ofSeconds(1).minusNanos(1));
    assertThat(begun).hasValue(2);
    time.advance(Duration.ofNanos(1));
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(begun.get()).isGreaterThan(2);
  }

  @Test
  void threadsThatHang_areReplacedWithinALimit() throws Exception {
    for (int i = 0; i < 60; i++) {
      pool.execute(blocking(new CountDownLatch(1)));
      time.advance(Duration.ofSeconds(1));
    }
    assertThat(begun.get()).isLessThanOrEqualTo(2 + 16);
  }

  @Test
  void threadThatIsReplacedTooLate_isNotCountedAsLost() throws Exception {
    WorkerPool single = new WorkerPool(factory, 1, LONG, null);
    CountDownLatch done = new CountDownLatch(1);
    AtomicReference<Thread> thread = new AtomicReference<>();
    Work first =
        work(
            () -> {
              thread.set(Thread.currentThread());
              done.countDown();
            });
    single.execute(first);
    done.await();
    Eventually.until(() -> thread.get().getState() == Thread.State.TIMED_WAITING);
    single.replace(thread.get(), first);
    single.close();
    assertThat(single.awaitEnd(LONG)).isTrue();
    assertThat(single.threads()).isZero();
  }

  @Test
  void threadThatIsAtOtherWorkByNow_isNotReplaced() throws Exception {
    WorkerPool single = new WorkerPool(factory, 1, LONG, null);
    AtomicReference<Thread> thread = new AtomicReference<>();
    Work first = work(() -> thread.set(Thread.currentThread()));
    single.execute(first);
    CountDownLatch inside = new CountDownLatch(1);
    single.execute(blocking(inside));
    inside.await();
    single.replace(thread.get(), first);
    single.execute(work(() -> {}));
    assertThat(begun).hasValue(1);
    end.countDown();
    single.close();
    assertThat(single.awaitEnd(LONG)).isTrue();
    assertThat(single.threads()).isZero();
  }

  @Test
  void withoutAThread_workIsRefusedOnlyIfNoneIsThere() throws Exception {
    exhausted.set(true);
    assertThat(pool.execute(work(() -> {}))).isFalse();
    assertThat(pool.hasWaiting()).isFalse();
    exhausted.set(false);
    CountDownLatch inside = new CountDownLatch(1);
    assertThat(pool.execute(blocking(inside))).isTrue();
    inside.await();
    exhausted.set(true);
    CountDownLatch done = new CountDownLatch(1);
    assertThat(pool.execute(work(done::countDown))).isTrue();
    end.countDown();
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void workThatThrows_costsNoThread() throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    WorkerPool single =
        new WorkerPool(
            task -> {
              Thread thread = factory.newThread(task);
              thread.setUncaughtExceptionHandler((t, e) -> {});
              return thread;
            },
            1,
            LONG,
            null);
    single.execute(
        work(
            () -> {
              Thread.currentThread().interrupt();
              throw new AssertionError("work");
            }));
    AtomicBoolean interrupted = new AtomicBoolean(true);
    single.execute(
        work(
            () -> {
              interrupted.set(Thread.currentThread().isInterrupted());
              done.countDown();
            }));
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(interrupted).isFalse();
    single.close();
    assertThat(single.awaitEnd(LONG)).isTrue();
  }

  /** Threads that run nothing before the test lets them. */
  private WorkerPool heldUp(CountDownLatch go) {
    return new WorkerPool(
        task ->
            factory.newThread(
                () -> {
                  await(go);
                  task.run();
                }),
        1_000,
        LONG,
        null);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void muchAtOnce_beginsFewThreadsUntilOneOfThemComes() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    WorkerPool many = heldUp(go);
    CountDownLatch done = new CountDownLatch(1_000);
    for (int i = 0; i < 1_000; i++) {
      assertThat(many.execute(work(done::countDown))).isTrue();
    }
    assertThat(begun).hasValue(2);
    go.countDown();
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    many.close();
    assertThat(many.awaitEnd(LONG)).isTrue();
  }

  /** Half of it is done at once, so that those that come see the others get on. */
  @Test
  void workThatWaitsForMoreWork_hasAThreadEach() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    WorkerPool many = heldUp(go);
    CountDownLatch all = new CountDownLatch(100);
    CountDownLatch done = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      many.execute(work(() -> {}));
      many.execute(
          work(
              () -> {
                all.countDown();
                await(all);
                done.countDown();
              }));
    }
    go.countDown();
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(begun.get()).isGreaterThanOrEqualTo(100);
    many.close();
    assertThat(many.awaitEnd(LONG)).isTrue();
  }

  @Test
  void idleThreads_end() throws Exception {
    WorkerPool brief = new WorkerPool(factory, 2, 0, null);
    CountDownLatch done = new CountDownLatch(1);
    brief.execute(work(done::countDown));
    assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(brief.awaitEnd(LONG)).isTrue();
    assertThat(brief.threads()).isZero();
  }
}
