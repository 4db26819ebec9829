package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogweirMetricsTest {
  private static final List<String> REASONS =
      List.of(
          "budget",
          "buffer_full",
          "closed",
          "flush_timeout",
          "memory",
          "processor_failed",
          "queue_full",
          "send_failed",
          "send_refused");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  private static String text(Meter meter) {
    Meter.Id id = meter.getId();
    return String.format(
        Locale.ROOT,
        "%s %s %s %s",
        id.getType().name().toLowerCase(Locale.ROOT),
        id.getName(),
        id.getTags().stream()
            .map(tag -> tag.getKey() + "=" + tag.getValue())
            .collect(Collectors.joining(",", "{", "}")),
        id.getDescription());
  }

  @Test
  void meters_haveTheseNamesTagsAndDescriptions() {
    LogweirMetrics.register(registry, "opslevel.runner.log");
    List<String> found =
        registry.getMeters().stream()
            .map(LogweirMetricsTest::text)
            .filter(text -> !text.contains(".dropped "))
            .sorted()
            .toList();
    assertThat(found)
        .containsExactly(
            "counter opslevel.runner.log.batches {} Batches that arrived",
            "counter opslevel.runner.log.bytes.filtered {} Bytes of jobs that processors"
                + " removed on purpose",
            "counter opslevel.runner.log.bytes.sent {} Bytes of text in batches that"
                + " arrived, markers and prefixes included",
            "counter opslevel.runner.log.bytes.shipped {} Bytes of jobs that arrived, as"
                + " the jobs wrote them",
            "counter opslevel.runner.log.lines.shipped {} Lines of jobs that arrived",
            "gauge opslevel.runner.log.bytes.limit {} Heap bytes that the jobs and their"
                + " engines may come to",
            "gauge opslevel.runner.log.bytes.retained {} Heap bytes charged to jobs now",
            "gauge opslevel.runner.log.calls.abandoned {} Calls that ignored their"
                + " interruption and still run",
            "gauge opslevel.runner.log.jobs.active {} Jobs started and not over",
            "timer opslevel.runner.log.send {outcome=failed} Time in calls of senders",
            "timer opslevel.runner.log.send {outcome=refused} Time in calls of senders",
            "timer opslevel.runner.log.send {outcome=shipped} Time in calls of senders");
  }

  /**
   * A base unit would be added to the name: no meter has one but the timer, whose is set for it.
   */
  @Test
  void names_areThoseThatPrometheusShows() {
    PrometheusMeterRegistry prometheus = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    LogweirMetrics.register(prometheus, "opslevel.runner.log");
    List<String> names =
        prometheus
            .scrape()
            .lines()
            .filter(line -> line.startsWith("# TYPE "))
            .map(line -> line.substring("# TYPE ".length()))
            .sorted()
            .toList();
    assertThat(names)
        .containsExactly(
            "opslevel_runner_log_batches_total counter",
            "opslevel_runner_log_bytes_dropped_total counter",
            "opslevel_runner_log_bytes_filtered_total counter",
            "opslevel_runner_log_bytes_limit gauge",
            "opslevel_runner_log_bytes_retained gauge",
            "opslevel_runner_log_bytes_sent_total counter",
            "opslevel_runner_log_bytes_shipped_total counter",
            "opslevel_runner_log_calls_abandoned gauge",
            "opslevel_runner_log_jobs_active gauge",
            "opslevel_runner_log_lines_dropped_total counter",
            "opslevel_runner_log_lines_shipped_total counter",
            "opslevel_runner_log_send_seconds summary",
            "opslevel_runner_log_send_seconds_max gauge");
  }

  @Test
  void dropMeters_haveATagForEachReason() {
    LogweirMetrics.register(registry);
    List<String> found =
        registry.getMeters().stream()
            .map(LogweirMetricsTest::text)
            .filter(text -> text.contains(".dropped "))
            .toList();
    List<String> expected =
        REASONS.stream()
            .flatMap(
                reason ->
                    List.of(
                        "counter logweir.bytes.dropped {reason="
                            + reason
                            + "} Bytes of jobs that did not arrive, as the jobs wrote them",
                        "counter logweir.lines.dropped {reason="
                            + reason
                            + "} Lines of jobs that did not arrive")
                        .stream())
            .toList();
    assertThat(found).hasSize(2 * REASONS.size()).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void close_removesTheMeters() {
    LogweirMetrics metrics = LogweirMetrics.register(registry);
    metrics.close();
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
    LogweirMetrics.register(registry).close();
  }

  @Test
  void meters_tellOfAllJobsOfAllEngines() throws Exception {
    LogweirMetrics metrics = LogweirMetrics.register(registry);
    LogweirEngine first = LogweirEngine.builder().metrics(metrics).build();
    LogweirEngine second = LogweirEngine.builder().metrics(metrics).build();
    assertThat(gauge("jobs.active")).isZero();
    assertThat(gauge("bytes.limit"))
        .isEqualTo((double) (first.maxRetainedBytes() + second.maxRetainedBytes()));
    StallingSender sender = StallingSender.stalled();
    LogStreamer one = LogStreamer.builder(sender).engine(first).start();
    LogStreamer two =
        LogStreamer.builder(lines -> {})
            .engine(second)
            .processor(
                line -> {
                  if (line.text().startsWith("#")) {
                    line.remove();
                  } else {
                    line.replace("> " + line.text());
                  }
                })
            .start();
    one.stdout().write("one\n".getBytes(UTF_8));
    two.stdout().write("two\n# comment\n".getBytes(UTF_8));
    sender.awaitInside();
    assertThat(gauge("jobs.active")).isEqualTo(2);
    assertThat(gauge("bytes.limit"))
        .isEqualTo(
            (double)
                (first.maxRetainedBytes()
                    + second.maxRetainedBytes()
                    + one.maxRetainedBytes()
                    + two.maxRetainedBytes()));
    assertThat(gauge("bytes.retained")).isGreaterThanOrEqualTo(4_096);
    assertThat(two.finish().isComplete()).isTrue();
    assertThat(counter("bytes.shipped")).isEqualTo(4);
    assertThat(counter("lines.shipped")).isEqualTo(1);
    assertThat(counter("bytes.filtered")).isEqualTo(10);
    assertThat(counter("bytes.sent")).isEqualTo(6);
    assertThat(counter("batches")).isEqualTo(1);
    one.finish(Duration.ZERO);
    assertThat(gauge("jobs.active")).isZero();
    first.close();
    second.close();
    assertThat(gauge("bytes.limit")).isZero();
    Timer shipped = registry.get("logweir.send").tag("outcome", "shipped").timer();
    assertThat(shipped.count()).isEqualTo(1);
  }

  private double gauge(String name) {
    return registry.get("logweir." + name).gauge().value();
  }

  private double counter(String name) {
    return registry.get("logweir." + name).functionCounter().count();
  }

  @Test
  void meterThatThrows_costsNothingElse() {
    MeterRegistry broken =
        new SimpleMeterRegistry() {
          @Override
          protected Timer newTimer(
              Meter.Id id, DistributionStatisticConfig config, PauseDetector detector) {
            return new io.micrometer.core.instrument.noop.NoopTimer(id) {
              @Override
              public void record(long amount, java.util.concurrent.TimeUnit unit) {
                throw new AssertionError("meter");
              }
            };
          }
        };
    LogweirEngine engine = LogweirEngine.builder().metrics(LogweirMetrics.register(broken)).build();
    LogStreamer log = LogStreamer.builder(lines -> {}).engine(engine).start();
    log.stdout().write("one\n".getBytes(UTF_8));
    log.stdout().write("two\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    engine.close();
  }
}
