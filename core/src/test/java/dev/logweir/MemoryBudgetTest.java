package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.FakeProcess;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MemoryBudgetTest {
  private final MemoryBudget budget = MemoryBudget.of(64 << 10);
  private final LogweirEngine engine = LogweirEngine.builder().budget(budget).build();
  private final List<StallingSender> senders = new ArrayList<>();

  @AfterEach
  void closeEngine() {
    senders.forEach(StallingSender::recover);
    engine.close();
    assertThat(budget.usedBytes()).isZero();
  }

  private StallingSender sender() {
    StallingSender sender = new StallingSender();
    senders.add(sender);
    return sender;
  }

  private LogStreamer.Builder job(BatchSender sender) {
    return LogStreamer.builder(sender).engine(engine).maxSize(32 << 10);
  }

  private LogStreamer chattyWithAStalledSender() throws InterruptedException {
    StallingSender stalled = sender();
    stalled.stall();
    LogStreamer log = job(stalled).start();
    byte[] line = ("x".repeat(99) + "\n").getBytes(UTF_8);
    log.stdout().write(line);
    stalled.awaitInside();
    for (int i = 0; i < 3_000; i++) {
      log.stdout().write(line);
      if (i % 50 == 0) {
        log.drain();
      }
      assertThat(budget.usedBytes()).isLessThanOrEqualTo(budget.limitBytes());
    }
    return log;
  }

  @Test
  void limitAndUse_areShown() {
    assertThat(budget.limitBytes()).isEqualTo(65_536);
    assertThat(budget.usedBytes()).isZero();
    LogStreamer log = job(sender()).start();
    assertThat(budget.usedBytes()).isEqualTo(3 * 1_024);
    assertThat(budget).hasToString("MemoryBudget[3072 of 65536 bytes used]");
    log.close();
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void spentBudget_dropsWritesAsBudgetAndNeverWaits() throws Exception {
    LogStreamer log = chattyWithAStalledSender();
    SinkReport report = log.report().sink();
    assertThat(report.dropped(DropReason.BUDGET).isZero()).isFalse();
    senders.get(0).recover();
    SinkReport last = log.finish().sink();
    assertThat(last.shipped().plus(last.droppedTotal())).isEqualTo(last.accepted());
    assertThat(last.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
  }

  @Test
  void chattyJob_doesNotStarveAQuietOne() throws Exception {
    StallingSender sender = sender();
    LogStreamer quiet = job(sender).start();
    StallingSender masked = sender();
    LogStreamer withProcessors =
        job(masked).processor(line -> line.replace(line.text() + "!")).start();
    LogStreamer chatty = chattyWithAStalledSender();
    chatty.stdout().write("x".repeat(40_000).getBytes(UTF_8));
    assertThat(budget.limitBytes() - budget.usedBytes()).isLessThan(1_024);
    for (int i = 0; i < 20; i++) {
      quiet.stdout().write(("line " + i + "\n").getBytes(UTF_8));
      withProcessors.stderr().write(("l".repeat(300) + i + "\n").getBytes(UTF_8));
      quiet.drain();
      withProcessors.drain();
      int shipped = i + 1;
      if (i == 0) {
        sender.awaitLines(1);
        masked.awaitLines(1);
      }
      assertThat(quiet.report().sink().accepted().lines()).isEqualTo(shipped);
    }
    assertThat(quiet.finish().isComplete()).isTrue();
    LogReport report = withProcessors.finish();
    assertThat(report.sink().shipped().plus(report.sink().droppedTotal()))
        .isEqualTo(report.sink().accepted());
    assertThat(report.sink().shipped().lines()).isPositive();
  }

  @Test
  void longLine_goesOnWithWhatTheBudgetHas() throws Exception {
    StallingSender sender = sender();
    LogStreamer log = LogStreamer.builder(sender).engine(engine).maxSize(256 << 10).start();
    log.stdout().write(("y".repeat(40_000) + "\nnext\n").getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    StringBuilder text = new StringBuilder();
    for (String line : sender.lines()) {
      text.append(line.replace(" [logweir: continued]", ""));
    }
    assertThat(text.toString()).isEqualTo("y".repeat(40_000) + "next");
  }

  @Test
  void longLinesOfSeveralJobs_doNotHoldEachOther() throws Exception {
    List<LogStreamer> jobs = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      jobs.add(LogStreamer.builder(sender()).engine(engine).maxSize(256 << 10).start());
    }
    for (LogStreamer log : jobs) {
      log.stdout().write(("y".repeat(11_000) + "\n").getBytes(UTF_8));
    }
    for (LogStreamer log : jobs) {
      SinkReport report = log.finish().sink();
      assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
      assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    }
  }

  @Test
  void pumpThatWaits_waitsForTheBudgetToo() throws Exception {
    StallingSender sender = sender();
    LogStreamer log = job(sender).whenFull(WhenFull.WAIT).start();
    LogStreamer chatty = chattyWithAStalledSender();
    byte[] text = ("z".repeat(99) + "\n").repeat(2_000).getBytes(UTF_8);
    Elsewhere<Boolean> pump =
        Elsewhere.call(
            () -> {
              log.pump(FakeProcess.writing(text));
              return true;
            });
    sender.awaitLines(1);
    senders.get(1).recover();
    assertThat(pump.get()).isTrue();
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).hasSize(2_000);
    chatty.close();
  }
}
