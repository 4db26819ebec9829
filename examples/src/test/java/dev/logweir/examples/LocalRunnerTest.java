package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

@Timeout(90)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "its jobs are commands of a Unix shell")
class LocalRunnerTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  @TempDir private Path folder;

  @Test
  void builtInJobs_arriveWhole() {
    int code = run("--jobs", "3", "--size", "50K", "--wait", "--output", folder.toString());

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString()).contains("total: jobs=3 complete=3 ").contains(" dropped=0 ");
    for (int job = 1; job <= 3; job++) {
      assertThat(folder.resolve("job-" + job + ".log"))
          .content()
          .contains("Scanning for projects... job " + job + "\n", "java.lang.IllegalStateException")
          .endsWith("[INFO] BUILD SUCCESS\n");
    }
    assertThat(folder.resolve("outcomes.jsonl"))
        .content()
        .hasLineCount(3)
        .containsPattern("\"outcome\":\"success\",\"variables\":\\{\"bytes\":\"\\d+\"}");
  }

  @Test
  void command_getsItsJobsNumber_andIsCountedToTheByte() {
    int code =
        run(
            "--jobs",
            "2",
            "--first-job",
            "41",
            "--output",
            folder.toString(),
            "echo",
            "-n",
            "{job}");

    assertThat(code).isZero();
    assertThat(folder.resolve("job-41.log")).hasContent("41\n");
    assertThat(folder.resolve("job-42.log")).hasContent("42\n");
    assertThat(out.toString()).contains(" accepted=4 shipped=4 filtered=0 dropped=0 ");
  }

  @Test
  void secret_doesNotArrive() throws Exception {
    int code =
        run(
            "--jobs",
            "1",
            "--size",
            "100K",
            "--wait",
            "--secret",
            "hunter2",
            "--output",
            folder.toString());

    assertThat(code).isZero();
    assertThat(Files.readString(folder.resolve("job-1.log")))
        .contains("Bearer **********\n")
        .doesNotContain("hunter2");
  }

  @Test
  void outcome_thatTheApiDoesNotTakeIsToldWithItsReason() {
    int code = run("--jobs", "1", "--fail", "1", "--flush-timeout", "4s", "true");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("outcome of job 1 not reported").contains("HTTP 500");
  }

  @Test
  void outcome_thatIsNotTakenInTimeIsToldToo() {
    int code = run("--jobs", "1", "--delay", "1m", "--flush-timeout", "200ms", "true");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).contains("outcome").contains("not reported");
  }

  @Test
  void outcomeVariables_areReportedMasked() {
    int code =
        run(
            "--jobs",
            "1",
            "--secret",
            "hunter2",
            "--outcome-variables",
            "--output",
            folder.toString(),
            "echo",
            "::set-outcome-var key=my hunter2");

    assertThat(code).isZero();
    assertThat(folder.resolve("job-1.log")).isEmptyFile();
    assertThat(folder.resolve("outcomes.jsonl"))
        .content()
        .contains("\"variables\":{\"key\":\"my **********\"}");
  }

  @Test
  void prefix_standsBeforeEachLine() {
    int code = run("--jobs", "1", "--prefix", "--output", folder.toString(), "echo", "hello");

    assertThat(code).isZero();
    assertThat(folder.resolve("job-1.log"))
        .content()
        .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ \\[1] hello\n");
  }

  @Test
  void jobThatFails_givesTheReasonAndExitCode1() {
    int code = run("--jobs", "2", "--output", folder.toString(), "sh", "-c", "exit {job}");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToNormalizingNewlines(
            "local-runner: job 1: exit code 1\nlocal-runner: job 2: exit code 2\n");
    assertThat(folder.resolve("outcomes.jsonl")).content().contains("failed");
  }

  @Test
  void commandThatIsOnlyFoundMissingAtTheStart_isAFailedJob() {
    int code = run("--jobs", "1", "/nowhere/{job}");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString()).startsWith("local-runner: job 1: did not start: ").hasLineCount(1);
  }

  @Test
  void stalledEndpoint_isSaidPerJob() {
    int code = run("--jobs", "2", "--stall", "--flush-timeout", "100ms", "--", "echo", "hello");

    assertThat(code).isEqualTo(1);
    assertThat(out.toString()).contains(" accepted=12 shipped=0 filtered=0 dropped=12 ");
    assertThat(err.toString())
        .contains("local-runner: job 1: log incomplete: shipped 0 lines")
        .contains("flush_timeout");
  }

  @Test
  void heapReport_isBesideTheFormula() {
    int code = run("--jobs", "1", "--heap-report", "echo", "hello");

    assertThat(code).isZero();
    assertThat(out.toString())
        .containsPattern("retained: at most [\\d,]+ bytes seen; the formula allows [\\d,]+ \\(")
        .containsPattern(
            "heap after collections: [\\d.]+ MiB before the jobs, at most [\\d.]+ MiB");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--jobs 0 | --jobs must be at least 1: 0",
        "--jobs x | Invalid value for option '--jobs': 'x' is not an int",
        "--concurrency 0 | --concurrency must be at least 1: 0",
        "--size 0 | --size must be at least 1: 0",
        "--max-size 0 | --max-size must be at least 4K: 0",
        "--max-size=-1 | --max-size must be at least 4K: -1",
        "--max-size 65M | --max-size must be at most 64M: 65M",
        "--max-size 1Q | '1Q' is not a size such as 65536, 256K or 8M",
        "--max-size 99999999999G | is not a size",
        "--max-interval -1s | maxInterval",
        "--flush-timeout 1 | '1' is not a duration such as 500ms, 2s or 1m30s",
        "--flush-timeout=-1s | flushTimeout",
        "--rate 0 | --rate must be at least 1K: 0",
        "--fail 1.5 | --fail must be from 0 to 1: 1.5",
        "--fail NaN | --fail must be from 0 to 1: NaN",
        "--delay=-1s | --delay must not be negative",
        "--stall cat | 'cat' is not a duration",
        "--unknown | Unknown option: '--unknown'",
        "--output /dev/null | --output must be a folder: /dev/null",
        "--api-url https://localhost:1 | OPSLEVEL_API_TOKEN must be set",
        "--api-url https://localhost:1 --stall | not with --api-url",
        "--sink nowhere | Invalid value for option '--sink'",
        "--sink faktory --stall | are not for --sink faktory",
        "--sink FAKTORY --api-url https://localhost:1 | are not for --sink faktory",
        "no-such-command x | no such command: no-such-command",
        "/dev/null | no such command: /dev/null",
      })
  void oddInput_isOneLineAndExitCode2(String arguments, String line) {
    int code = run(arguments.split(" "));

    assertThat(err.toString()).contains(line).hasLineCount(1).startsWith("local-runner: ");
    assertThat(out.toString()).isEmpty();
    assertThat(code).isEqualTo(2);
  }

  @Test
  void emptySecret_isOneLineAndExitCode2() {
    assertThat(run("--secret", "")).isEqualTo(2);
    assertThat(err.toString()).contains("--secret must not be empty").hasLineCount(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "ftp://localhost", "https://localhost:1"})
  void wrongUrl_isOneLineAndExitCode2(String url) throws Exception {
    Process runner = startRunner(List.of("--api-url", url));

    assertThat(new String(runner.getErrorStream().readAllBytes(), UTF_8))
        .startsWith("local-runner: ")
        .hasLineCount(1)
        .doesNotContain("s3cret");
    assertThat(runner.waitFor()).isEqualTo(2);
  }

  @Test
  void sigterm_shipsWhatIsThereAndPrintsTheTable() throws Exception {
    Process runner =
        startRunner(
            List.of(
                "--jobs",
                "3",
                "--concurrency",
                "2",
                "--wait",
                "--rate",
                "20K",
                "--size",
                "100M",
                "--max-interval",
                "0",
                "--output",
                folder.toString()));
    String progress;
    try (BufferedReader lines = runner.errorReader(UTF_8)) {
      progress = lines.readLine();
      runner.toHandle().destroy();

      assertThat(progress).startsWith("0 of 3 jobs done, 2 running | in ");
      assertThat(lines.lines())
          .contains("local-runner: job 1: ended early", "local-runner: job 3: not started");
    }
    String result = new String(runner.getInputStream().readAllBytes(), UTF_8);

    assertThat(runner.waitFor()).isEqualTo(143);
    assertThat(result).contains("total: jobs=3 complete=2 ").contains(" dropped=0 ");
    assertThat(folder.resolve("job-1.log")).content().contains("Scanning for projects... job 1");
    assertThat(folder.resolve("outcomes.jsonl")).content().contains("canceled").hasLineCount(2);
  }

  private int run(String... arguments) {
    CommandLine runner = LocalRunner.commandLine();
    runner.setOut(new PrintWriter(out, true));
    runner.setErr(new PrintWriter(err, true));
    return runner.execute(arguments);
  }

  private static Process startRunner(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(LocalRunner.class.getName());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OPSLEVEL_API_TOKEN", "s3cret");
    return builder.start();
  }
}
