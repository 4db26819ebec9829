package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.server.mock.ErrorStreamMessage;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.server.mock.OutputStreamMessage;
import io.fabric8.kubernetes.client.server.mock.StatusStreamMessage;
import java.net.InetAddress;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The same against the mock server of the client's own project: another reading of the protocol.
 */
@Timeout(60)
class MockServerTest {
  private final Collected sent = new Collected();
  private final KubernetesMockServer server = new KubernetesMockServer(false);
  private NamespacedKubernetesClient client;
  private LogReport report;

  /** Released when the server has all messages of an exec. */
  private final Semaphore added = new Semaphore(0);

  @BeforeEach
  void start() throws Exception {
    server.init(InetAddress.getLoopbackAddress(), 0);
    client = server.createClient();
    Pod pod =
        new PodBuilder()
            .withNewMetadata()
            .withName("job-1")
            .endMetadata()
            .withNewSpec()
            .addNewContainer()
            .withName("main")
            .endContainer()
            .endSpec()
            .withNewStatus()
            .withPhase("Running")
            .endStatus()
            .build();
    server
        .expect()
        .get()
        .withPath("/api/v1/namespaces/jobs/pods/job-1")
        .andReturn(200, pod)
        .always();
  }

  @AfterEach
  void stop() {
    client.close();
    server.destroy();
  }

  private PodExecResult run(String... command) throws Exception {
    PodExec exec =
        PodExec.builder(client)
            .namespace("jobs")
            .pod("job-1")
            .container("main")
            .stoppable(false)
            .build();
    try (LogStreamer log = LogStreamer.builder(sent).whenFull(WhenFull.WAIT).start()) {
      PodExecResult result = exec.run(log, command);
      report = log.finish();
      return result;
    }
  }

  /*
   * The mock server sends each message by a scheduler and closes once none waits there: where the
   * first was sent before the second was added, it closes with all others unsent. So the first is
   * held until the last was added; the scheduler has one thread, and the server asks for a
   * message's delay when it has added it.
   */

  private final class First extends OutputStreamMessage {
    First(String text) {
      super(text);
    }

    @Override
    public byte[] getBytes() {
      added.acquireUninterruptibly();
      return super.getBytes();
    }
  }

  private final class Last extends StatusStreamMessage {
    Last(int exitCode) {
      super(exitCode);
    }

    @Override
    public Long getDelay() {
      added.release();
      return super.getDelay();
    }
  }

  @Test
  void run_feedsBothStreamsAndReturnsTheExitCode() throws Exception {
    server
        .expect()
        .get()
        .withPath(
            "/api/v1/namespaces/jobs/pods/job-1/exec?stdout=true&stderr=true&container=main"
                + "&command=make&command=all")
        .andUpgradeToWebSocket()
        .open(
            new First("one\n"),
            new ErrorStreamMessage("two\n"),
            new OutputStreamMessage("three"),
            new Last(3))
        .done()
        .once();

    PodExecResult result = run("make", "all");
    assertThat(result.exitCode()).as(result.toString()).hasValue(3);
    assertThat(sent.lines()).containsExactlyInAnyOrder("one", "two", "three");
    assertThat(report.isComplete()).isTrue();
  }
}
