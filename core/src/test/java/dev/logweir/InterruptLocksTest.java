package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A thread's interrupt may run foreign code: what a write or a timer wants is not held then. */
@Timeout(60)
class InterruptLocksTest {
  private final List<Boolean> heldJobLock = new CopyOnWriteArrayList<>();
  private final CountDownLatch inside = new CountDownLatch(1);
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(new ManualTime())
          .drainThreads(Watched::new)
          .closeExecutor(task -> new Watched(task).start())
          .build();
  private volatile Job job;

  /** Tells of the job's lock when it is interrupted. */
  private final class Watched extends Thread {
    Watched(Runnable task) {
      super(task);
      setDaemon(true);
    }

    @Override
    public void interrupt() {
      heldJobLock.add(job.lock.isHeldExclusively());
      super.interrupt();
    }
  }

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private JobSettings settings() {
    JobSettings settings = new JobSettings();
    settings.engine(engine);
    settings.sink(lines -> {});
    return settings;
  }

  private void hang() throws InterruptedException {
    inside.countDown();
    new CountDownLatch(1).await();
  }

  @Test
  void pass_isInterruptedOutsideOfTheJobsLock() throws Exception {
    JobSettings settings = settings();
    settings.processor(
        line -> {
          try {
            hang();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    job = Job.start(settings.complete(), true);
    job.streams().stdout().write("one\n".getBytes(US_ASCII));
    inside.await();
    job.finish(0);
    assertThat(heldJobLock).isNotEmpty().doesNotContain(true);
  }

  @Test
  void callbackAfterTheLog_isInterruptedOutsideOfTheJobsLock() throws Exception {
    JobSettings settings = settings();
    settings.afterLog = report -> hang();
    job = Job.start(settings.complete(), true);
    Elsewhere<LogReport> finish = Elsewhere.call(() -> job.finish(10_000_000_000L));
    inside.await();
    job.close();
    finish.get();
    assertThat(heldJobLock).isNotEmpty().doesNotContain(true);
  }
}
