package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** One test for each defect that the first attempts at this are known to have had. */
@Timeout(60)
class KnownDefectsTest {
  private final ManualTime time = new ManualTime();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final LogweirEngine engine =
      LogweirEngine.builder().time(time).metrics(LogweirMetrics.register(registry)).build();
  private final StallingSender sender = new StallingSender();

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

  @Test
  void flushAgainstAHungSender_returnsAtItsDeadline() throws Exception {
    sender.ignoreInterrupts();
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    write(log.stdout(), "two\nlast");
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(5)));
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(5).minusNanos(1));
    assertThat(log.report().sink().held()).isEqualTo(new Tally(3, 12));
    assertThat(finish.isDone()).isFalse();
    time.advance(Duration.ofNanos(1));
    SinkReport report = finish.get().sink();
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(3, 12));
    assertThat(report.held()).isEqualTo(Tally.NONE);
  }

  @Test
  void capInsideALine_joinsNothingOfALaterLine() throws Exception {
    for (int room = 0; room <= 18; room++) {
      StallingSender arriving = new StallingSender();
      LogweirEngine undrained = LogweirEngine.builder().drainThreads(task -> null).build();
      LogStreamer log = LogStreamer.builder(arriving).engine(undrained).maxSize(4 << 10).start();
      int cap = 4 * (Segment.capacity(Segment.SMALL) - RunMarks.BYTES);
      write(log.stdout(), "p".repeat(cap - room - 1) + "\n");
      write(log.stdout(), "line1\nline2\nline3\n");
      log.drain();
      write(log.stdout(), "more\n");
      LogReport report = log.finish();
      int kept = room / 6;
      List<String> expected = new ArrayList<>(List.of("line1", "line2", "line3").subList(0, kept));
      if (kept < 3) {
        expected.add(marker(3 - kept));
      }
      expected.add("more");
      assertThat(arriving.lines())
          .as("room for %d bytes", room)
          .filteredOn(line -> !line.startsWith("p"))
          .isEqualTo(expected);
      assertThat(report.sink().dropped(DropReason.BUFFER_FULL))
          .isEqualTo(new Tally(3 - kept, 6L * (3 - kept)));
      undrained.close();
    }
  }

  private static String marker(int lines) {
    return Tokenless.gap(lines, 6L * lines, DropReason.BUFFER_FULL);
  }

  @Test
  void exceptionBetweenStartAndFinish_leavesNoThreadTimerOrGauge() {
    List<Meter.Id> meters = registry.getMeters().stream().map(Meter::getId).toList();
    assertThatIllegalStateException()
        .isThrownBy(
            () -> {
              try (LogStreamer log = job().start()) {
                write(log.stdout(), "one\nlast");
                throw new IllegalStateException("the job failed");
              }
            })
        .withMessage("the job failed");
    assertThat(sender.lines()).containsExactly("one", "last");
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(time.pending()).isZero();
    assertThat(engine.activeJobs()).isZero();
    assertThat(engine.retainedBytes()).isZero();
    assertThat(registry.get("logweir.jobs.active").gauge().value()).isZero();
    assertThat(registry.get("logweir.bytes.retained").gauge().value()).isZero();
    assertThat(registry.getMeters()).extracting(Meter::getId).hasSameElementsAs(meters);
    engine.close();
    assertThat(engine.drains.threads()).isZero();
    assertThat(engine.sends.threads()).isZero();
  }

  @Test
  void cancelThenFinish_returns() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofHours(1)));
    time.awaitWaiting(1);
    log.close();
    LogReport report = finish.get();
    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
    assertThat(log.finish()).isEqualTo(report);
    assertThat(log.finish(Duration.ZERO)).isEqualTo(report);
  }

  @Test
  void sizesOfZeroAndLess_areRefused() {
    for (int size : new int[] {0, -1, Integer.MIN_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> LogStreamer.builder(sender).maxSize(size))
          .withMessage("maxSize must be from 4 KiB to 64 MiB: " + size);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BatchShipper.builder(sender).maxSize(size))
          .withMessage("maxSize must be from 4 KiB to 64 MiB: " + size);
    }
  }

  @Test
  void twoSinks_shareOneLifeCycle() throws Exception {
    StallingSender second = new StallingSender();
    AtomicInteger outcomes = new AtomicInteger();
    sender.stall();
    LogStreamer log = job().sink(second).afterLog(report -> outcomes.incrementAndGet()).start();
    write(log.stdout(), "one\ntwo\n");
    sender.awaitInside();
    second.awaitLines(2);
    write(log.stdout(), "last");
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    Eventually.until(() -> log.report().sinks().get(1).shipped().lines() == 3);
    time.awaitWaiting(1);
    assertThat(second.closed()).isZero();
    time.advance(Duration.ofSeconds(8));
    LogReport report = finish.get();
    assertThat(report.sinks()).hasSize(2);
    assertThat(report.sinks().get(0).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(3, 12));
    assertThat(report.sinks().get(1).isComplete()).isTrue();
    assertThat(report.sinks().get(1).shipped()).isEqualTo(new Tally(3, 12));
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(second.closed()).isEqualTo(1);
    assertThat(outcomes).hasValue(1);
    assertThat(time.pending()).isLessThanOrEqualTo(1);
  }

  @Test
  void everyByteDroppedInTheQueue_isInTheCounter() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    String line = "x".repeat(99) + "\n";
    write(log.stdout(), line);
    sender.awaitInside();
    for (int i = 1; i < 1_000; i++) {
      write(log.stdout(), line);
      log.drain();
    }
    Tally dropped = log.report().sink().dropped(DropReason.QUEUE_FULL);
    assertThat(dropped.lines()).isGreaterThan(800);
    assertThat(dropped.bytes()).isEqualTo(100 * dropped.lines());
    sender.recover();
    SinkReport report = log.finish().sink();
    for (DropReason reason : DropReason.values()) {
      assertThat(counter("bytes.dropped", reason)).isEqualTo(report.dropped(reason).bytes());
      assertThat(counter("lines.dropped", reason)).isEqualTo(report.dropped(reason).lines());
    }
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(new Tally(1_000, 100_000));
  }

  private long counter(String name, DropReason reason) {
    return (long)
        registry.get("logweir." + name).tag("reason", reason.value()).functionCounter().count();
  }

  @Test
  void silentJobsLastLines_goOutAfterTheInterval() throws Exception {
    LogStreamer log = job().maxInterval(Duration.ofSeconds(30)).start();
    write(log.stdout(), "first\n");
    sender.awaitLines(1);
    sender.awaitOutside();
    write(log.stdout(), "last words\n");
    log.drain();
    time.advance(Duration.ofSeconds(27).minusNanos(1));
    assertThat(sender.calls()).isEqualTo(1);
    time.advance(Duration.ofSeconds(3));
    sender.awaitLines(2);
    assertThat(sender.lines()).containsExactly("first", "last words");
  }
}
