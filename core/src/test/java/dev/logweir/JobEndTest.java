package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.nio.channels.spi.AbstractInterruptibleChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ends that are cancelled, that others hold up, and that begin within a call of the job. */
@Timeout(60)
class JobEndTest {
  private static final byte[] LINE = ("x".repeat(99) + "\n").getBytes(UTF_8);

  private final ManualTime time = new ManualTime();
  private final StallingSender sender = new StallingSender();
  private final AtomicInteger callbacks = new AtomicInteger();
  private LogweirEngine engine = LogweirEngine.builder().time(time).build();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job(BatchSender target) {
    return LogStreamer.builder(target).engine(engine).maxSize(4 << 10);
  }

  // ---- cancelled between two steps ----

  @Test
  void callThatIsGivenUpBeforeItBegins_doesNotComeToTheSender() throws Exception {
    CountDownLatch beforeTheCall = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    List<String> seen = new CopyOnWriteArrayList<>();
    EngineTime stopping =
        new ForwardingTime(time) {
          @Override
          public long nanoTime() {
            // A sending thread looks at the clock between taking a batch and calling the sender.
            if (Thread.currentThread().getName().startsWith("logweir-send")
                && beforeTheCall.getCount() > 0) {
              beforeTheCall.countDown();
              awaitUninterruptibly(closed);
            }
            return super.nanoTime();
          }
        };
    engine.close();
    engine = LogweirEngine.builder().time(stopping).build();
    BatchSender noting =
        new BatchSender() {
          @Override
          public void send(List<String> lines) {
            seen.add("send");
          }

          @Override
          public void close() {
            seen.add("close");
          }
        };
    LogStreamer log = job(noting).maxInterval(Duration.ZERO).start();
    log.stdout().write(LINE);
    beforeTheCall.await();
    Thread.currentThread().interrupt();
    LogReport report = log.finish();
    assertThat(Thread.interrupted()).isTrue();
    closed.countDown();
    engine.close();

    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 100));
    assertThat(seen).doesNotContain("send");
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    boolean interrupted = false;
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void accountThatIsClosedBeforeTheStreams_hasTheLastLineWithoutALineEnd() {
    sender.stall();
    LogStreamer log = job(sender).start();
    log.stdout().write("one\nlast".getBytes(UTF_8));
    log.job.places.closeAccount();
    // Nobody ends the job, so the engine's end would wait for it in vain.
    time.whileWaiting((latch, nanos) -> latch.getCount() == 0);

    SinkReport report = log.report().sink();
    assertThat(report.accepted()).isEqualTo(new Tally(2, 8));
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(2, 8));
    assertThat(report.held()).isEqualTo(Tally.NONE);
  }

  // ---- held up by an interrupt ----

  /** A sender's channel, whose close does not return: whoever interrupts the sender runs it. */
  private static final class HangingChannel extends AbstractInterruptibleChannel {
    final CountDownLatch sending = new CountDownLatch(1);
    final CountDownLatch closing = new CountDownLatch(1);
    final CountDownLatch released = new CountDownLatch(1);

    void send() throws Exception {
      begin();
      try {
        sending.countDown();
        released.await();
      } finally {
        end(true);
      }
    }

    @Override
    protected void implCloseChannel() {
      closing.countDown();
      boolean interrupted = false;
      while (released.getCount() > 0) {
        try {
          released.await();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Test
  void closeFromAnotherThread_doesNotWaitForAnInterruptThatHangs() throws Exception {
    HangingChannel channel = new HangingChannel();
    BatchSender hanging = batch -> channel.send();
    LogStreamer log = job(hanging).start();
    log.stdout().write(LINE);
    channel.sending.await();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    time.awaitWaiting(1);
    Elsewhere<Boolean> first =
        Elsewhere.call(
            () -> {
              log.close();
              return true;
            });
    channel.closing.await();

    Elsewhere<Boolean> second =
        Elsewhere.call(
            () -> {
              log.close();
              return true;
            });

    try {
      assertThat(second.get()).isTrue();
      assertThat(finish.get().isComplete()).isFalse();
      assertThat(first.isDone()).isFalse();
    } finally {
      channel.released.countDown();
    }
    assertThat(first.get()).isTrue();
  }

  // ---- cancelled ----

  /** Runs what is closed to its end, elsewhere, before it returns. */
  private static void runElsewhere(Runnable task) {
    try {
      Elsewhere.call(
              () -> {
                task.run();
                return true;
              })
          .get();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** A job whose closing is faster than any cancelling. */
  private LogStreamer quicklyClosed() {
    engine = LogweirEngine.builder().time(time).closeExecutor(JobEndTest::uninterrupted).build();
    return job(sender).afterLog(report -> callbacks.incrementAndGet()).start();
  }

  private static void uninterrupted(Runnable task) {
    boolean interrupted = Thread.interrupted();
    runElsewhere(task);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void closeOnAnInterruptedThread_runsNoCallback() throws Exception {
    sender.stall();
    LogStreamer log = quicklyClosed();
    log.stdout().write(LINE);
    sender.awaitInside();
    Thread.currentThread().interrupt();
    log.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(callbacks).hasValue(0);
    assertThat(sender.closed()).isEqualTo(1);
  }

  @Test
  void closeFromAnotherThread_runsNoCallback() throws Exception {
    sender.stall();
    LogStreamer log = quicklyClosed();
    log.stdout().write(LINE);
    sender.awaitInside();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    time.awaitWaiting(1);
    log.close();
    assertThat(finish.get().isComplete()).isFalse();
    assertThat(callbacks).hasValue(0);
    assertThat(sender.closed()).isEqualTo(1);
  }

  @Test
  void interruptOfTheFinishingThread_runsNoCallback() throws Exception {
    sender.stall();
    LogStreamer log = quicklyClosed();
    log.stdout().write(LINE);
    sender.awaitInside();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    time.awaitWaiting(1);
    finish.interrupt();
    assertThat(finish.get().isComplete()).isFalse();
    assertThat(callbacks).hasValue(0);
  }

  @Test
  void finishOnAnInterruptedThread_runsNoCallbackThoughAllIsSent() {
    LogStreamer log = quicklyClosed();
    Thread.currentThread().interrupt();
    LogReport report = log.finish(Duration.ofHours(1));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.isComplete()).isTrue();
    assertThat(callbacks).hasValue(0);
  }

  @Test
  void finishThatIsNotCancelled_runsTheCallback() {
    LogStreamer log = quicklyClosed();
    assertThat(log.finish(Duration.ofHours(1)).isComplete()).isTrue();
    assertThat(callbacks).hasValue(1);
  }

  // ---- not behind others ----

  private void assertIdleJobEnds(LogweirEngine held) throws Exception {
    LogStreamer idle =
        LogStreamer.builder(lines -> {})
            .engine(held)
            .afterLog(report -> callbacks.incrementAndGet())
            .start();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> idle.finish(Duration.ofHours(1)));
    assertThat(finish.get().isComplete()).isTrue();
    assertThat(callbacks).hasValue(1);
  }

  @Test
  void finishWithNothingToSend_doesNotWaitForOtherJobsSends() throws Exception {
    engine = LogweirEngine.builder().time(time).maxConcurrentSends(1).build();
    sender.stall();
    LogStreamer hung = job(sender).start();
    hung.stdout().write(LINE);
    sender.awaitInside();
    assertIdleJobEnds(engine);
    sender.recover();
    assertThat(hung.finish().isComplete()).isTrue();
  }

  @Test
  void finishWithNothingToSend_doesNotWaitForTheExecutorOfSends() throws Exception {
    Executor full = task -> {};
    engine = LogweirEngine.builder().time(time).sendExecutor(full).build();
    assertIdleJobEnds(engine);
  }

  @Test
  void slowSinkThatMakesProgress_costsAFastOneNothing() throws Exception {
    AtomicBoolean exhausted = new AtomicBoolean(true);
    ThreadFactory threads = DaemonThreads.platform("test-drain-");
    engine =
        LogweirEngine.builder()
            .time(time)
            .drainThreads(
                task -> {
                  if (exhausted.get()) {
                    throw new OutOfMemoryError("unable to create native thread");
                  }
                  return threads.newThread(task);
                })
            .build();
    Semaphore progress = new Semaphore(0);
    AtomicInteger begun = new AtomicInteger();
    BatchSender slow =
        lines -> {
          begun.incrementAndGet();
          progress.acquire();
        };
    LogStreamer log = job(slow).sink(sender).start();
    int lines = 100;
    for (int i = 0; i < lines; i++) {
      log.stdout().write(LINE);
      log.drain();
    }
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    for (int i = 0; i < 36; i++) { // the buffers are full when the end begins
      log.stdout().write(LINE);
    }
    for (int i = 0; i < 36; i++) {
      log.stderr().write(LINE);
    }
    lines += 72;
    progress.release(); // it is at its second call when the end begins
    Eventually.until(() -> begun.get() == 2);
    exhausted.set(false);
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    // Only the slow one is waited for while the time goes on.
    Eventually.until(() -> isBlocked(log.job.places.sinks.get(0)) && hasSentAll(log.job));
    time.advance(Duration.ofSeconds(5));
    time.advance(Duration.ofMillis(2_500));
    int all = lines;
    Eventually.until(() -> log.report().sinks().get(1).shipped().lines() == all);
    time.advance(Duration.ofMillis(2_500));
    LogReport report = finish.get();
    assertThat(report.sinks().get(1).isComplete()).isTrue();
    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT).lines()).isPositive();
  }

  /** Whether lines wait until the call of a sink has ended. */
  private static boolean isBlocked(Sink sink) {
    sink.lock.lock();
    try {
      return sink.sending != null && sink.queue.count() > 0;
    } finally {
      sink.lock.unlock();
    }
  }

  /** Whether the drain stands, and nothing waits for the sender of the job's second sink. */
  private static boolean hasSentAll(Job job) {
    Sink sink = job.places.sinks.get(1);
    sink.lock.lock();
    try {
      return job.places.drain.state() == DrainLoop.State.IDLE
          && sink.sending == null
          && sink.queue.isEmpty();
    } finally {
      sink.lock.unlock();
    }
  }

  // ---- the engine's end from within ----

  @Test
  void engineClosedWithinASender_returnsAndKeepsTheDeadline() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch again = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    AtomicInteger calls = new AtomicInteger();
    LogStreamer log =
        job(lines -> {
              if (calls.incrementAndGet() == 1) {
                inside.countDown();
                go.await();
                engine.close(Duration.ofSeconds(2));
                closed.countDown();
                return;
              }
              again.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
              }
            })
            .maxInterval(Duration.ZERO)
            .start();
    LogStreamer other = job(sender).start();
    sender.stall();
    other.stdout().write(LINE);
    sender.awaitInside();
    log.stdout().write(LINE);
    inside.await();
    log.stdout().write(LINE);
    go.countDown();
    closed.await();
    again.await();
    assertThat(engine.activeJobs()).isEqualTo(2);
    time.advance(Duration.ofSeconds(2));
    interrupted.await();
    Eventually.until(() -> engine.activeJobs() == 0);
    assertThat(other.report().sink().dropped(DropReason.FLUSH_TIMEOUT))
        .isEqualTo(new Tally(1, LINE.length));
    Eventually.until(() -> engine.sends.threads() + engine.drains.threads() == 0);
  }

  @Test
  void engineClosedWithinAProcessorListenerOrCallback_returns() throws Exception {
    CountDownLatch returned = new CountDownLatch(3);
    AtomicReference<List<LogReport>> inCallback = new AtomicReference<>();
    LogStreamer log =
        job(sender)
            .processor(
                line -> {
                  engine.close(Duration.ofHours(1));
                  returned.countDown();
                })
            .listener(
                line -> {
                  engine.close(Duration.ofHours(1));
                  returned.countDown();
                })
            .afterLog(
                report -> {
                  inCallback.set(engine.close(Duration.ofHours(1)));
                  returned.countDown();
                })
            .start();
    log.stdout().write(LINE);
    returned.await();
    Eventually.until(() -> engine.activeJobs() == 0);
    assertThat(inCallback.get()).containsExactly(log.report());
    assertThat(log.report().isComplete()).isTrue();
    Eventually.until(
        () -> engine.sends.threads() + engine.closings.threads() + engine.drains.threads() == 0);
  }

  @Test
  void engineClosedWithinACallThatWasGivenUp_doesNotWaitForItself() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch returned = new CountDownLatch(1);
    LogStreamer log =
        job(lines -> {
              inside.countDown();
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                Eventually.until(() -> engine.activeJobs() == 0);
                engine.close(Duration.ofHours(1));
                returned.countDown();
              }
            })
            .start();
    log.stdout().write(LINE);
    inside.await();
    log.finish(Duration.ZERO);
    returned.await();
  }

  @Test
  void engineClosedWithin_keepsTheDeadlineOfAJobThatIsSentAndHangsInItsClose() throws Exception {
    CountDownLatch inClose = new CountDownLatch(1);
    BatchSender hanging =
        new BatchSender() {
          @Override
          public void send(List<String> lines) {}

          @Override
          public void close() throws InterruptedException {
            inClose.countDown();
            new CountDownLatch(1).await();
          }
        };
    LogStreamer idle = job(hanging).start();
    CountDownLatch returned = new CountDownLatch(1);
    LogStreamer log =
        job(lines -> {
              engine.close(Duration.ofSeconds(2));
              returned.countDown();
            })
            .start();
    log.stdout().write(LINE);
    returned.await();
    inClose.await();
    Eventually.until(() -> engine.activeJobs() == 1);
    time.advance(Duration.ofSeconds(2));
    Eventually.until(() -> engine.activeJobs() == 0);
    assertThat(idle.report().isComplete()).isTrue();
  }
}
