package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What gives way when a sender is slow, and when batches go. */
@Timeout(60)
class OverflowTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(4 << 10);
  }

  private List<String> overflow(LogStreamer log) throws Exception {
    sender.stall();
    log.stdout().write("line 0\n".getBytes(UTF_8));
    sender.awaitInside();
    for (int i = 1; i <= 2_000; i++) {
      log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      log.drain();
    }
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.shipped().plus(report.dropped(DropReason.QUEUE_FULL)))
        .isEqualTo(report.accepted());
    return sender.lines();
  }

  @Test
  void dropNewest_keepsTheBeginning() throws Exception {
    List<String> lines = overflow(job().overflow(OverflowPolicy.DROP_NEWEST).start());
    assertThat(lines).startsWith("line 0", "line 1", "line 2");
    assertThat(lines.stream().filter(line -> line.startsWith("[logweir] "))).hasSize(1);
    assertAscending(lines);
  }

  @Test
  void dropOldest_keepsTheTail() throws Exception {
    List<String> lines = overflow(job().overflow(OverflowPolicy.DROP_OLDEST).start());
    assertThat(lines).startsWith("line 0").endsWith("line 1998", "line 1999", "line 2000");
    assertThat(lines.get(1)).startsWith("[logweir] ").endsWith("dropped here: queue_full");
    assertThat(lines.size()).isGreaterThan(500);
    assertAscending(lines);
  }

  @Test
  void withoutMarkers_gapsAreInTheReportOnly() throws Exception {
    LogStreamer log = job().markers(false).start();
    List<String> lines = overflow(log);
    assertThat(lines).allMatch(line -> line.startsWith("line "));
    assertThat(log.report().sink().gaps()).isNotEmpty();
    assertAscending(lines);
  }

  private static void assertAscending(List<String> lines) {
    List<Integer> numbers = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("line ")) {
        numbers.add(Integer.valueOf(line.substring(5)));
      }
    }
    assertThat(numbers).isSorted().doesNotHaveDuplicates();
  }

  @Test
  void lateEndUnderDropOldest_sendsTheLastBatchFirst() throws Exception {
    sender.stall();
    LogStreamer log = job().overflow(OverflowPolicy.DROP_OLDEST).start();
    log.stdout().write("line 0\n".getBytes(UTF_8));
    sender.awaitInside();
    for (int i = 1; i <= 900; i++) {
      log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      log.drain();
    }
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    log.drain();
    time.advance(Duration.ofSeconds(5));
    sender.recover();
    SinkReport report = finish.get().sink();
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT).isZero()).isFalse();
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    assertThat(sender.lines()).startsWith("line 0").endsWith("line 900");
    assertAscending(sender.lines());
  }

  @Test
  void intervalOfZero_sendsWhenTheSenderIsFree() throws Exception {
    LogStreamer log = job().maxInterval(Duration.ZERO).start();
    for (int i = 1; i <= 5; i++) {
      log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      sender.awaitLines(i);
    }
    sender.awaitOutside();
    sender.stall();
    int calls = sender.calls();
    log.stdout().write("line 6\n".getBytes(UTF_8));
    sender.awaitInside();
    for (int i = 7; i <= 100; i++) {
      log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      log.drain();
    }
    sender.recover();
    sender.awaitLines(100);
    assertThat(sender.calls()).isEqualTo(calls + 2);
    assertThat(log.finish().isComplete()).isTrue();
  }

  @Test
  void batchDueByTimeWhileItsSenderIsBusy_goesOnFilling() throws Exception {
    sender.stall();
    LogStreamer log = job().maxInterval(Duration.ofSeconds(1)).start();
    log.stdout().write("first\n".getBytes(UTF_8));
    sender.awaitInside();
    for (int i = 0; i < 10; i++) {
      log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      log.drain();
      time.advance(Duration.ofSeconds(2));
    }
    sender.recover();
    sender.awaitLines(11);
    assertThat(sender.batchSizes()).containsExactly(1, 10);
  }

  @Test
  void linesOfBothStreams_goInTheOrderInWhichTheyCame() {
    LogweirEngine undrained = LogweirEngine.builder().drainThreads(task -> null).build();
    LogStreamer log = LogStreamer.builder(sender).engine(undrained).listener(line -> {}).start();
    log.stdout().write("out\n".getBytes(UTF_8));
    log.stderr().write("err\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("out", "err");
    undrained.close();
  }
}
