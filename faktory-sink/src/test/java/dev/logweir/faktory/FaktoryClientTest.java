package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.JobOutcome;
import dev.logweir.LogStreamer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaktoryClientTest {
  static List<Arguments> numbers() {
    return List.of(
        number("poolSize", FaktoryClient.Builder::poolSize, 1, 1_000),
        number("attempts", FaktoryClient.Builder::attempts, 1, 100),
        number("maxJobBytes", FaktoryClient.Builder::maxJobBytes, 16_384, 16_777_216));
  }

  @ParameterizedTest
  @MethodSource("numbers")
  void number_outOfRangeIsRefused(String name, Setter<Integer> setter, int min, int max) {
    setter.set(FaktoryClient.builder(), min);
    setter.set(FaktoryClient.builder(), max);
    for (int value : new int[] {Integer.MIN_VALUE, 0, min - 1, max + 1, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> setter.set(FaktoryClient.builder(), value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(name + " must be from " + min + " to " + max + ": " + value);
    }
  }

  static List<Arguments> times() {
    return List.of(
        time("connectTimeout", FaktoryClient.Builder::connectTimeout, 1),
        time("attemptTimeout", FaktoryClient.Builder::attemptTimeout, 1),
        time("overallTimeout", FaktoryClient.Builder::overallTimeout, 24),
        time("maxIdleTime", FaktoryClient.Builder::maxIdleTime, 24),
        time("maxConnectionAge", FaktoryClient.Builder::maxConnectionAge, 24));
  }

  @ParameterizedTest
  @MethodSource("times")
  void time_outOfRangeIsRefused(String name, Setter<Duration> setter, int maxHours) {
    setter.set(FaktoryClient.builder(), Duration.ofMillis(1));
    setter.set(FaktoryClient.builder(), Duration.ofHours(maxHours));
    for (Duration value :
        List.of(
            Duration.ZERO,
            Duration.ofNanos(999_999),
            Duration.ofMillis(-1),
            Duration.ofHours(maxHours).plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatThrownBy(() -> setter.set(FaktoryClient.builder(), value))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(name + " must be from 1 ms to " + maxHours + " h: " + value);
    }
    assertThatNullPointerException()
        .isThrownBy(() -> setter.set(FaktoryClient.builder(), null))
        .withMessage(name);
  }

  @Test
  void reserveFor_isBoundedAsTheServerDoes() {
    FaktoryClient.builder().reserveFor(Duration.ofMinutes(1)).reserveFor(Duration.ofHours(24));
    for (Duration time :
        List.of(
            Duration.ZERO,
            Duration.ofMinutes(-1),
            Duration.ofSeconds(59),
            Duration.ofHours(24).plusNanos(1),
            Duration.ofSeconds(Long.MAX_VALUE))) {
      assertThatThrownBy(() -> FaktoryClient.builder().reserveFor(time))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("reserveFor must be from 1 min to 24 h: " + time);
    }
  }

  @Test
  void null_isRefusedWithTheSettingsName() {
    FaktoryClient.Builder builder = FaktoryClient.builder();
    Map<String, Setter<Object>> settings =
        Map.of(
            "url", (its, value) -> its.url((String) value),
            "password", (its, value) -> its.password((String) value),
            "sslContext", (its, value) -> its.sslContext((SSLContext) value),
            "queue", (its, value) -> its.queue((String) value),
            "reserveFor", (its, value) -> its.reserveFor((Duration) value),
            "metrics", (its, value) -> its.metrics((FaktoryMetrics) value));
    settings.forEach(
        (name, setting) ->
            assertThatNullPointerException()
                .isThrownBy(() -> setting.set(builder, null))
                .withMessage(name));
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    assertThatNullPointerException()
        .isThrownBy(() -> FaktoryMetrics.register(null))
        .withMessage("registry");
    assertThatNullPointerException()
        .isThrownBy(() -> FaktoryMetrics.register(registry, null))
        .withMessage("prefix");
  }

  @Test
  void overallTimeout_belowThatOfAnAttemptIsRefused() {
    FaktoryClient.Builder builder =
        FaktoryClient.builder()
            .attemptTimeout(Duration.ofSeconds(30))
            .overallTimeout(Duration.ofSeconds(29));

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("overallTimeout must be at least attemptTimeout, PT30S: PT29S");
    builder.overallTimeout(Duration.ofSeconds(30)).build().close();
  }

  @Test
  void password_isNeverShown() {
    assertThatThrownBy(() -> FaktoryClient.builder().password(""))
        .hasMessage("password must have 1 to 8192 characters: 0");
    assertThatThrownBy(() -> FaktoryClient.builder().password("secret".repeat(2_000)))
        .hasMessage("password must have 1 to 8192 characters: 12000");
    try (FaktoryClient client = FaktoryClient.builder().password("secret").build()) {
      assertThat(client).hasToString("FaktoryClient[tcp://localhost:7419]");
      assertThat(client.sender("7")).hasToString("FaktorySender[job 7]");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a b", "a\r\nPUSH", "é", "a/b"})
  void queue_thatTheServerWouldRefuseIsRefused(String queue) {
    assertThatThrownBy(() -> FaktoryClient.builder().queue(queue))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("queue must be 1 to 256 of a-z, A-Z, 0-9, '.', '_' and '-': '");
  }

  @Test
  void ids_areChecked() {
    try (FaktoryClient client = FaktoryClient.builder().build()) {
      assertThatThrownBy(() -> client.sender("")).hasMessage("runnerJobId must not be blank: ''");
      assertThatThrownBy(() -> client.sender("x".repeat(257)))
          .hasMessage("runnerJobId must have at most 256 characters: 257");
      assertThatThrownBy(() -> client.sender("1", " "))
          .hasMessage("batchId must not be blank: ' '");
      assertThatThrownBy(() -> client.sender("1", "")).hasMessage("batchId must not be blank: ''");
      assertThatThrownBy(() -> client.sender("1", "x".repeat(257)))
          .hasMessage("batchId must have at most 256 characters: 257");
      assertThatThrownBy(() -> client.sender("1", "b c"))
          .hasMessage("batchId must be printable ASCII without spaces: b c");
      assertThatThrownBy(() -> client.sender("1", "bé"))
          .hasMessage("batchId must be printable ASCII without spaces: bé");
      assertThatThrownBy(() -> client.sender("", "b"))
          .hasMessage("runnerJobId must not be blank: ''");
      assertThatNullPointerException()
          .isThrownBy(() -> client.sender(null))
          .withMessage("runnerJobId");
      assertThatNullPointerException()
          .isThrownBy(() -> client.sender(null, "b"))
          .withMessage("runnerJobId");
      assertThatNullPointerException()
          .isThrownBy(() -> client.sender("1", null))
          .withMessage("batchId");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"\r", "\n", "\u0000", "\u001b", "\u007f", "\u0085", "\u2028", "\u2029"})
  void ids_areOneLineWithoutControlCharacters(String bad) {
    String rule =
        " must be one line without control characters: U+%04X at 1".formatted((int) bad.charAt(0));
    try (FaktoryClient client = FaktoryClient.builder().build()) {
      assertThatThrownBy(() -> client.sender("1" + bad + "2"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("runnerJobId" + rule);
      assertThatThrownBy(() -> client.sender("1", "b" + bad + "FLUSH"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("batchId" + rule);
    }
  }

  @Test
  void timeOfAnOutcome_isChecked() {
    try (FaktoryClient client = FaktoryClient.builder().build()) {
      FaktorySender sender = client.sender("1");
      for (Duration bad :
          List.of(Duration.ZERO, Duration.ofNanos(999_999), Duration.ofHours(24).plusNanos(1))) {
        assertThatThrownBy(() -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of(), bad))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("timeout must be from 1 ms to 24 h: " + bad);
      }
      assertThatNullPointerException()
          .isThrownBy(() -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of(), null))
          .withMessage("timeout");
    }
  }

  @Test
  void environment_isRead() {
    try (FaktoryClient client =
        FaktoryClient.fromEnvironment(Map.of("FAKTORY_URL", "tcp+tls://:pw@f.example")::get)
            .build()) {
      assertThat(client).hasToString("FaktoryClient[tcp+tls://f.example:7419]");
    }
  }

  @Test
  void sender_leavesTheRestOfAJobForLines() {
    try (FaktoryClient client = FaktoryClient.builder().build()) {
      FaktorySender sender = client.sender("225");
      assertThat(sender.maxBatchBytes()).isBetween(65_000, 65_536 - 200);
      assertThat(sender.encodedBytes(0)).isEqualTo(4);
      assertThat(sender.encodedBytes(1)).isEqualTo(8);
      assertThat(sender.encodedBytes(3)).isEqualTo(8);
      assertThat(sender.encodedBytes(4)).isEqualTo(12);
      assertThat(sender.encodedBytes(Integer.MAX_VALUE)).isEqualTo(2_863_311_536L);
      assertThat(sender.client()).isSameAs(client);
      String worst = "\"".repeat(256);
      assertThat(client.sender(worst, "x".repeat(256)).maxBatchBytes()).isPositive();
    }
  }

  /** Names are what dashboards and alerts hold on to. */
  @Test
  void meters_areThese() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (FaktoryMetrics metrics = FaktoryMetrics.register(registry, "opslevel.runner.jobs")) {
      assertThat(registry.getMeters().stream().map(FaktoryClientTest::describe))
          .containsExactlyInAnyOrder(
              "TIMER opslevel.runner.jobs.push accepted",
              "TIMER opslevel.runner.jobs.push failed",
              "TIMER opslevel.runner.jobs.push refused",
              "COUNTER opslevel.runner.jobs.enqueue.failed",
              "COUNTER opslevel.runner.jobs.enqueue.batch.failed",
              "GAUGE opslevel.runner.jobs.pool.active connections",
              "GAUGE opslevel.runner.jobs.pool.waiting pushes");
      assertThat(metrics).isNotNull();
      assertThatThrownBy(() -> FaktoryMetrics.register(registry, "opslevel.runner.jobs"))
          .hasMessage("prefix must be new in the registry: opslevel.runner.jobs");
    }
    assertThat(registry.getMeters()).isEmpty();
    assertThatThrownBy(() -> FaktoryMetrics.register(registry, " "))
        .hasMessage("prefix must not be blank: ' '");
  }

  @Test
  void meters_areOfAllClientsThatShareThem() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    FaktoryMetrics metrics = FaktoryMetrics.register(registry);
    FaktoryClient first = FaktoryClient.builder().metrics(metrics).build();
    FaktoryClient second = FaktoryClient.builder().metrics(metrics).build();
    first.pool().borrow(System.nanoTime() + 1_000_000_000L);
    second.pool().borrow(System.nanoTime() + 1_000_000_000L);

    assertThat(registry.get("logweir.faktory.pool.active").gauge().value()).isEqualTo(2);
    first.close();
    assertThat(registry.get("logweir.faktory.pool.active").gauge().value()).isEqualTo(1);
    second.close();
  }

  private static String describe(Meter meter) {
    Meter.Id id = meter.getId();
    assertThat(id.getDescription()).isNotBlank();
    String outcome = id.getTag("outcome");
    String more = outcome == null ? id.getBaseUnit() : outcome;
    return id.getType() + " " + id.getName() + (more == null ? "" : " " + more);
  }

  /** A setting of the builder. */
  private interface Setter<T> {
    void set(FaktoryClient.Builder builder, T value);
  }

  private static Arguments number(String name, Setter<Integer> setter, int min, int max) {
    return Arguments.of(name, setter, min, max);
  }

  private static Arguments time(String name, Setter<Duration> setter, int maxHours) {
    return Arguments.of(name, setter, maxHours);
  }

  /** Else a connection that stalls costs a job lines that waits so that it loses none. */
  @Test
  void defaults_giveABatchNoMoreTimeThanAJobWaitsFor() {
    FaktoryClient.Builder builder = FaktoryClient.builder();
    assertThat(LogStreamer.DEFAULT_MAX_WAIT).isGreaterThanOrEqualTo(builder.overallTimeout);
    assertThat(builder.overallTimeout)
        .isGreaterThan(builder.attemptTimeout.multipliedBy(2).plus(Duration.ofMinutes(1)));
  }
}
