package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs for whose segments the heap has no room, at any one of them or for a while. */
@Timeout(60)
class SegmentMemoryTest {
  private static final byte[] LINES = ("x".repeat(99) + "\n").repeat(60).getBytes(UTF_8);

  private final AtomicInteger asked = new AtomicInteger();

  /** The first one that can't be had, counted from 1, and the first one after it that can. */
  private volatile int failsFrom = Integer.MAX_VALUE;

  private volatile int failsTo = Integer.MAX_VALUE;
  private final ManualTime time = new ManualTime();
  private final MemoryBudget budget = MemoryBudget.of(1 << 20);
  private final LogweirEngine engine =
      LogweirEngine.builder().time(time).budget(budget).segments(this::segment).build();
  private final StallingSender sender = new StallingSender();

  private Segment segment(int nominal) {
    int number = asked.incrementAndGet();
    if (number >= failsFrom && number < failsTo) {
      throw new OutOfMemoryError("no heap for a segment");
    }
    return new Segment(nominal);
  }

  private void fail(boolean fails) {
    failsFrom = fails ? 0 : Integer.MAX_VALUE;
    failsTo = Integer.MAX_VALUE;
  }

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
    assertThat(budget.usedBytes()).isZero();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(16 << 10);
  }

  private static void checkBalance(SinkReport report) {
    assertThat(report.shipped().plus(report.droppedTotal()).plus(report.filtered()))
        .as("%s", report)
        .isEqualTo(report.accepted());
    assertThat(report.held()).isEqualTo(Tally.NONE);
  }

  @Test
  void writeWithoutHeap_dropsAsMemoryAndLeavesTheBudgetRight() {
    LogStreamer log = job().processor(line -> {}).start();
    long reserve = budget.usedBytes();
    fail(true);
    for (int i = 0; i < 10; i++) {
      log.stdout().write(LINES);
      log.stderr().write('y');
      assertThat(budget.usedBytes()).isEqualTo(reserve);
    }
    assertThat(log.report().sink().dropped(DropReason.MEMORY)).isEqualTo(new Tally(600, 60_010));
    fail(false);
    log.stdout().write("on\n".getBytes(UTF_8));
    SinkReport report = log.finish().sink();
    checkBalance(report);
    assertThat(sender.lines())
        .containsSubsequence("[logweir] 600 lines (60,000 bytes) dropped here: memory", "on")
        .hasSizeBetween(3, 4); // a line that is told of before it has ended has two markers
    assertThat(report.dropped(DropReason.MEMORY)).isEqualTo(new Tally(601, 60_010));
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void drainWithoutHeap_leavesTheLinesAndGoesOnByItself() throws Exception {
    LogStreamer log = job().listener(line -> {}).start();
    int had = 3;
    failsFrom = asked.get() + 1 + had;
    log.stdout().write(LINES, 0, 1_900);
    log.drain();
    assertThat(log.report().sink().held()).isEqualTo(new Tally(19, 1_900));
    fail(false);
    time.advance(Duration.ofMillis(100));
    sender.awaitLines(19);
    assertThat(log.finish().isComplete()).isTrue();
  }

  @Test
  void anySegment_mayNotBeThere() throws Exception {
    int most = scenario(Integer.MAX_VALUE, Integer.MAX_VALUE);
    assertThat(most).isGreaterThan(20);
    for (int from = 1; from <= most; from++) {
      scenario(from, from + 1);
      scenario(from, from + 7);
      scenario(
          from,
          from
              + 60); // also in the last drain if (Boolean.getBoolean("wide")) scenario(from, from +
      // 60);
    }
  }

  /** Returns how many segments were asked for. */
  private int scenario(int from, int to) throws Exception {
    AtomicInteger number = new AtomicInteger();
    MemoryBudget own = MemoryBudget.of(1 << 20);
    ManualTime clock = new ManualTime();
    List<LogStreamer> logs = new ArrayList<>();
    // Where memory ends in the last drain, a timer asks for another, for which there is no thread.
    clock.whileWaiting(
        (over, nanos) -> {
          while (!over.await(1, TimeUnit.MILLISECONDS)) {
            clock.advance(Duration.ofMillis(100));
            for (LogStreamer log : logs) {
              log.drain();
            }
          }
          return true;
        });
    LogweirEngine runner =
        LogweirEngine.builder()
            .time(clock)
            .budget(own)
            .drainThreads(task -> null)
            .segments(
                nominal -> {
                  int count = number.incrementAndGet();
                  if (count >= from && count < to) {
                    throw new OutOfMemoryError("no heap for a segment");
                  }
                  return new Segment(nominal);
                })
            .build();
    List<StallingSender> senders = List.of(new StallingSender(), new StallingSender());
    SecretMasker masker = SecretMasker.of(List.of("secret"));
    LogStreamer.Builder builder = LogStreamer.builder(senders.get(0)).engine(runner);
    builder.sink(senders.get(1)).processor(masker).maxSize(16 << 10).maxLineBytes(1 << 10);
    logs.add(builder.start());
    StallingSender plain = new StallingSender();
    logs.add(LogStreamer.builder(plain).engine(runner).maxSize(16 << 10).start());
    for (LogStreamer log : logs) {
      for (int i = 0; i < 4; i++) {
        log.stdout().write(LINES, 0, 3_500 + i);
        log.stderr().write(("z".repeat(1_500) + "secret\n").getBytes(UTF_8));
        log.drain();
      }
    }
    for (LogStreamer log : logs) {
      for (SinkReport report : log.finish(Duration.ofDays(1)).sinks()) {
        checkBalance(report);
        assertThat(report.droppedTotal())
            .as("%s", report)
            .isEqualTo(report.dropped(DropReason.MEMORY));
      }
    }
    assertThat(senders.get(0).lines()).isEqualTo(senders.get(1).lines());
    assertThat(own.usedBytes()).as("used after %d to %d", from, to).isZero();
    // One may be the engine's: it looks after the thread for ends until that is idle.
    assertThat(clock.pending()).isLessThanOrEqualTo(1);
    clock.advanceUntil(() -> clock.pending() == 0, Duration.ofSeconds(1));
    runner.close();
    return number.get();
  }
}
