package dev.logweir.examples;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be given on the command line of {@link LocalRunner}. */
final class RunnerOptions {
  static final String TOKEN = "OPSLEVEL_API_TOKEN";

  private static final int CONNECT_MILLIS = 5_000;
  private static final int MAX_JOBS = 100_000;
  private static final int MAX_CONCURRENCY = 1_000;

  @Parameters(
      arity = "0..*",
      paramLabel = "COMMAND",
      description = {
        "Runs as each job, as given; {job} becomes the job's number.",
        "Without one the jobs are a built-in one that talks like a build."
      })
  List<String> command = new ArrayList<>();

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Number of jobs (default: ${DEFAULT-VALUE}).")
  int jobs = 8;

  @Option(
      names = "--concurrency",
      paramLabel = "N",
      description = "Jobs at once (default: ${DEFAULT-VALUE}).")
  int concurrency = 4;

  @Option(
      names = "--first-job",
      paramLabel = "N",
      description = "Number of the first job (default: ${DEFAULT-VALUE}).")
  long firstJob = 1;

  @Option(
      names = "--size",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "What a built-in job prints (default: 2M).")
  long size = 2 << 20;

  @Option(
      names = "--max-size",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "The library's maxSize, 4K to 64M (default: its own, 256K).")
  @Nullable Long maxSize;

  @Option(
      names = "--max-interval",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "The library's maxInterval (default: its own, 30s).")
  @Nullable Duration maxInterval;

  @Option(
      names = "--flush-timeout",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "Time for a job's last lines to arrive (default: 10s).")
  Duration flushTimeout = Duration.ofSeconds(10);

  @Option(
      names = "--wait",
      description = "Where there is no room, hold the jobs back instead of dropping.")
  boolean wait;

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Read at most this much a second of all jobs together.")
  @Nullable Long rate;

  @Option(
      names = "--secret",
      paramLabel = "TEXT",
      description = "A value to mask; can be given several times. A built-in job prints the first.")
  List<String> secrets = new ArrayList<>();

  @Option(
      names = "--prefix",
      description = "Put the time and the line's number in front of each line.")
  boolean prefix;

  @Option(
      names = "--outcome-variables",
      description = {
        "Take lines such as ::set-outcome-var KEY=VALUE out of the log and report them.",
        "A built-in job's are taken in any case."
      })
  boolean outcomeVariables;

  /** Where logs can go. */
  enum SinkName {
    OPSLEVEL,
    FAKTORY;

    /** Returns the name as it is given. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Option(
      names = "--sink",
      paramLabel = "NAME",
      description = {
        "opslevel or faktory (default: ${DEFAULT-VALUE}).",
        "faktory: the server of FAKTORY_URL, by default tcp://localhost:7419."
      })
  SinkName sink = SinkName.OPSLEVEL;

  @Option(
      names = "--api-url",
      paramLabel = "URL",
      description = {
        "The API to ship to, with the token of the variable " + TOKEN + ".",
        "Without one an endpoint is started within this process."
      })
  @Nullable String apiUrl;

  @Option(
      names = "--runner-id",
      paramLabel = "ID",
      description = "The runner's id at the API (default: that of the endpoint within).")
  @Nullable String runnerId;

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "Where the endpoint writes what arrives, one file a job.")
  @Nullable Path output;

  @Option(
      names = "--stall",
      arity = "0..1",
      paramLabel = "TIME",
      fallbackValue = "0",
      converter = DurationText.class,
      description = "The endpoint hangs for ever after this time, or from the start.")
  @Nullable Duration stall;

  @Option(
      names = "--fail",
      paramLabel = "RATE",
      description = "The share of requests that the endpoint answers with HTTP 500, 0 to 1.")
  double failRate;

  @Option(
      names = "--delay",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "How long the endpoint holds back each answer.")
  Duration delay = Duration.ZERO;

  @Option(
      names = "--heap-report",
      description = "Collect garbage every second and say what was left at most.")
  boolean heapReport;

  /**
   * Checks what the library does not check itself.
   *
   * @throws IllegalArgumentException with the option, its bound and what was given
   */
  void check() {
    checkRange("--jobs", jobs, 1, MAX_JOBS);
    checkRange("--concurrency", concurrency, 1, MAX_CONCURRENCY);
    checkRange("--first-job", firstJob, 1, Long.MAX_VALUE - MAX_JOBS);
    checkRange("--size", size, 1, 1L << 40);
    if (maxSize != null) {
      checkRange("--max-size", maxSize, 4 << 10, 64 << 20);
    }
    if (rate != null) {
      checkRange("--rate", rate, 1 << 10, 1L << 40);
    }
    if (!(failRate >= 0 && failRate <= 1)) {
      throw new IllegalArgumentException("--fail must be from 0 to 1: " + failRate);
    }
    checkNotNegative("--stall", stall);
    checkNotNegative("--delay", delay);
    if (secrets.contains("")) {
      throw new IllegalArgumentException("--secret must not be empty");
    }
    if (apiUrl != null && hasEndpointOption()) {
      throw new IllegalArgumentException(
          "--output, --stall, --fail and --delay are for the endpoint within: not with --api-url");
    }
    if (sink == SinkName.FAKTORY && (apiUrl != null || runnerId != null || hasEndpointOption())) {
      throw new IllegalArgumentException(
          "--api-url, --runner-id, --output, --stall, --fail and --delay are not for --sink faktory");
    }
    if (output != null && Files.exists(output) && !Files.isDirectory(output)) {
      throw new IllegalArgumentException("--output must be a folder: " + output);
    }
    if (!command.isEmpty() && !canRun(command.get(0))) {
      throw new IllegalArgumentException("no such command: " + command.get(0));
    }
  }

  /**
   * Checks that there is a server at the address.
   *
   * @throws IllegalArgumentException if it cannot be connected to within 5 s
   */
  static void checkAnswers(URI url) {
    int port = url.getPort() > 0 ? url.getPort() : url.getScheme().equals("http") ? 80 : 443;
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(url.getHost(), port), CONNECT_MILLIS);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("--api-url has an unknown host: " + url.getHost(), e);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "--api-url does not answer: " + url + ": " + e.getMessage(), e);
    }
  }

  Faults faults() {
    return new Faults(failRate, delay, stall);
  }

  private boolean hasEndpointOption() {
    return output != null || stall != null || failRate != 0 || !delay.isZero();
  }

  /** Answers true where only the start of a job can tell. */
  private static boolean canRun(String program) {
    if (program.contains("{job}") || System.getProperty("os.name", "").startsWith("Windows")) {
      return true;
    }
    if (program.contains("/")) {
      return isProgram(Path.of(program));
    }
    for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
      if (!program.isEmpty() && isProgram(Path.of(folder, program))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isProgram(Path file) {
    return Files.isExecutable(file) && !Files.isDirectory(file);
  }

  private static void checkRange(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          value < min
              ? "%s must be at least %s: %s".formatted(name, text(min), text(value))
              : "%s must be at most %s: %s".formatted(name, text(max), text(value)));
    }
  }

  private static String text(long value) {
    return value < 1 << 10 ? Long.toString(value) : ByteSize.of(value);
  }

  private static void checkNotNegative(String name, @Nullable Duration value) {
    if (value != null && value.isNegative()) {
      throw new IllegalArgumentException(name + " must not be negative: " + value);
    }
  }
}
