package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.logweir.JobOutcome;
import dev.logweir.LogEnd;
import dev.logweir.LogweirEngine;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Jobs that are ended in a request of the Kubernetes client, or whose stream is cut. */
@Timeout(60)
class PodRunTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final JobMeters meters = new JobMeters(registry, "r");
  @TempDir private Path folder;
  private final List<String> reported = new CopyOnWriteArrayList<>();

  /** The methods and paths that came. */
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** A request of this method is held. */
  private volatile String held = "";

  private final CountDownLatch came = new CountDownLatch(1);
  private final CountDownLatch over = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private HttpServer server;
  private KubernetesClient client;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
    client = client("http://127.0.0.1:" + server.getAddress().getPort());
  }

  private static KubernetesClient client(String url) {
    return new KubernetesClientBuilder()
        .withConfig(new ConfigBuilder().withMasterUrl(url).withWebsocketPingInterval(0L).build())
        .build();
  }

  @AfterEach
  void stop() {
    over.countDown();
    client.close();
    server.stop(0);
    threads.shutdownNow();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String method = exchange.getRequestMethod();
    byte[] body = exchange.getRequestBody().readAllBytes();
    requests.add(method + " " + exchange.getRequestURI().getPath());
    if (method.equals(held)) {
      came.countDown();
      try {
        over.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    byte[] answer = method.equals("POST") ? body : "{\"kind\":\"Status\"}".getBytes(UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(200, answer.length);
    exchange.getResponseBody().write(answer);
    exchange.close();
  }

  private PodRun run(int logMaxSize) {
    PodJob job = new PodJob(7, "image", List.of("true"), Map.of(), List.of());
    return run(client, job, logMaxSize);
  }

  private PodRun run(KubernetesClient its, PodJob job, int logMaxSize) {
    PodRun.Settings settings =
        new PodRun.Settings(
            its,
            LogweirEngine.shared(),
            meters,
            "jobs",
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            "/bin/sh",
            folder.toString(),
            logMaxSize,
            Duration.ofSeconds(1));
    return new PodRun(settings, job, 1);
  }

  private Destination.Shipping shipping() {
    return new Destination.Shipping(
        lines -> {}, (outcome, variables, time) -> reported.add(outcome.value()));
  }

  private PodRun.Result interruptedIn(String method) throws Exception {
    held = method;
    AtomicReference<PodRun.Result> result = new AtomicReference<>();
    AtomicBoolean flag = new AtomicBoolean();
    Thread worker =
        new Thread(
            () -> {
              result.set(run(64 << 10).run(shipping()));
              flag.set(Thread.currentThread().isInterrupted());
            });
    worker.start();
    came.await();
    worker.interrupt();
    worker.join();
    assertThat(flag).isTrue();
    return result.get();
  }

  private void isCanceled(PodRun.Result result) {
    assertThat(result.outcome()).isEqualTo(JobOutcome.CANCELED);
    assertThat(result.message()).isEqualTo("canceled");
    assertThat(reported).containsExactly("canceled");
    assertThat(requests)
        .last()
        .asString()
        .startsWith("DELETE /api/v1/namespaces/jobs/pods/opslevel-job-7-");
    assertThat(registry.get("opslevel_runner_jobs_processing").gauge().value()).isZero();
  }

  @Test
  void anInterruptWhileThePodIsMade_cancelsTheJobAndDeletesThePod() throws Exception {
    isCanceled(interruptedIn("POST"));
  }

  @Test
  void anInterruptWhileThePodIsLookedAt_cancelsTheJobAndDeletesThePod() throws Exception {
    isCanceled(interruptedIn("GET"));
  }

  /** Cut after each byte of what the job writes, the marker included. */
  @Test
  void aStreamThatIsCutAnywhere_isNeverASuccess() throws Exception {
    String written = "1\n2\n3\n";
    PodJob job = new PodJob(7, "image", List.of("seq 1 3"), Map.of(), List.of());
    int marker = 1 + 32 + ":0\n".length();
    int whole = written.length() + marker;
    for (long bytes = 0; bytes <= whole; bytes++) {
      reported.clear();
      try (EmbeddedCluster cluster = EmbeddedCluster.start(bytes, false);
          KubernetesClient its = client(cluster.url())) {
        PodRun.Result result = run(its, job, 64 << 10).run(shipping());
        boolean ended = bytes == whole;
        JobOutcome outcome = ended ? JobOutcome.SUCCESS : JobOutcome.EXECUTION_TIMEOUT;
        assertThat(result.outcome()).as("cut after %s: %s", bytes, result).isEqualTo(outcome);
        assertThat(result.report().end().kind())
            .isEqualTo(ended ? LogEnd.Kind.EXITED : LogEnd.Kind.SEVERED);
        assertThat(result.report().isComplete()).isEqualTo(ended);
        assertThat(result.isWell()).isEqualTo(ended);
        assertThat(reported).containsExactly(outcome.value());
      }
    }
  }

  @Test
  void aJobThatCannotBeStarted_isNoLongerProcessed() {
    assertThatIllegalArgumentException().isThrownBy(() -> run(1).run(shipping()));
    assertThat(registry.get("opslevel_runner_jobs_processing").gauge().value()).isZero();
    assertThat(requests).isEmpty();
  }
}
