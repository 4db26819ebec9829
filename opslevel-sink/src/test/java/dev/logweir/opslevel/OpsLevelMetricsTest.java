package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.JobOutcome;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OpsLevelMetricsTest {
  private static final List<String> FAILURES =
      List.of(
          "busy",
          "closed",
          "gateway_error",
          "unavailable",
          "route_lost",
          "interrupted",
          "lost_reading",
          "lost_writing",
          "malformed",
          "no_free_connection",
          "not_found",
          "payload_errors",
          "proxy_failed",
          "proxy_refused",
          "proxy_unauthorized",
          "query_errors",
          "refused",
          "server_error",
          "timed_out",
          "tls_failed",
          "too_large",
          "unauthorized",
          "unreachable",
          "untrusted");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private FakeOpsLevel server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void meters_haveTheseNamesTagsUnitsAndDescriptions() {
    OpsLevelMetrics.register(registry, "opslevel.runner.api");
    List<String> expected = new ArrayList<>();
    for (String outcome : FAILURES) {
      expected.add(attempts(outcome));
      expected.add(requests(outcome));
    }
    expected.add(attempts("ok"));
    expected.add(requests("ok"));
    expected.add(requests("no_time"));
    for (String state : List.of("closed", "open", "half_open")) {
      expected.add(
          "gauge opslevel.runner.api.circuits {state="
              + state
              + "} [circuits] Clients whose circuit is in that state");
    }
    expected.add(
        "counter opslevel.runner.api.bytes.written {} [null] Bytes of bodies written to"
            + " connections, those of repetitions included");
    expected.add(
        "timer opslevel.runner.api.attempt.time {} [seconds] Time from asking for a connection to"
            + " the end of the answer");

    assertThat(registry.getMeters().stream().map(OpsLevelMetricsTest::text))
        .containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void meters_tellWhatBecameOfRequestsAndAttempts() throws Exception {
    OpsLevelMetrics metrics = OpsLevelMetrics.register(registry);
    try (OpsLevelClient client = client(metrics)) {
      server.then(status(500), status(429), FakeOpsLevel.Call::accept, status(400));
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      sender.send(List.of("arrives"));
      assertThat(catchThrowable(() -> sender.send(List.of("is refused")))).isNotNull();
      server.otherwise(status(500));
      assertThat(catchThrowable(() -> sender.reportOutcome(JobOutcome.FAILED, java.util.Map.of())))
          .isNotNull();
    }

    assertThat(counts("requests")).containsExactly("ok=1", "refused=1", "server_error=1");
    assertThat(counts("attempts")).containsExactly("busy=1", "ok=1", "refused=1", "server_error=4");
    assertThat(registry.get("logweir.opslevel.attempt.time").timer().count()).isEqualTo(7);
    double bodies = server.requests.stream().mapToLong(request -> request.body().length()).sum();
    assertThat(registry.get("logweir.opslevel.bytes.written").functionCounter().count())
        .isEqualTo(bodies);
  }

  @Test
  void circuits_areThoseOfOpenClients() throws Exception {
    OpsLevelMetrics metrics = OpsLevelMetrics.register(registry);
    OpsLevelClient down = client(metrics);
    OpsLevelClient up = client(metrics);
    assertThat(circuits()).containsExactly("closed=2", "half_open=0", "open=0");

    server.otherwise(status(500));
    for (int i = 0; i < 4; i++) {
      assertThat(catchThrowable(() -> down.sender(FakeOpsLevel.JOB).send(List.of("line"))))
          .isNotNull();
    }

    assertThat(circuits()).containsExactly("closed=1", "half_open=0", "open=1");
    down.close();
    up.close();
    assertThat(circuits()).containsExactly("closed=0", "half_open=0", "open=0");
  }

  @Test
  void noTag_namesAJob() throws Exception {
    try (OpsLevelClient client = client(OpsLevelMetrics.register(registry))) {
      client.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }

    assertThat(
            registry.getMeters().stream()
                .flatMap(meter -> meter.getId().getTags().stream())
                .map(Tag::getKey)
                .distinct())
        .containsExactlyInAnyOrder("outcome", "state");
  }

  @Test
  void aMeterThatThrows_costsNoRequest() throws Exception {
    SimpleMeterRegistry bad =
        new SimpleMeterRegistry() {
          @Override
          protected Timer newTimer(
              Meter.Id id, DistributionStatisticConfig config, PauseDetector pauses) {
            Timer timer = super.newTimer(id, config, pauses);
            return (Timer)
                java.lang.reflect.Proxy.newProxyInstance(
                    Timer.class.getClassLoader(),
                    new Class<?>[] {Timer.class},
                    (proxy, method, arguments) -> {
                      if (method.getName().equals("record")) {
                        throw new AssertionError("on purpose");
                      }
                      return method.invoke(timer, arguments);
                    });
          }
        };
    try (OpsLevelClient client = client(OpsLevelMetrics.register(bad))) {
      client.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }

    assertThat(server.lines()).hasSize(1);
  }

  @Test
  void of_refusesWhatIsThereAlready() {
    OpsLevelMetrics metrics = OpsLevelMetrics.register(registry, "a.b");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelMetrics.register(registry, "a.b"))
        .withMessage("prefix must be new in the registry: a.b");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelMetrics.register(registry, " "))
        .withMessage("prefix must not be blank: ' '");
    assertThatNullPointerException().isThrownBy(() -> OpsLevelMetrics.register(null));
    assertThatNullPointerException().isThrownBy(() -> OpsLevelMetrics.register(registry, null));
    assertThatNullPointerException().isThrownBy(() -> server.client().metrics(null));

    metrics.close();

    assertThat(registry.getMeters()).isEmpty();
  }

  private OpsLevelClient client(OpsLevelMetrics metrics) {
    OpsLevelClient.Builder builder = server.client().attempts(3).metrics(metrics);
    builder.nanoTime = nanos::get;
    builder.pauses = (call, pause) -> nanos.addAndGet(pause.toNanos());
    return builder.build();
  }

  private List<String> counts(String name) {
    return registry.get("logweir.opslevel." + name).functionCounters().stream()
        .filter(counter -> counter.count() > 0)
        .map(counter -> counter.getId().getTag("outcome") + "=" + (long) counter.count())
        .sorted()
        .toList();
  }

  private List<String> circuits() {
    return registry.get("logweir.opslevel.circuits").gauges().stream()
        .map(gauge -> gauge.getId().getTag("state") + "=" + (long) gauge.value())
        .sorted()
        .toList();
  }

  private static String attempts(String outcome) {
    return "counter opslevel.runner.api.attempts {outcome="
        + outcome
        + "} [attempts] Attempts at requests by what came of them";
  }

  private static String requests(String outcome) {
    return "counter opslevel.runner.api.requests {outcome="
        + outcome
        + "} [requests] Requests by what came of them after all their attempts";
  }

  private static String text(Meter meter) {
    Meter.Id id = meter.getId();
    return String.format(
        Locale.ROOT,
        "%s %s %s [%s] %s",
        id.getType().name().toLowerCase(Locale.ROOT),
        id.getName(),
        id.getTags().stream()
            .map(tag -> tag.getKey() + "=" + tag.getValue())
            .collect(Collectors.joining(",", "{", "}")),
        id.getBaseUnit(),
        id.getDescription());
  }
}
