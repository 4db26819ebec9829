package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProgressBarsTest {
  private final JobRecorder recorder = new JobRecorder();

  private LogReport ship(byte[] stdout) {
    try (LogStreamer log =
        LogStreamer.builder(recorder.sender()).processor(new ProgressBars()).start()) {
      log.stdout().write(stdout);
      return log.finish();
    }
  }

  @Test
  void barDrawnOverItself_leavesWhatItShowedLast() {
    LogReport report = ship("get a: 10%\rget a: 50%\rget a: 100%\r\nnext\n".getBytes(UTF_8));

    assertThat(recorder.arrivedLines()).containsExactly("get a: 100%\r", "next");
    LogReportAssert.assertThat(report).isComplete().hasFilteredLines(0);
  }

  @Test
  void barsOnLinesOfTheirOwn_areShownOnceATenth() {
    StringBuilder text = new StringBuilder();
    for (int percent = 0; percent <= 100; percent++) {
      text.append("[").append("=".repeat(percent / 5)).append("> ] ");
      text.append(percent).append(".5%\n");
    }
    LogReport report = ship(text.toString().getBytes(UTF_8));

    assertThat(recorder.arrivedLines()).hasSize(11).startsWith("[> ] 0.5%", "[==> ] 10.5%");
    LogReportAssert.assertThat(report).isComplete().hasFilteredLines(90);
  }

  @Test
  void linesThatShowSomethingElse_stay() {
    ship("covered: 81%\ntested: 82%\ntested: 85%\n81%\n\ntested: 85%\n".getBytes(UTF_8));

    assertThat(recorder.arrivedLines())
        .containsExactly("covered: 81%", "tested: 82%", "81%", "", "tested: 85%");
  }

  @Test
  void lineThatIsNoText_staysByteForByte() {
    byte[] bytes = "old\rnew \u00ff\n\u00fe 10%\n".getBytes(ISO_8859_1);
    ship(bytes);

    assertThat(recorder.arrivedLines())
        .containsExactly(
            new String("new \u00ff".getBytes(ISO_8859_1), UTF_8),
            new String("\u00fe 10%".getBytes(ISO_8859_1), UTF_8));
  }
}
