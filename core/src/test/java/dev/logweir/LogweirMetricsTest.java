package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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
          "processor_failed",
          "queue_full",
          "send_failed",
          "send_refused");

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

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

  @Test
  void meters_haveTheseNamesTagsUnitsAndDescriptions() {
    LogweirMetrics.of(registry, "opslevel.runner.log");
    List<String> found =
        registry.getMeters().stream()
            .map(LogweirMetricsTest::text)
            .filter(text -> !text.contains(".dropped "))
            .sorted()
            .toList();
    assertThat(found)
        .containsExactly(
            "counter opslevel.runner.log.batches {} [batches] Batches that arrived",
            "counter opslevel.runner.log.bytes.filtered {} [bytes] Bytes of jobs that processors"
                + " removed on purpose",
            "counter opslevel.runner.log.bytes.sent {} [bytes] Bytes of text in batches that"
                + " arrived, markers and prefixes included",
            "counter opslevel.runner.log.bytes.shipped {} [bytes] Bytes of jobs that arrived, as"
                + " the jobs wrote them",
            "counter opslevel.runner.log.lines.shipped {} [lines] Lines of jobs that arrived",
            "gauge opslevel.runner.log.bytes.limit {} [bytes] Heap bytes that the jobs and their"
                + " engines may come to",
            "gauge opslevel.runner.log.bytes.retained {} [bytes] Heap bytes charged to jobs now",
            "gauge opslevel.runner.log.calls.abandoned {} [calls] Calls that ignored their"
                + " interruption and still run",
            "gauge opslevel.runner.log.jobs.active {} [jobs] Jobs started and not over",
            "timer opslevel.runner.log.send {outcome=failed} [seconds] Time in calls of senders",
            "timer opslevel.runner.log.send {outcome=refused} [seconds] Time in calls of senders",
            "timer opslevel.runner.log.send {outcome=shipped} [seconds] Time in calls of senders");
  }

  @Test
  void dropMeters_haveATagForEachReason() {
    LogweirMetrics.of(registry);
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
                            + "} [bytes] Bytes of jobs that did not arrive, as the jobs wrote them",
                        "counter logweir.lines.dropped {reason="
                            + reason
                            + "} [lines] Lines of jobs that did not arrive")
                        .stream())
            .toList();
    assertThat(found).hasSize(16).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void close_removesTheMeters() {
    LogweirMetrics metrics = LogweirMetrics.of(registry);
    metrics.close();
    metrics.close();
    assertThat(registry.getMeters()).isEmpty();
    LogweirMetrics.of(registry).close();
  }

  @Test
  void meters_tellOfAllJobsOfAllEngines() throws Exception {
    LogweirMetrics metrics = LogweirMetrics.of(registry);
    LogweirEngine first = LogweirEngine.builder().metrics(metrics).build();
    LogweirEngine second = LogweirEngine.builder().metrics(metrics).build();
    assertThat(gauge("jobs.active")).isZero();
    assertThat(gauge("bytes.limit"))
        .isEqualTo((double) (first.maxRetainedBytes() + second.maxRetainedBytes()));
    ScriptedSender sender = ScriptedSender.stalled();
    LogStreamer one = LogStreamer.builder(sender).engine(first).start();
    LogStreamer two =
        LogStreamer.builder(lines -> {})
            .engine(second)
            .processor(
                line -> {
                  if (line.text().startsWith("#")) {
                    line.remove();
                  } else {
                    line.withText("> " + line.text());
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
    LogweirEngine engine = LogweirEngine.builder().metrics(LogweirMetrics.of(broken)).build();
    LogStreamer log = LogStreamer.builder(lines -> {}).engine(engine).start();
    log.stdout().write("one\n".getBytes(UTF_8));
    log.stdout().write("two\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    engine.close();
  }
}
