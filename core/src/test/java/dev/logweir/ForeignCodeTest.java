package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;

/**
 * A small job through all calls of foreign code there are, again and again; each time one call
 * throws. It may cost its own line or batch: never the drain, the sink, a thread or the account.
 */
@Timeout(300)
class ForeignCodeTest {
  private static final ExecutorService SENDS =
      Executors.newCachedThreadPool(DaemonThreads.platform("test-foreign-"));

  /** Calls of one name that are tried; the last one is tried besides. */
  private static final int TRIED = 6;

  private static final Duration LONG = Duration.ofSeconds(30);

  private static final List<String> LINES =
      List.of("one", "process me", "two", "hear me", "send me", "three", "four");

  /** Calls at which a fault costs a line or a batch, which here is one line. */
  private static final Set<String> COSTLY = Set.of("processor.process", "sender.send");

  /** By number: a test's name must not be asked of a hostile exception. */
  static IntStream faults() {
    return IntStream.range(0, Faults.ALL.size());
  }

  @AfterAll
  static void endThreads() {
    SENDS.shutdown();
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("faults")
  void anyCallThatThrows_costsItsOwnLineOrBatchAtMost(int faultNumber) throws Exception {
    Throwable fault = Faults.ALL.get(faultNumber);
    Run clean = new Run();
    clean.run();
    assertThat(clean.foreign.calls())
        .containsKeys("logger.warn", "meter.record", "executor.execute", "exception.getMessage")
        .containsKeys("sender.encodedBytes", "processor.forStream", "afterLog.run", "thread.make");
    assertThat(clean.lost).isEqualTo(2);
    for (Map.Entry<String, Integer> call : clean.foreign.calls().entrySet()) {
      for (int number = 1; number <= call.getValue(); number++) {
        if (number <= TRIED || number == call.getValue()) {
          tryOne(call.getKey(), number, fault);
        }
      }
    }
  }

  private static void tryOne(String call, int number, Throwable fault) throws Exception {
    Run run = new Run();
    run.foreign.fail(call, number, fault);
    try {
      run.run();
      if (run.started && run.foreign.hasThrown()) {
        assertThat(run.lost).isLessThanOrEqualTo(COSTLY.contains(call) ? 3 : 2);
      }
    } catch (Throwable e) {
      // Not as the cause: who prints the failure would ask it for its own.
      throw new AssertionError(
          call + ", call " + number + ": " + Thrown.describe(e) + " at " + Thrown.place(e));
    }
  }

  /** One run of the job. */
  private static final class Run {
    final ForeignCode foreign = new ForeignCode();
    private final ManualTime time = new ManualTime();
    private final LoggerContext context = new LoggerContext();
    private final MemoryBudget budget = MemoryBudget.of(1 << 20);
    private final List<String> arrived = new CopyOnWriteArrayList<>();
    private final LogweirMetrics metrics = LogweirMetrics.register(registry());
    private final ThreadFactory threads = DaemonThreads.platform("test-foreign-drain-");
    private final LogweirEngine engine =
        LogweirEngine.builder()
            .time(time)
            .budget(budget)
            .metrics(metrics)
            .loggers(
                name -> {
                  foreign.called("loggers.getLogger");
                  return foreign.watch(Logger.class, "logger", context.getLogger(name));
                })
            .sendExecutor(
                task -> {
                  foreign.called("executor.execute");
                  SENDS.execute(task);
                })
            .drainThreads(
                task -> {
                  foreign.called("thread.make");
                  return threads.newThread(task);
                })
            .build();

    boolean started;
    long lost;

    Run() {
      context.getLogger(Logger.ROOT_LOGGER_NAME).setLevel(Level.DEBUG);
      time.whileWaiting(
          (latch, nanos) -> {
            // What a timer tries again comes soon; a deadline does not come.
            for (int i = 0; i < 20; i++) {
              if (latch.await(20, TimeUnit.MILLISECONDS)) {
                return true;
              }
              time.advance(Duration.ofMillis(50));
            }
            return latch.await(20, TimeUnit.SECONDS);
          });
    }

    private SimpleMeterRegistry registry() {
      return new SimpleMeterRegistry() {
        @Override
        protected Timer newTimer(
            Meter.Id id, DistributionStatisticConfig config, PauseDetector pauses) {
          return foreign.watch(Timer.class, "meter", super.newTimer(id, config, pauses));
        }
      };
    }

    void run() throws Exception {
      try {
        LogStreamer log = start();
        if (log != null) {
          started = true;
          ship(log);
          end(log);
        }
        assertOtherJobWorks();
      } finally {
        engine.close(LONG);
        metrics.close();
      }
      assertNothingIsLeft();
    }

    /** Returns the job; null if its own start was refused by what was thrown. */
    private LogStreamer start() {
      LogStreamer.Builder builder =
          LogStreamer.builder(foreign.watch(BatchSender.class, "sender", new Sender()))
              .engine(engine)
              .maxSize(4 << 10)
              .maxInterval(Duration.ZERO)
              .processor(foreign.watch(LogProcessor.class, "processor", new Processor()))
              .listener(
                  foreign.watch(
                      LogListener.class,
                      "listener",
                      line -> {
                        if (line.text().equals("hear me")) {
                          throw foreign.new Failure();
                        }
                      }))
              .afterLog(foreign.watch(AfterLog.class, "afterLog", report -> {}));
      try {
        return builder.start();
      } catch (Throwable refused) {
        if (!foreign.hasThrown()) {
          throw refused;
        }
        return null;
      }
    }

    private void ship(LogStreamer log) throws Exception {
      for (String line : LINES) {
        log.stdout().write((line + "\n").getBytes(UTF_8));
        log.drain();
        Thread.interrupted(); // drain() gives back what may have been meant for its caller
        Eventually.until(
            () -> {
              time.advance(Duration.ofMillis(100));
              return log.report().sink().held().isZero();
            });
      }
    }

    private void end(LogStreamer log) {
      SinkReport report = log.finish(LONG).sink();
      assertThat(report.held()).isEqualTo(Tally.NONE);
      assertThat(report.accepted().lines()).isEqualTo(LINES.size());
      assertThat(report.shipped().plus(report.filtered()).plus(report.droppedTotal()))
          .isEqualTo(report.accepted());
      assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
      assertThat(arrived)
          .filteredOn(line -> !line.startsWith("[logweir "))
          .hasSize((int) report.shipped().lines());
      lost = report.droppedTotal().lines();
      for (String last : List.of("sender.close", "processor.close", "afterLog.run")) {
        assertThat(foreign.count(last)).as(last).isEqualTo(1);
      }
    }

    private void assertOtherJobWorks() {
      List<String> lines = new CopyOnWriteArrayList<>();
      LogStreamer other = LogStreamer.builder(lines::addAll).engine(engine).start();
      other.stdout().write("of another job\n".getBytes(UTF_8));
      assertThat(other.finish(LONG).isComplete()).isTrue();
      assertThat(lines).containsExactly("of another job");
    }

    private void assertNothingIsLeft() {
      assertThat(engine.activeJobs()).as("jobs").isZero();
      assertThat(engine.abandonedCalls()).as("abandoned calls").isZero();
      assertThat(engine.retainedBytes()).as("bytes").isZero();
      assertThat(budget.usedBytes()).as("budget").isZero();
      assertThat(time.pending()).as("timers").isZero();
      assertThat(engine.drains.threads()).as("threads of drains").isZero();
      assertThat(engine.sends.threads()).as("threads of sends").isZero();
      assertThat(engine.closings.threads()).as("threads of ends").isZero();
    }

    private final class Sender implements BatchSender {
      @Override
      public void send(List<String> lines) throws Exception {
        if (lines.contains("send me")) {
          throw foreign.new Failure();
        }
        arrived.addAll(List.copyOf(lines));
      }

      @Override
      public int maxBatchBytes() {
        return 2 << 10;
      }

      @Override
      public void close() throws Exception {
        throw foreign.new Failure();
      }
    }

    private final class Processor implements LogProcessor {
      @Override
      public void process(LogLine line) throws Exception {
        if (line.text().equals("process me")) {
          throw foreign.new Failure();
        }
      }

      @Override
      public LogProcessor forStream(LogSource source) {
        return foreign.watch(LogProcessor.class, "processor", this);
      }

      @Override
      public void end(Output out) throws Exception {
        throw foreign.new Failure();
      }

      @Override
      public void close() throws Exception {
        throw foreign.new Failure();
      }
    }
  }
}
