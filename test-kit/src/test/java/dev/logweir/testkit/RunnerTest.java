package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A test of a runner, as the page on senders shows it. */
@Timeout(60)
class RunnerTest {
  private final ManualTime time = new ManualTime();
  private final ScriptedSender sender = new ScriptedSender().thenDeliver().thenHang();

  @Test
  void jobWhoseServerHangs_endsAtItsDeadline() throws Exception {
    try (LogweirEngine engine = LogweirEngine.builder().time(time).build();
        LogStreamer log = LogStreamer.builder(sender).engine(engine).start()) {
      log.pump(FakeProcess.writing("goes at once\n".getBytes(UTF_8)));
      sender.awaitLines(1);
      log.pump(FakeProcess.writing("waits for others, up to 30 s\n".getBytes(UTF_8)));
      time.advanceUntil(() -> sender.calls() == 2, Duration.ofSeconds(1));

      CompletableFuture<LogReport> end =
          CompletableFuture.supplyAsync(() -> log.finish(Duration.ofSeconds(10)));
      time.awaitWaiting(1);
      time.advance(Duration.ofSeconds(10));

      LogReportAssert.assertThat(end.get())
          .hasShippedLines(1)
          .hasDroppedLines(DropReason.FLUSH_TIMEOUT, 1);
    }
  }
}
