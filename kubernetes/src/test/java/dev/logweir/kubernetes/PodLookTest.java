package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.lang.reflect.Proxy;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class PodLookTest {
  private static final String PATH = "/api/v1/namespaces/jobs/pods/job-1";

  private final PodTarget target = new PodTarget("jobs", "job-1", null);
  private FakeKubernetes server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeKubernetes();
    client =
        new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder().withMasterUrl(server.url()).build())
            .build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    assertThat(server.failures).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "404, POD_GONE",
    "401, FORBIDDEN",
    "403, FORBIDDEN",
    "429, UNREACHABLE",
    "503, UNREACHABLE"
  })
  void aLook_asksOnceOnly(int status, PodLook.State state) {
    server.on(PATH, (r, out) -> FakeKubernetes.status(out, status, "no"));
    assertThat(PodLook.at(client, target).state()).isEqualTo(state);
    assertThat(server.requests).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Running | {'running':{}} | RUNNING",
        "Running | {'waiting':{'reason':'CrashLoopBackOff'}} | WAITING",
        "Pending | {'waiting':{'reason':'ContainerCreating'}} | WAITING",
        "Running | {'terminated':{'exitCode':0}} | CONTAINER_GONE",
        "Succeeded | {'terminated':{'exitCode':0}} | POD_ENDED",
        "Failed | {} | POD_ENDED"
      })
  void aPod_isWhatItsContainerIs(String phase, String state, PodLook.State expected) {
    server.pod("jobs", "job-1", FakeKubernetes.pod("job-1", phase, 0, state.replace('\'', '"')));
    assertThat(PodLook.at(client, target).state()).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"no json", "[]", "''", "null"})
  void anAnswerThatIsNoPod_isNone(String body) {
    server.on(PATH, (r, out) -> FakeKubernetes.json(out, 200, body));
    assertThat(PodLook.at(client, target).state()).isEqualTo(PodLook.State.UNREACHABLE);
  }

  /** A client that was closed meanwhile, say. */
  @Test
  void aClientThatThrows_isAServerThatIsAway() {
    KubernetesClient throwing =
        (KubernetesClient)
            Proxy.newProxyInstance(
                PodLookTest.class.getClassLoader(),
                new Class<?>[] {KubernetesClient.class},
                (proxy, method, arguments) -> {
                  throw new IllegalStateException("closed");
                });
    PodLook look = PodLook.at(throwing, target);
    assertThat(look.state()).isEqualTo(PodLook.State.UNREACHABLE);
    assertThat(look.text()).contains("IllegalStateException");
  }

  @Test
  void anInterrupt_staysOne() {
    CountDownLatch over = new CountDownLatch(1);
    server.on(PATH, (r, out) -> over.await());
    Thread.currentThread().interrupt();
    PodLook look = PodLook.at(client, target);
    over.countDown();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(look.state()).isEqualTo(PodLook.State.UNREACHABLE);
  }
}
