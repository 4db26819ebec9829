package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ScriptedSenderTest {
  private static final Duration ENOUGH = Duration.ofSeconds(20);

  @Test
  void sender_doesCallByCallWhatWasSaid() throws Exception {
    ScriptedSender sender =
        new ScriptedSender().thenDeliver().thenFail(new IOException("down")).thenHang();
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log =
            LogStreamer.builder(sender).engine(engine).maxInterval(Duration.ZERO).start()) {
      for (int i = 1; i <= 3; i++) {
        log.stdout().write(("line " + i + "\n").getBytes(UTF_8));
        sender.awaitCalls(i);
      }
      assertThat(sender.lines()).containsExactly("line 1");
      sender.release();
      report = log.finish(ENOUGH);
    }

    assertThat(sender.lines()).contains("line 1", "line 3").doesNotContain("line 2");
    assertThat(sender.isClosed()).isTrue();
    LogReportAssert.assertThat(report)
        .isIncomplete()
        .isBalanced()
        .hasAcceptedLines(3)
        .hasShippedLines(2)
        .hasDroppedOnlyAs(DropReason.SEND_FAILED)
        .hasDroppedLines(DropReason.SEND_FAILED, 1);
  }

  @Test
  void sender_deliversAPart() throws Exception {
    ScriptedSender sender = new ScriptedSender().thenDeliverOnly(2);
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log = LogStreamer.builder(sender).engine(engine).start()) {
      log.stdout().write("a\nb\nc\nd\n".getBytes(UTF_8));
      report = log.finish(ENOUGH);
    }

    assertThat(sender.batches().get(0)).containsExactly("a", "b");
    LogReportAssert.assertThat(report)
        .hasShippedLines(2)
        .hasDroppedLines(DropReason.SEND_FAILED, 2);
  }

  @Test
  void sender_thatHangsForGoodIsGivenUp() throws Exception {
    ScriptedSender sender = new ScriptedSender().thenHangUninterruptibly();
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log =
            LogStreamer.builder(sender).engine(engine).maxInterval(Duration.ZERO).start()) {
      log.stdout().write("a\n".getBytes(UTF_8));
      sender.awaitCalls(1);
      LogReport report = log.finish(Duration.ofMillis(50));
      sender.release();

      LogReportAssert.assertThat(report).hasDroppedOnlyAs(DropReason.FLUSH_TIMEOUT);
    }
  }

  @Test
  void recorder_explainsAWholeLogAndOneWithGaps() throws Exception {
    for (boolean hangs : new boolean[] {false, true}) {
      JobRecorder recorder = new JobRecorder();
      ScriptedSender gate = new ScriptedSender();
      if (hangs) {
        gate.thenHang();
      }
      LogReport report;
      try (LogweirEngine engine = LogweirEngine.builder().build();
          LogStreamer log =
              LogStreamer.builder(
                      lines -> {
                        gate.send(lines);
                        recorder.sender().send(lines);
                      })
                  .engine(engine)
                  .maxSize(4_096)
                  .maxInterval(Duration.ZERO)
                  .start()) {
        OutputStream out = recorder.stream(log.stdout());
        out.write("first\n".getBytes(UTF_8));
        gate.awaitCalls(1);
        for (int i = 0; i < (hangs ? 5_000 : 50); i++) {
          out.write(("line " + i + (i % 100 == 0 ? "x".repeat(3_000) : "") + "\n").getBytes(UTF_8));
          if (!hangs) {
            log.drain();
          }
        }
        out.write("the last, without an end".getBytes(UTF_8));
        gate.release();
        report = log.finish(ENOUGH);
      }

      LogReportAssert.assertThat(report).isBalanced();
      assertThat(report.isComplete()).isEqualTo(!hangs);
      recorder.assertExplained(report);
      recorder.arrived("a line that nobody wrote".getBytes(UTF_8));
      assertThatThrownBy(() -> recorder.assertExplained(report)).isInstanceOf(AssertionError.class);
    }
  }

  @Test
  void recorder_seesALineThatIsMissing() throws Exception {
    JobRecorder recorder = new JobRecorder();
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log = LogStreamer.builder(lines -> {}).engine(engine).start()) {
      recorder.stream(log.stdout()).write("one\ntwo\nthree\n".getBytes(UTF_8));
      report = log.finish(ENOUGH);
    }
    recorder.arrived("one".getBytes(UTF_8));
    recorder.arrived("three".getBytes(UTF_8));

    assertThatThrownBy(() -> recorder.assertExplained(report))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("line 2 of what arrived, at byte 4");
  }

  @Test
  void assertions_showTheReport() {
    LogReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log = LogStreamer.builder(lines -> {}).engine(engine).name("build").start()) {
      log.stdout().write("one\n".getBytes(UTF_8));
      report = log.finish(ENOUGH);
    }

    LogReportAssert.assertThat(report).isComplete().hasDroppedNothing().hasFilteredLines(0);
    assertThatThrownBy(() -> LogReportAssert.assertThat(report).isIncomplete())
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("build: shipped 1 lines");
    assertThatThrownBy(() -> LogReportAssert.assertThat(report).hasShippedLines(2))
        .hasMessageContaining("expected 2 lines shipped, not 1");
    assertThatThrownBy(() -> LogReportAssert.assertThat(report).hasDroppedOnlyAs(DropReason.BUDGET))
        .hasMessageContaining("budget");
  }
}
