package dev.logweir.faktory;

import static dev.logweir.faktory.FakeFaktory.say;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.DropReason;
import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.testkit.Eventually;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The sender behind a streamer, as a runner has it. */
@Timeout(60)
class FaktoryPipelineTest {
  private FakeFaktory server;
  private FaktoryClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeFaktory();
    client = server.client().build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void jobs_areWithinTheirBoundForLinesOfAnyLength() throws Exception {
    try (LogStreamer log = LogStreamer.builder(client.sender("1")).maxSize(8 << 20).start()) {
      for (int length : new int[] {0, 1, 2, 3, 100, 5_000, 40_000, 70_000}) {
        for (int bytes = 0; bytes < 150_000; bytes += length + 1) {
          log.stdout().write(("x".repeat(length) + "\n").getBytes(UTF_8));
        }
      }
      assertThat(log.finish(Duration.ofSeconds(50)).isComplete()).isTrue();
    }

    assertThat(server.sizes).hasSizeGreaterThan(20).allMatch(size -> size <= 64 * 1024);
    // And filled: the first goes at once, the last with what is left.
    assertThat(server.sizes.stream().filter(size -> size > 60 * 1024).count())
        .isGreaterThan(server.sizes.size() / 2);
  }

  @Test
  void cancelling_endsAHungPushAndReportsItsLinesAsUnconfirmed() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          reached.countDown();
          call.awaitEnd();
        });
    AtomicReference<LogReport> report = new AtomicReference<>();
    LogStreamer log = LogStreamer.builder(client.sender("1")).start();
    log.stdout().write("never confirmed\n".getBytes(UTF_8));
    Thread finisher = new Thread(() -> report.set(log.finish(Duration.ofMinutes(10))));
    finisher.start();
    assertThat(reached.await(50, TimeUnit.SECONDS)).isTrue();
    Eventually.until(() -> finisher.getState() == Thread.State.TIMED_WAITING);

    log.close();

    finisher.join(50_000);
    assertThat(finisher.isAlive()).isFalse();
    assertThat(report.get().sinks().get(0).unconfirmed().bytes()).isEqualTo(16);
    assertThat(report.get().sinks().get(0).dropped(DropReason.FLUSH_TIMEOUT).bytes()).isEqualTo(16);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
    Eventually.until(() -> client.pool().inUse() == 0);
  }

  @Test
  void sink_addsNoThread() throws Exception {
    Set<Thread> before = OwnThreads.running();
    server.then(say("-ERR redis is away"), FakeFaktory.Call::accept, FakeFaktory.Call::reset);

    client.sender("1").send(List.of("is repeated"));
    client.sender("1").send(List.of("loses its connection"));
    client.sender("1").reportOutcome(JobOutcome.SUCCESS, Map.of());

    assertThat(server.pushed).hasSize(4);
    assertThat(before).containsAll(OwnThreads.running());
  }

  @Test
  void jobs_sideBySideEndUnderOneDeadlineWhenTheServerHangs() throws Exception {
    for (int i = 0; i < 10; i++) {
      server.greet(FakeFaktory.Call::awaitEnd);
    }
    LogweirEngine engine = LogweirEngine.builder().build();
    for (int job = 0; job < 20; job++) {
      LogStreamer log = LogStreamer.builder(client.sender("" + job)).engine(engine).start();
      log.stdout().write("a line\n".getBytes(UTF_8));
    }
    Eventually.until(() -> client.pool().inUse() == 4);

    List<LogReport> reports = engine.close(Duration.ofMillis(500));

    assertThat(reports).hasSize(20);
    for (LogReport report : reports) {
      assertThat(report.sinks().get(0).held().lines()).isZero();
      assertThat(
              report.sinks().get(0).shipped().lines()
                  + report.sinks().get(0).dropped(DropReason.FLUSH_TIMEOUT).lines()
                  + report.sinks().get(0).dropped(DropReason.SEND_FAILED).lines())
          .isEqualTo(1);
    }
    Eventually.until(() -> client.pool().inUse() == 0 && client.pool().waiting() == 0);
  }
}
