package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LifeCycleTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();
  private final AtomicReference<LogStreamer> job = new AtomicReference<>();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(4 << 10);
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  // ---- the start ----

  @Test
  void start_onAClosedEngineIsRefusedAndLeavesNothing() {
    engine.close();
    assertThatIllegalStateException().isThrownBy(job()::start).withMessage("the engine is closed");
    assertThat(engine.activeJobs()).isZero();
    assertThat(sender.closed()).as("still the caller's").isZero();
  }

  @Test
  void close_closesSendersAndProcessorsOnce() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    LogProcessor processor =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public void close() {
            closed.incrementAndGet();
          }
        };
    LogStreamer log = job().processor(processor).start();
    log.close();
    log.close();
    sender.awaitClosed();
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(closed).hasValue(1);
    assertThat(time.pending()).isZero();
  }

  @Test
  void finish_ofAJobThatWroteNothingReportsNothingForEachSinkAndClosesThem() throws Exception {
    StallingSender second = new StallingSender();
    LogStreamer log = job().sink(second).start();
    assertThat(log).hasToString("LogStreamer[job-1, RUNNING]");
    assertThat(log.recentLines()).isEmpty();
    assertThat(log.retainedBytes()).isZero();
    LogReport report = log.finish();
    assertThat(report.sinks()).hasSize(2);
    assertThat(report.sink().accepted()).isEqualTo(Tally.NONE);
    assertThat(report.isComplete()).isTrue();
    log.close();
    sender.awaitClosed();
    second.awaitClosed();
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(second.closed()).isEqualTo(1);
    assertThat(log.finish()).isEqualTo(report);
    assertThat(log).hasToString("LogStreamer[job-1, OVER]");
  }

  @Test
  void start_thatFailsLeavesNothing() {
    MemoryBudget budget = MemoryBudget.of(64 << 10);
    LogweirEngine limited = LogweirEngine.builder().budget(budget).build();
    LogProcessor broken =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public LogProcessor forStream(LogSource source) {
            throw new IllegalArgumentException("no such stream");
          }
        };
    LogStreamer.Builder builder = LogStreamer.builder(sender).engine(limited).processor(broken);
    assertThatIllegalArgumentException().isThrownBy(builder::start).withMessage("no such stream");
    assertThat(budget.usedBytes()).isZero();
    assertThat(limited.activeJobs()).isZero();
    assertThat(sender.closed()).as("still the caller's").isZero();
    limited.close();
  }

  @Test
  void engineThatIsClosedWhileAJobStarts_refusesItAndNothingIsLeft() {
    MemoryBudget budget = MemoryBudget.of(64 << 10);
    LogweirEngine limited = LogweirEngine.builder().budget(budget).build();
    LogProcessor closing =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public LogProcessor forStream(LogSource source) {
            assertThat(limited.close(Duration.ZERO)).isEmpty();
            return this;
          }
        };
    LogStreamer.Builder builder = LogStreamer.builder(sender).engine(limited).processor(closing);
    assertThatIllegalStateException()
        .isThrownBy(builder::start)
        .withMessage("the engine is closed");
    assertThat(budget.usedBytes()).isZero();
    assertThat(limited.activeJobs()).isZero();
  }

  // ---- the end ----

  @Test
  void finish_twiceReturnsTheSameReport() {
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    LogReport report = log.finish();
    assertThat(log.finish()).isSameAs(report);
    assertThat(log.finish(Duration.ZERO)).isSameAs(report);
    assertThat(log.report()).isSameAs(report);
    assertThat(sender.closed()).isEqualTo(1);
  }

  @Test
  void finish_fromTwoThreadsReturnsTheSameFinalReport() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntwo\n");
    sender.awaitInside();
    Elsewhere<LogReport> first = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    Elsewhere<LogReport> second = Elsewhere.call(() -> log.finish(Duration.ofSeconds(1)));
    time.awaitWaiting(2);
    sender.recover();
    LogReport report = first.get();
    assertThat(report.isComplete()).isTrue();
    assertThat(second.get()).isSameAs(report);
  }

  @Test
  void cancelledFinishes_allReturnTheSameFinalReport() throws Exception {
    for (int round = 0; round < 200; round++) {
      StallingSender stuck = StallingSender.stalled();
      LogStreamer log = LogStreamer.builder(stuck).engine(engine).start();
      write(log.stdout(), "one\n".repeat(2_000));
      stuck.awaitInside();
      Elsewhere<LogReport> first = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
      time.awaitWaiting(1);
      CountDownLatch go = new CountDownLatch(1);
      List<Elsewhere<LogReport>> others = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        others.add(
            Elsewhere.call(
                () -> {
                  go.await();
                  log.close();
                  return log.report();
                }));
      }
      go.countDown();
      LogReport report = first.get();
      assertThat(report.sink().held()).isEqualTo(Tally.NONE);
      for (Elsewhere<LogReport> other : others) {
        assertThat(other.get()).isSameAs(report);
      }
    }
  }

  @Test
  void close_twiceAtOnce_bothWaitForTheEnd() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntwo\n");
    sender.awaitInside();
    Elsewhere<LogReport> first = close(log);
    time.awaitWaiting(1);
    Elsewhere<LogReport> second = close(log);
    time.awaitWaiting(2);
    sender.recover();
    assertThat(first.get().isComplete()).isTrue();
    assertThat(second.get()).isSameAs(first.get());
  }

  private static Elsewhere<LogReport> close(LogStreamer log) {
    return Elsewhere.call(
        () -> {
          log.close();
          return log.report();
        });
  }

  @Test
  void closeOfASenderThatHangs_isInterruptedCountedAndLetGo() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    BatchSender stubborn =
        new BatchSender() {
          @Override
          public void send(List<String> lines) {}

          @Override
          public void close() {
            inside.countDown();
            boolean released = false;
            while (!released) {
              try {
                release.await();
                released = true;
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
            }
          }
        };
    LogStreamer log = LogStreamer.builder(stubborn).engine(engine).start();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    inside.await();
    finish.interrupt();
    assertThat(finish.get().isComplete()).isTrue();
    interrupted.await();
    assertThat(engine.abandonedCalls()).isEqualTo(1);
    release.countDown();
    Eventually.until(() -> engine.abandonedCalls() == 0);
  }

  @Test
  void finish_onAnInterruptedThreadCancelsAndRestoresTheFlag() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    Thread.currentThread().interrupt();
    LogReport report = log.finish(Duration.ofHours(1));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
  }

  @Test
  void close_onAnInterruptedThreadWaitsNotAndRestoresTheFlag() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    Thread.currentThread().interrupt();
    log.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(log.report().sink().held()).isEqualTo(Tally.NONE);
    sender.awaitOutside();
    assertThat(time.pending()).isLessThanOrEqualTo(1);
  }

  @Test
  void interruptOfTheFinishingThread_cancels() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    time.awaitWaiting(1);
    finish.interrupt();
    assertThat(finish.get().sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
  }

  @Test
  void finish_fromWithinASenderBeginsTheEndAndReturns() throws Exception {
    List<String> arrived = new CopyOnWriteArrayList<>();
    List<LogReport> within = new CopyOnWriteArrayList<>();
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  arrived.addAll(lines);
                  within.add(job.get().finish(Duration.ofHours(1)));
                  job.get().close();
                  within.add(job.get().finish(Duration.ofHours(1)));
                })
            .engine(engine)
            .start();
    job.set(log);
    write(log.stdout(), "one\n");
    LogReport report = log.finish(Duration.ofHours(1));
    assertThat(arrived).containsExactly("one");
    assertThat(report.isComplete()).isTrue();
    assertThat(within).hasSize(2).doesNotContain(report);
  }

  @Test
  void finish_fromWithinAProcessorBeginsTheEndAndReturns() throws Exception {
    List<LogReport> within = new CopyOnWriteArrayList<>();
    LogStreamer log =
        job()
            .processor(
                line -> {
                  within.add(job.get().finish(Duration.ofHours(1)));
                  job.get().close();
                })
            .start();
    job.set(log);
    write(log.stdout(), "one\ntwo\n");
    LogReport report = log.finish(Duration.ofHours(1));
    assertThat(sender.lines()).startsWith("one");
    assertThat(within).isNotEmpty();
    assertThat(report.sink().held()).isEqualTo(Tally.NONE);
    assertThat(report.sink().shipped().plus(report.sink().droppedTotal()))
        .isEqualTo(report.sink().accepted());
  }

  @Test
  void finish_fromWithinAListenerAndTheCallbackReturns() throws Exception {
    CountDownLatch called = new CountDownLatch(2);
    LogStreamer log =
        job()
            .listener(
                line -> {
                  job.get().finish(Duration.ofHours(1));
                  called.countDown();
                })
            .afterLog(
                report -> {
                  assertThat(job.get().finish(Duration.ofHours(1))).isSameAs(report);
                  job.get().close();
                  called.countDown();
                })
            .start();
    job.set(log);
    write(log.stdout(), "one\n");
    LogReport report = log.finish(Duration.ofHours(1));
    assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void drain_fromWithinASenderOrProcessorDoesNothing() throws Exception {
    List<Boolean> drained = new CopyOnWriteArrayList<>();
    LogStreamer log =
        LogStreamer.builder(lines -> drained.add(job.get().drain()))
            .processor(line -> drained.add(job.get().drain()))
            .engine(engine)
            .start();
    job.set(log);
    write(log.stdout(), "one\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(drained).containsExactly(false, false);
  }

  @Test
  void writesAfterTheEnd_countAsClosedInTheMetersOnly() {
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    LogReport report = log.finish();
    write(log.stdout(), "two\nthree");
    write(log.stderr(), "four\n");
    log.stdout().write('x');
    assertThat(log.report()).isEqualTo(report);
    assertThat(engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(15);
    assertThat(engine.totals.droppedLines(DropReason.CLOSED)).isEqualTo(2);
    assertThat(engine.retainedBytes()).isZero();
  }

  @Test
  void closeOfOneStream_endsThatStreamAlone() throws Exception {
    LogStreamer log = job().start();
    write(log.stdout(), "last");
    log.stdout().close();
    log.stdout().close();
    log.drain();
    sender.awaitLines(1);
    write(log.stdout(), "late\n");
    write(log.stderr(), "goes on\n");
    SinkReport report = log.finish().sink();
    assertThat(sender.lines()).containsExactly("last", "goes on");
    assertThat(report.dropped(DropReason.CLOSED)).isEqualTo(new Tally(1, 5));
    assertThat(report.accepted()).isEqualTo(new Tally(3, 17));
  }

  @Test
  void closeWhileWritesGoOn_losesNothingUncounted() throws Exception {
    LogStreamer log = job().maxSize(64 << 10).start();
    CountDownLatch writing = new CountDownLatch(1_000);
    AtomicInteger written = new AtomicInteger();
    byte[] line = "some line of text\n".getBytes(UTF_8);
    CountDownLatch stop = new CountDownLatch(1);
    Elsewhere<Integer> writer =
        Elsewhere.call(
            () -> {
              while (stop.getCount() > 0) {
                log.stdout().write(line);
                written.incrementAndGet();
                writing.countDown();
              }
              return written.get();
            });
    assertThat(writing.await(30, TimeUnit.SECONDS)).isTrue();
    SinkReport report = log.finish().sink();
    stop.countDown();
    long bytes = (long) writer.get() * line.length;
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    assertThat(engine.totals.shippedBytes.sum() + allDropped()).isEqualTo(bytes);
  }

  private long allDropped() {
    long bytes = 0;
    for (DropReason reason : DropReason.values()) {
      bytes += engine.totals.droppedBytes(reason);
    }
    return bytes;
  }

  // ---- what comes after the log ----

  @Test
  void callback_getsTheFinalReportAfterTheSenderWasClosed() {
    AtomicReference<LogReport> seen = new AtomicReference<>();
    AtomicInteger closedBefore = new AtomicInteger();
    LogStreamer log =
        job()
            .afterLog(
                report -> {
                  closedBefore.set(sender.closed());
                  seen.set(report);
                })
            .start();
    write(log.stdout(), "one\n");
    LogReport report = log.finish();
    assertThat(seen.get()).isSameAs(report);
    assertThat(closedBefore).hasValue(1);
  }

  @Test
  void callback_keepsItsShareOfTheTimeWhenTheSenderHangs() throws Exception {
    sender.stall();
    CountDownLatch called = new CountDownLatch(1);
    CountDownLatch interrupted = new CountDownLatch(1);
    LogStreamer log =
        job()
            .afterLog(
                report -> {
                  called.countDown();
                  try {
                    new CountDownLatch(1).await();
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                    throw e;
                  }
                })
            .start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(8));
    assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(finish.isDone()).isFalse();
    time.advance(Duration.ofSeconds(2));
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(finish.get().sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
  }

  @Test
  void callbackAndClosesThatThrow_costNothingElse() {
    BatchSender broken =
        new BatchSender() {
          @Override
          public void send(List<String> lines) throws Exception {
            sender.send(lines);
          }

          @Override
          public void close() {
            throw new AssertionError("close");
          }
        };
    LogStreamer log =
        LogStreamer.builder(broken)
            .engine(engine)
            .sink(sender)
            .afterLog(
                report -> {
                  throw new LinkageError("outcome");
                })
            .start();
    write(log.stdout(), "one\n");
    LogReport report = log.finish();
    assertThat(report.isComplete()).isTrue();
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(time.pending()).isZero();
  }

  // ---- the engine ----

  @Test
  void engineClose_finishesAllJobsUnderOneDeadlineAndReturnsTheirReports() throws Exception {
    StallingSender hung = StallingSender.stalled();
    LogStreamer stuck = LogStreamer.builder(hung).engine(engine).start();
    LogStreamer healthy = job().start();
    write(stuck.stdout(), "lost\n");
    write(healthy.stdout(), "one\nlast");
    hung.awaitInside();
    Elsewhere<List<LogReport>> close = Elsewhere.call(() -> engine.close(Duration.ofSeconds(10)));
    Eventually.until(() -> healthy.report().isComplete());
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(10));
    List<LogReport> reports = close.get();
    assertThat(reports).hasSize(2).containsExactlyInAnyOrder(stuck.report(), healthy.report());
    assertThat(healthy.report().isComplete()).isTrue();
    assertThat(stuck.report().sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 5));
    assertThat(engine.activeJobs()).isZero();
    assertThat(engine.close(Duration.ZERO)).isEmpty();
  }

  @Test
  void sharedEngine_canNotBeClosed() {
    assertThatIllegalStateException()
        .isThrownBy(() -> LogweirEngine.shared().close(Duration.ZERO))
        .withMessage("the shared engine can't be closed");
    assertThatIllegalStateException().isThrownBy(LogweirEngine.shared()::close);
    assertThat(LogweirEngine.shared()).isSameAs(LogweirEngine.shared());
  }

  @Test
  void engineClose_endsItsThreads() {
    LogweirEngine own = LogweirEngine.builder().build();
    LogStreamer log = LogStreamer.builder(sender).engine(own).start();
    write(log.stdout(), "one\n");
    own.close(Duration.ofSeconds(30));
    assertThat(log.report().isComplete()).isTrue();
    assertThat(own.drains.threads()).isZero();
    assertThat(own.sends.threads()).isZero();
    assertThatThrownBy(() -> LogStreamer.builder(sender).engine(own).start())
        .isInstanceOf(IllegalStateException.class);
  }
}
