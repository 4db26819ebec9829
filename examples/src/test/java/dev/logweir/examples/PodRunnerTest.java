package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.JobOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

@Timeout(90)
class PodRunnerTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder;

  private Path job(int number, String commands) throws IOException {
    String text =
        """
        {"id": %d, "image": "alpine:3", "commands": [%s],
         "variables": [{"key": "TOKEN", "value": "hunter2-hunter2", "sensitive": true},
                       {"key": "PLAIN", "value": "it's \\"so\\""}]}
        """
            .formatted(number, commands);
    return Files.writeString(folder.resolve(number + ".json"), text);
  }

  private int run(String... arguments) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "--embedded-cluster",
                "--job-pod-workdir=" + folder.resolve("jobs"),
                "--output=" + folder.resolve("arrived")));
    all.addAll(List.of(arguments));
    CommandLine command = PodRunner.commandLine();
    command.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return command.execute(all.toArray(new String[0]));
  }

  private List<String> log(int number) throws IOException {
    return Files.readAllLines(folder.resolve("arrived/job-" + number + ".log"));
  }

  private String outcomes() throws IOException {
    return Files.readString(folder.resolve("arrived/outcomes.jsonl"));
  }

  @Test
  void jobsThatSucceed_areShippedAsTheOriginShipsThem() throws Exception {
    Path one = job(1, "\"echo token $TOKEN, $PLAIN\", \"echo ::set-outcome-var a=$TOKEN\"");
    Path two = job(2, "\"echo two >&2\"");

    assertThat(run("--job=" + one, "--job=" + two)).as(err.toString()).isZero();
    assertThat(out.toString().lines())
        .containsExactly("job 1: success; log complete", "job 2: success; log complete");
    assertThat(log(1))
        .anyMatch(line -> line.matches("....-..-..T..:..:..Z \\[1] token \\*{10}, it's \"so\""))
        .noneMatch(line -> line.contains("hunter2"))
        .noneMatch(line -> line.matches(".*\\] ::set-outcome-var.*"));
    assertThat(log(2)).anyMatch(line -> line.endsWith("Z [2] two"));
    assertThat(outcomes()).contains("\"success\"").contains("**********").doesNotContain("hunter2");
  }

  @Test
  void aJobThatFails_isToldWithItsExitCodeAndLastLines() throws Exception {
    assertThat(run("--job=" + job(1, "\"echo last; exit 7\", \"echo never\""))).isEqualTo(1);
    assertThat(out.toString()).startsWith("job 1: failed, pod default/opslevel-job-1-");
    assertThat(out.toString()).contains("exit code 7; log complete");
    assertThat(err.toString()).contains("[1] last");
    assertThat(outcomes()).contains("\"failed\"");
  }

  @ParameterizedTest
  @CsvSource({"1", "20", "500"})
  void aStreamThatIsSevered_isNeverASuccess(long bytes) throws Exception {
    Path job = job(1, "\"seq 1 1000\"");

    assertThat(run("--sever-after=" + bytes, "--job=" + job)).isEqualTo(1);
    assertThat(out.toString())
        .startsWith("job 1: execution_timeout,")
        .contains("severed")
        .contains("log not complete");
    assertThat(outcomes()).contains("\"execution_timeout\"").doesNotContain("success");
  }

  @Test
  void aPodThatDoesNotGetReady_isAPodTimeout() throws Exception {
    assertThat(run("--never-ready", "--job-pod-max-wait=1", "--job=" + job(1, "\"true\"")))
        .isEqualTo(1);
    assertThat(out.toString()).startsWith("job 1: pod_timeout, pod was not ready in 1s");
    assertThat(outcomes()).contains("\"pod_timeout\"");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{nonsense | neither JSON nor YAML",
        "id: x | id must be a number",
        "{\"id\": 1, \"commands\": \"x\"} | commands must be a list",
        "{\"id\": 1, \"variables\": [1]} | a variable must have a key"
      })
  void aFileThatIsNoJob_isNamed(String text, String message) throws Exception {
    Path file = Files.writeString(folder.resolve("job"), text);

    assertThat(run("--job=" + file)).isEqualTo(2);
    assertThat(err.toString()).startsWith("kubernetes: " + file).contains(message);
  }

  @Test
  void meters_haveTheOriginsNames() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    JobMeters meters = new JobMeters(registry, "r");
    meters.started();
    meters.started();
    meters.finished(JobOutcome.POD_TIMEOUT, Duration.ofSeconds(3));

    assertThat(registry.get("opslevel_runner_jobs_started").tag("runner", "r").counter().count())
        .isEqualTo(2);
    assertThat(registry.get("opslevel_runner_jobs_processing").gauge().value()).isEqualTo(1);
    assertThat(
            registry
                .get("opslevel_runner_jobs_finished")
                .tags("runner", "r", "outcome", "pod_timeout")
                .counter()
                .count())
        .isEqualTo(1);
    assertThat(registry.get("opslevel_runner_jobs_duration").timer().count()).isEqualTo(1);
    meters.close();
    assertThat(registry.getMeters()).isEmpty();
  }
}
