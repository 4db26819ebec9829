package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    int code = run("--jobs", "3", "--size", "50K", "--output", folder.toString());

    assertThat(err.toString()).isEmpty();
    assertThat(code).isZero();
    assertThat(out.toString()).contains("total: jobs=3 complete=3 ").contains(" dropped=0 ");
    for (int job = 1; job <= 3; job++) {
      assertThat(folder.resolve("job-" + job + ".log"))
          .content()
          .contains("Scanning for projects... job " + job + "\n", "java.lang.IllegalStateException")
          .contains("[INFO] BUILD SUCCESS\n"); // two pipes are read by two threads
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
  void page_isTold_andChangesNothingInTheLog() {
    int code = run("--jobs", "1", "--page", "--output", folder.toString(), "echo", "hello");

    assertThat(code).isZero();
    assertThat(err.toString())
        .containsPattern("shown on http://127\\.0\\.0\\.1:\\d+/[0-9a-f]{32}/\\R");
    assertThat(folder.resolve("job-1.log")).hasContent("hello\n");
  }

  @Test
  void page_onAPortThatIsTaken_isWrongUse() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int code = run("--page", Integer.toString(taken.getLocalPort()), "--", "true");

      assertThat(code).isEqualTo(2);
      assertThat(err.toString())
          .contains("--page must name a port that is free: " + taken.getLocalPort());
    }
  }

  @Test
  void secret_doesNotArrive() throws Exception {
    int code =
        run("--jobs", "1", "--size", "100K", "--secret", "hunter2", "--output", folder.toString());

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
    assertThat(err.toString()).contains("local-runner: job 1: log incomplete: shipped 0 lines");
    assertThat(out.toString().lines())
        .anyMatch(
            line -> line.matches("job 1: 6 of 6 bytes are missing: 6 (flush_timeout|send_failed)"))
        .anyMatch(line -> line.matches("  (flush_timeout: it had|send_failed: the API did) not .*"))
        .allSatisfy(line -> assertThat(line).doesNotContain("\u001B"));
    assertThat(out.toString().lines().limit(8))
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(ResultTable.COLUMNS));
  }

  @Test
  void jobThatFails_hidesNeitherItsLogNorItsOutcome() {
    int code =
        run(
            "--jobs",
            "1",
            "--stall",
            "--flush-timeout",
            "100ms",
            "--",
            "sh",
            "-c",
            "echo hello; exit 3");

    assertThat(code).isEqualTo(1);
    assertThat(err.toString())
        .contains("local-runner: job 1: exit code 3; log incomplete: shipped 0 lines")
        .containsPattern("dropped 1 lines.*; .*outcome.* not reported");
    assertThat(out.toString()).containsPattern("\n +1 failed +3 ");
  }

  @Test
  void commandsArguments_areHandedOnAsTheyAre() throws Exception {
    Path options = Files.writeString(folder.resolve("options"), "expanded");

    int code =
        run(
            "--jobs",
            "1",
            "--output",
            folder.toString(),
            "--",
            "echo",
            "@" + options,
            "${sys:user.home}",
            "--",
            "--jobs",
            "\"x\"");

    assertThat(code).isZero();
    assertThat(folder.resolve("job-1.log"))
        .hasContent("@" + options + " ${sys:user.home} -- --jobs \"x\"\n");
  }

  @Test
  void secretOfAFile_doesNotArrive() throws Exception {
    Path secret = Files.writeString(folder.resolve("secret"), "gr\u00FC\u00DFe-4711\r\n");

    int code =
        run(
            "--jobs",
            "1",
            "--secret-file",
            secret.toString(),
            "--output",
            folder.toString(),
            "--",
            "cat",
            secret.toString());

    assertThat(code).isZero();
    assertThat(Files.readString(folder.resolve("job-1.log"))).startsWith("**********");
  }

  @Test
  void secretFile_thatIsNoTextIsRefused() throws Exception {
    Path secret = Files.write(folder.resolve("secret"), new byte[] {'a', (byte) 0xFF});

    assertThat(run("--secret-file", secret.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("must be UTF-8").hasLineCount(1);
  }

  @Test
  void runnersOwnSecrets_areNeitherInheritedNorShipped() throws Exception {
    Process runner =
        startRunner(
            Map.of(
                "FAKTORY_URL", "tcp://:pa%24%24word@localhost:7419",
                "FAKTORY_PROVIDER", "OTHER_URL",
                "OTHER_URL", "tcp://:other-word@localhost:7419",
                "COPY", "the token is s3cret-token"),
            "--jobs",
            "1",
            "--output",
            folder.toString(),
            "--",
            "sh",
            "-c",
            "env; echo the runner; tr '\\0' '\\n' </proc/$PPID/environ; echo pa'$$'word");
    runner.getErrorStream().transferTo(System.err);

    assertThat(runner.waitFor()).isZero();
    String log = Files.readString(folder.resolve("job-1.log"));
    assertThat(log)
        .doesNotContain("s3cret-token", "pa%24%24word", "pa$$word", "other-word")
        .contains("OPSLEVEL_API_TOKEN=**********");
    String inherited = log.substring(0, log.indexOf("the runner\n"));
    assertThat(inherited).contains("PATH=").doesNotContain("FAKTORY_", "COPY=the");
  }

  @Test
  void secret_thatTheLocaleGarbledIsRefused() throws Exception {
    String java = String.join("' '", runnerCommand());
    for (String arguments :
        List.of(
            "--secret \"$(printf 'gr\\303\\274n')\"", "-- echo \"$(printf 'gr\\303\\274n')\"")) {
      Process runner =
          new ProcessBuilder("sh", "-c", "LC_ALL=C exec '" + java + "' --jobs 1 " + arguments)
              .start();

      assertThat(new String(runner.getErrorStream().readAllBytes(), UTF_8))
          .contains("does not carry: run with LC_ALL=C.UTF-8")
          .hasLineCount(1);
      assertThat(runner.waitFor()).isEqualTo(2);
    }
  }

  @Test
  void digitsAndMessages_areThoseOfNoLocale() throws Exception {
    List<String> command = new ArrayList<>(runnerCommand());
    command.addAll(1, List.of("-Duser.language=ar", "-Duser.country=EG"));
    command.addAll(
        List.of("--jobs", "2", "--size", "20K", "--stall", "--drop", "--flush-timeout", "100ms"));

    Process runner = new ProcessBuilder(command).redirectErrorStream(true).start();

    assertThat(new String(runner.getInputStream().readAllBytes(), UTF_8))
        .contains("bytes are missing: ")
        .matches("\\p{ASCII}*");
    assertThat(runner.waitFor()).isEqualTo(1);
  }

  @Test
  void apiThatIsDown_isNoWrongUse() throws Exception {
    Process runner =
        startRunner(
            Map.of(),
            "--jobs",
            "1",
            "--api-url",
            "https://localhost:1",
            "--runner-id",
            "r",
            "--flush-timeout",
            "200ms",
            "--",
            "echo",
            "hello");

    assertThat(new String(runner.getErrorStream().readAllBytes(), UTF_8))
        .startsWith("local-runner: https://localhost:1 does not answer yet (Connection refused)")
        .contains("local-runner: job 1: log incomplete: ")
        .doesNotContain("\tat ", "s3cret-token");
    assertThat(runner.waitFor()).isEqualTo(1);
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
        "--max-interval -1s | --max-interval must be from 0 to 24h: -1s",
        "--flush-timeout 1 | '1' is not a duration such as 500ms, 2s or 1m30s",
        "--flush-timeout=-1s | --flush-timeout must be from 0 to 24h: -1s",
        "--max-wait 0 | --max-wait must be from 1ms to 24h: 0",
        "--drop --max-wait 1s | not with --drop",
        "--grace=-1s | --grace must be from 0 to 24h: -1s",
        "--secret-file /nowhere | --secret-file /nowhere cannot be read: NoSuchFileException",
        "--secret-file /dev/null | --secret-file /dev/null must not be empty or blank",
        "--secret-env NO_SUCH_VARIABLE | names a variable that is not set: NO_SUCH_VARIABLE",
        "--rate 0 | --rate must be at least 1K: 0",
        "--fail 1.5 | --fail must be from 0 to 1: 1.5",
        "--fail NaN | --fail must be from 0 to 1: NaN",
        "--delay=-1s | --delay must be from 0 to 24h: -1s",
        "--stall cat | 'cat' is not a duration",
        "--unknown | Unknown option: '--unknown'",
        "--output /dev/null | --output must be a folder: /dev/null",
        "--api-url https://localhost:1 --runner-id r | OPSLEVEL_API_TOKEN must be set",
        "--api-url https://localhost:1 | --runner-id must be given with --api-url",
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
    assertThat(run("--secret", " ")).isEqualTo(2);
    assertThat(err.toString()).contains("--secret must not be empty").hasLineCount(1);
  }

  @Test
  void jobThatIgnoresSigterm_isKilledAfterItsGraceAndTheTableSaysSo() throws Exception {
    Process runner =
        startRunner(
            Map.of(),
            "--jobs",
            "1",
            "--grace",
            "300ms",
            "--max-interval",
            "0",
            "--output",
            folder.toString(),
            "--",
            "sh",
            "-c",
            "trap '' TERM; (trap '' TERM; echo $$; while :; do sleep 1; done)");
    try (BufferedReader lines = runner.errorReader(UTF_8)) {
      assertThat(lines.readLine()).startsWith("0 of 1 jobs done, 1 running | in ");
      runner.toHandle().destroy();
      assertThat(lines.lines())
          .contains("local-runner: job 1: did not end at SIGTERM and was killed");
    }
    String result = new String(runner.getInputStream().readAllBytes(), UTF_8);

    assertThat(runner.waitFor()).isEqualTo(143);
    assertThat(result).containsPattern("\n +1 killed +137 .*  yes\n");
    long pid = Long.parseLong(Files.readAllLines(folder.resolve("job-1.log")).get(0));
    assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"nonsense", "ftp://localhost"})
  void wrongUrl_isOneLineAndExitCode2(String url) throws Exception {
    Process runner = startRunner(Map.of(), "--api-url", url, "--runner-id", "r");

    assertThat(new String(runner.getErrorStream().readAllBytes(), UTF_8))
        .startsWith("local-runner: --api-url must ")
        .hasLineCount(1)
        .doesNotContain("s3cret");
    assertThat(runner.waitFor()).isEqualTo(2);
  }

  @Test
  void sigterm_shipsWhatIsThereAndPrintsTheTable() throws Exception {
    Process runner =
        startRunner(
            Map.of(),
            "--jobs",
            "3",
            "--concurrency",
            "2",
            "--rate",
            "20K",
            "--size",
            "100M",
            "--max-interval",
            "0",
            "--output",
            folder.toString());
    String progress;
    try (BufferedReader lines = runner.errorReader(UTF_8)) {
      progress = lines.readLine();
      runner.toHandle().destroy();

      assertThat(progress).startsWith("0 of 3 jobs done, 2 running | in ");
      assertThat(lines.lines())
          .contains("local-runner: job 1: ended early", "local-runner: job 3: not begun");
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

  private static Process startRunner(Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = runnerCommand();
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().put("OPSLEVEL_API_TOKEN", "s3cret-token");
    builder.environment().putAll(environment);
    return builder.start();
  }

  private static List<String> runnerCommand() {
    return new ArrayList<>(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            LocalRunner.class.getName()));
  }
}
