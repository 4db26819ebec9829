package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The timers of the system's time on their thread. */
@Timeout(60)
class SystemTimeTest {
  private static final long HOUR = TimeUnit.HOURS.toNanos(1);

  private final SystemTime time = new SystemTime("test-timer");
  private final List<String> ran = new CopyOnWriteArrayList<>();
  private final CountDownLatch done = new CountDownLatch(1);

  @BeforeEach
  void hold() {
    time.hold();
  }

  @AfterEach
  void close() {
    time.close();
  }

  private EngineTimer timer(Runnable action) {
    return new EngineTimer() {
      @Override
      public void run() {
        action.run();
      }
    };
  }

  @Test
  void timers_runInTheOrderOfTheirTimes() throws Exception {
    EngineTimer last =
        timer(
            () -> {
              ran.add("last");
              done.countDown();
            });
    CountDownLatch set = new CountDownLatch(1);
    EngineTimer first =
        timer(
            () -> {
              try {
                set.await(); // the others are all due when this has ended
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              ran.add("first");
            });
    EngineTimer cancelled = timer(() -> ran.add("cancelled"));
    CountDownLatch middle = new CountDownLatch(1);
    time.set(first, 0);
    time.set(last, HOUR);
    time.set(cancelled, 0);
    time.set(
        timer(
            () -> {
              ran.add("middle");
              middle.countDown();
            }),
        0);
    time.cancel(cancelled);
    set.countDown();
    middle.await();
    time.set(last, 0);
    done.await();
    assertThat(ran).containsExactly("first", "middle", "last");
  }

  @Test
  void timerSetAnew_runsOnceAtItsLastTime() throws Exception {
    EngineTimer timer =
        timer(
            () -> {
              ran.add("it");
              done.countDown();
            });
    time.set(timer, HOUR);
    time.set(timer, 0);
    done.await();
    assertThat(ran).containsExactly("it");
  }

  @Test
  void timerThatHadNoMemory_runsAgain() throws Exception {
    EngineTimer timer =
        timer(
            () -> {
              ran.add("try");
              if (ran.size() < 3) {
                throw new OutOfMemoryError("test");
              }
              done.countDown();
            });
    time.set(timer, 0);
    done.await();
    assertThat(ran).hasSize(3);
  }

  @Test
  void timerThatThrows_endsNoOther() throws Exception {
    time.set(
        timer(
            () -> {
              Thread.currentThread().interrupt();
              throw new IllegalStateException("test");
            }),
        0);
    time.set(timer(done::countDown), 1);
    done.await();
    assertThat(done.getCount()).isZero();
  }

  @Test
  void thread_endsWithItsTime() throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Thread[] thread = new Thread[1];
    time.set(
        timer(
            () -> {
              thread[0] = Thread.currentThread();
              seen.countDown();
            }),
        0);
    seen.await();
    time.set(timer(() -> ran.add("never")), HOUR);
    time.close();
    thread[0].join();
    time.set(timer(() -> ran.add("closed")), 0);
    assertThat(ran).isEmpty();
  }

  @Test
  void settingAndCancelling_takesNoMemory() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    EngineTimer[] timers = new EngineTimer[100];
    for (int i = 0; i < timers.length; i++) {
      timers[i] = timer(() -> {});
    }
    setAndCancel(timers);
    long id = Thread.currentThread().getId();
    threads.getThreadAllocatedBytes(id);
    long before = threads.getThreadAllocatedBytes(id);
    for (int i = 0; i < 100; i++) {
      setAndCancel(timers);
    }
    long allocated = threads.getThreadAllocatedBytes(id) - before;
    assertThat(allocated).as("bytes of 20,000 calls").isLessThan(20_000);
  }

  private void setAndCancel(EngineTimer[] timers) {
    for (int i = 0; i < timers.length; i++) {
      time.set(timers[i], HOUR - i);
    }
    for (int i = 0; i < timers.length; i++) {
      time.cancel(timers[i]);
    }
  }
}
