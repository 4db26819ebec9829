package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.logweir.JobOutcome;
import dev.logweir.LogweirEngine;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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

/** A runner that is ended while a request of the Kubernetes client is under way. */
@Timeout(60)
class PodRunTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
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
    client =
        new KubernetesClientBuilder()
            .withConfig(
                new ConfigBuilder()
                    .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
                    .build())
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
    PodRun.Settings settings =
        new PodRun.Settings(
            client,
            LogweirEngine.shared(),
            new JobMeters(registry, "r"),
            "jobs",
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            "/bin/sh",
            "/jobs",
            logMaxSize,
            Duration.ofSeconds(1));
    return new PodRun(settings, new PodJob(7, "image", List.of("true"), Map.of(), List.of()), 1);
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

  @Test
  void aJobThatCannotBeStarted_isNoLongerProcessed() {
    assertThatIllegalArgumentException().isThrownBy(() -> run(1).run(shipping()));
    assertThat(registry.get("opslevel_runner_jobs_processing").gauge().value()).isZero();
    assertThat(requests).isEmpty();
  }
}
