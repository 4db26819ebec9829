package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.DropReason;
import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.testkit.Eventually;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sender behind a streamer, as a runner has it. */
@Timeout(60)
class OpsLevelPipelineTest {
  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    client = server.client().build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void log_arrivesByteForByteAndTheOutcomeAfterIt() throws Exception {
    byte[] written = new byte[1 << 20]; // about one byte in 256 is a line end
    new Random(7).nextBytes(written);
    written[written.length - 1] = '\n';
    OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
    LogReport report;
    try (LogStreamer log =
        LogStreamer.builder(sender)
            .maxSize(4 * 1024 * 1024)
            .afterLog(r -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of("k", "v")))
            .start()) {
      log.stdout().write(written);
      report = log.finish(Duration.ofSeconds(50));
    }

    assertThat(report.isComplete()).isTrue();
    ByteArrayOutputStream arrived = new ByteArrayOutputStream();
    for (byte[] line : server.lines()) {
      arrived.writeBytes(line);
      arrived.write('\n');
    }
    assertThat(arrived.toByteArray()).isEqualTo(written);
    assertThat(server.requests.get(server.requests.size() - 1).input())
        .containsEntry("outcome", "success");
  }

  @Test
  void cancelling_endsAHungCallAndReportsItsLinesAsUnconfirmed() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.read();
          reached.countDown();
          call.awaitEnd();
        });
    AtomicReference<LogReport> report = new AtomicReference<>();
    LogStreamer log = LogStreamer.builder(client.sender(FakeOpsLevel.JOB)).start();
    log.stdout().write("never confirmed\n".getBytes(UTF_8));
    Thread finisher = new Thread(() -> report.set(log.finish(Duration.ofMinutes(10))));
    finisher.start();
    assertThat(reached.await(50, TimeUnit.SECONDS)).isTrue();
    Eventually.until(() -> finisher.getState() == Thread.State.TIMED_WAITING);

    log.close();

    finisher.join(50_000);
    assertThat(finisher.isAlive()).isFalse();
    assertThat(report.get().isComplete()).isFalse();
    assertThat(report.get().sinks().get(0).unconfirmed().bytes()).isEqualTo(16);
    assertThat(report.get().sinks().get(0).dropped(DropReason.FLUSH_TIMEOUT).bytes()).isEqualTo(16);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
    Eventually.until(() -> client.transport().connectionCount() == 0);
  }
}
