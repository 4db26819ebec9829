package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.ExitMarker;
import dev.logweir.LogEnd;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import io.kubernetes.client.Exec;
import io.kubernetes.client.util.ClientBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The process that the official client's exec gives, pumped. */
@Timeout(60)
class OfficialClientTest {
  private final Collected sent = new Collected();
  private final ExitMarker marker = ExitMarker.random();
  private FakeKubernetes server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeKubernetes();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    assertThat(server.failures).isEmpty();
  }

  private Process exec(String... command) throws Exception {
    ClientBuilder builder = new ClientBuilder().setBasePath(server.url());
    return new Exec(builder.setPingInterval(Duration.ZERO).build())
        .exec("jobs", "job-1", command, "main", false, false);
  }

  @Test
  void aProcess_isPumpedToItsMarker() throws Exception {
    server.exec(FakeKubernetes.Exec::runHere);
    String[] command =
        marker.wrap("sh", "seq 1 20000; echo err >&2; exit 3").toArray(new String[0]);
    try (LogStreamer log =
        LogStreamer.builder(sent).whenFull(WhenFull.WAIT).exitMarker(marker).start()) {
      log.pump(exec(command));
      LogReport report = log.finish();
      assertThat(report.end().exitCode()).hasValue(3);
      assertThat(sent.lines()).hasSize(20_001).contains("20000", "err");
      assertThat(report.sink().isComplete()).isTrue();
    }
  }

  @Test
  void aProcessWhoseStreamIsCut_isSevered() throws Exception {
    server.exec(e -> e.upgrade().stdout("one\n").cut());
    try (LogStreamer log = LogStreamer.builder(sent).exitMarker(marker).start()) {
      Process process = exec("x");
      log.pump(process);
      assertThat(process.waitFor()).isNegative();
      LogReport report = log.finish();
      assertThat(report.end()).isEqualTo(log.end());
      assertThat(report.end().kind()).isEqualTo(LogEnd.Kind.SEVERED);
      assertThat(report.isComplete()).isFalse();
      assertThat(sent.lines()).containsExactly("one");
    }
  }

  @Test
  void aProcess_isHeldBack() throws Exception {
    HeldBack held = new HeldBack();
    held.runOn(server);
    Process process = exec("x");
    try (LogStreamer log = held.log()) {
      Thread holder =
          new Thread(
              () -> {
                long before = -1;
                try {
                  while (held.offered.get() != before || before == 0) {
                    before = held.offered.get();
                    process.waitFor(500, TimeUnit.MILLISECONDS);
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
                assertThat(before).isLessThan(HeldBack.TOTAL_BYTES - (1 << 20));
                held.release.countDown();
              });
      holder.start();
      log.pump(process);
      holder.join();
      LogReport report = log.finish(Duration.ofSeconds(30));
      process.waitFor(); // what code it gives is the client's own affair
      assertThat(report.sink().isComplete()).as(report.toString()).isTrue();
      assertThat(held.taken.get()).isEqualTo(held.offered.get());
    }
  }
}
