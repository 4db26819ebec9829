package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs live through half a minute in which nobody answers, with room for what they write. */
@Timeout(120)
class AwayTest {
  private static final Duration AWAY = Duration.ofSeconds(10);
  private static final Duration BACK = Duration.ofSeconds(40);
  private static final Duration END = Duration.ofSeconds(60);
  private static final Duration BETWEEN_WRITES = Duration.ofSeconds(1);

  private final VirtualTime time = new VirtualTime();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<LogStreamer> jobs = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 200})
  void outage_costsNothingWhileThereIsRoom(int count) throws Exception {
    FakeOpsLevel before = new FakeOpsLevel().otherwise(AwayTest::take);
    int port = before.port();
    List<FakeOpsLevel> servers = new ArrayList<>(List.of(before));
    try (OpsLevelClient client = client(before)) {
      time.schedule(() -> close(before), AWAY.toNanos());
      time.schedule(() -> servers.add(open(port)), BACK.toNanos());
      LogweirEngine engine = time.engine(threads);
      for (int i = 0; i < count; i++) {
        LogStreamer job =
            LogStreamer.builder(client.sender("job-" + i))
                .engine(engine)
                .maxInterval(BETWEEN_WRITES)
                .start();
        jobs.add(job);
        time.schedule(() -> write(job), BETWEEN_WRITES.toNanos() * i / count);
      }
      time.runTo(END);
      List<LogReport> reports = engine.close(Duration.ofSeconds(50));

      assertThat(reports).hasSize(count);
      assertThat(reports)
          .allSatisfy(
              report -> {
                assertThat(report.isComplete()).isTrue();
                assertThat(report.sink().shipped().lines()).isGreaterThanOrEqualTo(55);
              });
      assertThat(client.circuit().isShut()).isFalse();
    } finally {
      for (FakeOpsLevel server : servers) {
        server.close();
      }
      threads.shutdown();
    }
    assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
  }

  private OpsLevelClient client(FakeOpsLevel server) {
    VirtualPauses pauses = new VirtualPauses(time, Duration.ofSeconds(5));
    OpsLevelClient.Builder builder = server.client().attemptTimeout(Duration.ofSeconds(5));
    builder.nanoTime = time::nanoTime;
    builder.socketPatience = Duration.ofHours(1);
    builder.pauses = pauses;
    builder.timers = () -> pauses;
    return builder.build();
  }

  private static FakeOpsLevel open(int port) {
    try {
      return new FakeOpsLevel(new ServerSocket(port, 200, InetAddress.getLoopbackAddress()))
          .otherwise(AwayTest::take);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void take(FakeOpsLevel.Call call) throws IOException {
    call.readHead();
    call.readBytes(call.contentLength());
    call.respond(200, FakeOpsLevel.ACCEPTED);
  }

  private static void close(FakeOpsLevel server) {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void write(LogStreamer job) {
    job.stdout().write("a line\n".getBytes(US_ASCII));
    try {
      job.drain();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (time.now().compareTo(END.minus(BETWEEN_WRITES)) < 0) {
      time.schedule(() -> write(job), BETWEEN_WRITES.toNanos());
    }
  }
}
