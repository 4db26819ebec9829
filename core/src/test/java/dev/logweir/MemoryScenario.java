package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.FakeProcess;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Some jobs that go through all that core does for a job, and what must be true of them when an
 * allocation fails in their midst. Loaded with instrumented classes of core by {@link
 * NoMemoryTest}.
 */
public final class MemoryScenario {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final LogweirEngine engine;

  private MemoryScenario(LogweirEngine engine) {
    this.engine = engine;
  }

  /** What a job does; anything it allocates for itself is not instrumented. */
  private interface Action {
    void run() throws Exception;
  }

  /** Runs the jobs; throws an {@link AssertionError} that says what is not as it must be. */
  public static void run() throws Exception {
    MemoryBudget budget = MemoryBudget.of(1 << 20);
    LogweirEngine engine;
    try {
      engine = LogweirEngine.builder().budget(budget).build();
    } catch (OutOfMemoryError e) {
      return; // told to the caller, before there was anything
    }
    MemoryScenario scenario = new MemoryScenario(engine);
    for (Action job :
        List.<Action>of(
            scenario::mixedJob,
            scenario::pumpedJob,
            scenario::plainJob,
            scenario::shipper,
            scenario::cancelledJob,
            scenario::hungJob)) {
      mayThrowForMemory(job);
    }
    scenario.jobAfterwards();
    always("close of the engine", () -> engine.close(TIMEOUT));
    require(budget.usedBytes() == 0, "budget used: " + budget.usedBytes());
    require(engine.activeJobs() == 0, "active jobs: " + engine.activeJobs());
    require(engine.abandonedCalls() == 0, "abandoned calls: " + engine.abandonedCalls());
    require(engine.drains.threads() == 0, "drain threads: " + engine.drains.threads());
    require(engine.sends.threads() == 0, "send threads: " + engine.sends.threads());
    mayThrowForMemory(() -> require(engine.retainedBytes() == 0, "bytes are retained"));
  }

  private void mixedJob() throws Exception {
    FlakySender flaky = new FlakySender();
    FlakySender steady = new FlakySender();
    steady.calls.set(100);
    steady.gate.countDown();
    LogStreamer log =
        LogStreamer.builder(flaky)
            .sink(steady)
            .engine(engine)
            .maxSize(16 << 10)
            .maxLineBytes(1 << 10)
            .maxInterval(Duration.ofMillis(20))
            .processor(OutcomeVariables.unmasked())
            .processor(SecretMasker.of(List.of("secret", "other value")))
            .processor(LinePrefixer.numbered())
            .processor(new Throwing())
            .listener(line -> require(line.length() >= 0, "no length"))
            .afterLog(report -> report.isComplete())
            .start();
    try {
      write(
          log.stdout(), "::set-outcome-var key=value\n::start-multiline-outcome-var more\n1\n2\n");
      write(log.stdout(), "::end-multiline-outcome-var\na line\nthe sec");
      write(log.stderr(), "an error\n");
      write(log.stdout(), "ret and more\nthrow\n" + "l".repeat(5_000) + "secret\n");
      always("write of a byte", () -> log.stdout().write('\n'));
      for (int i = 0; i < 40; i++) {
        write(log.stdout(), ("x".repeat(99) + "\n").repeat(20));
        write(log.stderr(), ("secret" + "y".repeat(93) + "\n").repeat(3));
      }
      flaky.gate.countDown();
      mayThrowForMemory(() -> log.drain());
      mayThrowForMemory(() -> require(!log.report().toString().isEmpty(), "no text"));
      mayThrowForMemory(() -> log.recentLines());
      write(log.stdout(), "the end\nwithout a line end");
    } finally {
      flaky.gate.countDown();
      finish(log);
    }
    write(log.stdout(), "too late\n");
  }

  private void pumpedJob() throws Exception {
    FlakySender sender = new FlakySender();
    sender.gate.countDown();
    LogStreamer log =
        LogStreamer.builder(sender)
            .engine(engine)
            .maxSize(8 << 10)
            .whenFull(WhenFull.WAIT)
            .overflow(OverflowPolicy.DROP_OLDEST)
            .listener(line -> require(line.length() >= 0, "no length"))
            .start();
    try {
      FakeProcess process =
          FakeProcess.writing(("p".repeat(63) + "\n").repeat(1_000).getBytes(UTF_8));
      process.end(0);
      log.pump(process);
    } finally {
      finish(log);
    }
  }

  private void plainJob() throws Exception {
    FlakySender sender = new FlakySender();
    LogStreamer log = LogStreamer.builder(sender).engine(engine).maxSize(8 << 10).start();
    try {
      for (int i = 0; i < 100; i++) {
        write(log.stdout(), ("q".repeat(99) + "\n").repeat(4) + "begin");
        write(log.stderr(), "of stderr\n");
      }
      sender.gate.countDown();
      write(log.stdout(), "ning\n");
      always("close of a stream", () -> log.stderr().close());
    } finally {
      sender.gate.countDown();
      finish(log);
    }
  }

  private void shipper() {
    FlakySender sender = new FlakySender();
    BatchShipper shipper = BatchShipper.builder(sender).engine(engine).maxSize(4 << 10).start();
    try {
      for (int i = 0; i < 300; i++) {
        shipper.submit("submitted line " + i);
      }
      shipper.submit("s".repeat(3_000));
    } finally {
      sender.gate.countDown();
      always(
          "finish of a shipper", () -> balance(shipper.finish(TIMEOUT), DropReason.FLUSH_TIMEOUT));
    }
  }

  private void cancelledJob() {
    BatchSender hanging = lines -> new CountDownLatch(1).await();
    LogStreamer log = LogStreamer.builder(hanging).engine(engine).maxSize(4 << 10).start();
    write(log.stdout(), "one\ntwo\nopen");
    Thread.currentThread().interrupt();
    always("close of an interrupted thread", log::close);
    require(Thread.interrupted(), "the interrupt is gone");
    balance(log.report().sink(), null);
  }

  private void hungJob() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    BatchSender hung =
        lines -> {
          inside.countDown();
          boolean released = false;
          while (!released) {
            try {
              release.await();
              released = true;
            } catch (InterruptedException ignored) {
              // as a sender may that does not know better
            }
          }
        };
    LogStreamer log = LogStreamer.builder(hung).engine(engine).maxSize(4 << 10).start();
    try {
      write(log.stdout(), "one\n");
      inside.await(TIMEOUT.toSeconds(), TimeUnit.SECONDS);
      write(log.stdout(), "two\n".repeat(2_000));
      always("finish at once", () -> balance(log.finish(Duration.ZERO).sink(), null));
    } finally {
      release.countDown();
      always("close", log::close);
      Eventually.until(() -> engine.abandonedCalls() == 0);
    }
  }

  private void jobAfterwards() throws Exception {
    AllocationHook.disarm();
    FlakySender sender = new FlakySender();
    sender.calls.set(100);
    sender.gate.countDown();
    LogStreamer log = LogStreamer.builder(sender).engine(engine).processor(line -> {}).start();
    write(log.stdout(), "one\ntwo\n");
    write(log.stderr(), "three");
    LogReport report = log.finish(TIMEOUT);
    require(report.isComplete() && report.sink().shipped().lines() == 3, "afterwards: " + report);
  }

  /** A job that is over without having waited for its deadline, with a balance that closes. */
  private static void finish(LogStreamer log) {
    always(
        "finish",
        () -> {
          for (SinkReport sink : log.finish(TIMEOUT).sinks()) {
            balance(sink, DropReason.FLUSH_TIMEOUT);
          }
        });
  }

  private static void balance(SinkReport sink, DropReason never) {
    // Sums of its own: what a report adds up is instrumented.
    long bytes = sink.shipped().bytes() + sink.filtered().bytes() + sink.held().bytes();
    long lines = sink.shipped().lines() + sink.filtered().lines() + sink.held().lines();
    for (Tally dropped : sink.dropped().values()) {
      bytes += dropped.bytes();
      lines += dropped.lines();
    }
    boolean closes = bytes == sink.accepted().bytes() && lines == sink.accepted().lines();
    boolean inTime = never == null || !sink.dropped().containsKey(never);
    if (!closes || !inTime || !sink.held().isZero()) {
      AllocationHook.disarm();
      throw new AssertionError(
          (closes ? inTime ? "held at the end: " : "ended at its deadline: " : "the balance: ")
              + sink);
    }
  }

  private static void write(SafeBuffer stream, String text) {
    always("write", () -> stream.write(text.getBytes(UTF_8)));
  }

  private static void always(String what, Action action) {
    try {
      action.run();
    } catch (AssertionError e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(what + " threw " + e, e);
    }
  }

  /** What a caller asks for may be told to the caller that there is no memory for it. */
  private static void mayThrowForMemory(Action action) throws Exception {
    try {
      action.run();
    } catch (OutOfMemoryError ignored) {
      // the caller knows
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  /** Loses a line now and then. */
  private static final class Throwing implements LogProcessor {
    @Override
    public void process(LogLine line) {
      if (line.text().contains("throw")) {
        throw new IllegalStateException("thrown");
      }
    }
  }

  /** Reads its batches in every way, and fails in every way; its first call waits for the test. */
  private static final class FlakySender implements BatchSender {
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public void send(List<String> lines) throws Exception {
      int call = calls.incrementAndGet();
      gate.await();
      LogBatch batch = LogBatch.of(lines);
      for (int i = batch.size() - 1; i >= 0; i -= 7) {
        batch.get(i);
      }
      for (String line : lines) {
        require(!line.contains("\n"), "a line with a line end");
      }
      byte[] bytes = new byte[2_000];
      LineReader reader = batch.reader(batch.size() / 2);
      while (reader.next()) {
        reader.read(bytes, 0, Math.min(bytes.length, reader.length()));
      }
      batch.reader().readLines(bytes, 0, bytes.length);
      batch.call().timeLeft();
      batch.call().pause(Duration.ofNanos(1_000));
      batch.call().written();
      if (call == 2) {
        batch.call().delivered(1);
        throw new IllegalStateException("the server is away");
      }
      if (call == 3) {
        BitSet some = new BitSet();
        some.set(0);
        throw new SendException(SendException.Kind.REFUSED, "not all", null, some);
      }
      batch.call().answered();
    }
  }
}
