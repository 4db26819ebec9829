package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.LogweirMetrics;
import dev.logweir.faktory.FaktoryMetrics;
import dev.logweir.opslevel.OpsLevelMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The alerts and the dashboard ask for meters, tags and values that a scrape has. */
class MonitoringTest {
  private static final Path FOLDER = Path.of("..", "docs", "monitoring");
  private static final Pattern NAME = Pattern.compile("\\blogweir_[a-z_]+");
  private static final Pattern TAG = Pattern.compile("by \\(([a-z, ]+)\\)");
  private static final Pattern VALUE = Pattern.compile("[a-z]+!?=\\\\?\"[a-z_]+\\\\?\"");

  /** What Prometheus itself adds to each series. */
  private static final Set<String> ADDED = Set.of("job", "instance");

  @ParameterizedTest
  @ValueSource(strings = {"alerts.yml", "dashboard.json"})
  void queries_askForWhatThereIs(String file) throws IOException {
    String text = Files.readString(FOLDER.resolve(file));
    String scrape = scrape();

    Set<String> names = found(NAME, text, 0);
    assertThat(names).hasSizeGreaterThan(3);
    assertThat(series(scrape)).containsAll(names);
    for (String tags : found(TAG, text, 1)) {
      for (String tag : tags.split(", ", -1)) {
        assertThat(ADDED.contains(tag) || scrape.contains("{" + tag + "=\"")).as(tag).isTrue();
      }
    }
    for (String value : found(VALUE, text, 0)) {
      assertThat(scrape).contains(value.replace("\\", "").replace("!=", "="));
    }
  }

  @Test
  void dashboard_showsEveryMeter() throws IOException {
    String text = Files.readString(FOLDER.resolve("dashboard.json"));
    Set<String> shown = found(NAME, text, 0);

    assertThat(shown).containsAll(series(scrape()));
  }

  private static Set<String> series(String scrape) {
    return scrape
        .lines()
        .filter(line -> line.startsWith("logweir_"))
        .map(line -> line.split("[ {]", 2)[0])
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> found(Pattern pattern, String text, int group) {
    Set<String> all = new TreeSet<>();
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      all.add(matcher.group(group));
    }
    return all;
  }

  /** Returns what Prometheus reads from a program that has shipped a line. */
  private static String scrape() {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    OpsLevelMetrics.register(registry);
    FaktoryMetrics.register(registry);
    try (LogweirEngine engine =
            LogweirEngine.builder().metrics(LogweirMetrics.register(registry)).build();
        LogStreamer log = LogStreamer.builder(lines -> {}).engine(engine).start()) {
      log.stdout().write("a line\n".getBytes(US_ASCII));
      log.finish();
      return registry.scrape();
    }
  }
}
