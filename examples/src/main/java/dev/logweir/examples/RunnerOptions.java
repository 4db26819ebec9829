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
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What can be given on the command line of {@link LocalRunner}. */
final class RunnerOptions {
  static final String TOKEN = "OPSLEVEL_API_TOKEN";

  private static final int CONNECT_MILLIS = 5_000;
  private static final int MAX_JOBS = 100_000;
  private static final int MAX_CONCURRENCY = 1_000;
  private static final Duration MAX_TIME = Duration.ofDays(1);

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
      names = "--drop",
      description = {
        "Where there is no room, drop lines, and never hold a job back.",
        "Without it jobs wait for room, so that a slow API slows them down."
      })
  boolean drop;

  @Option(
      names = "--max-wait",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = {
        "How long a job waits for an API that makes no progress,",
        "before lines are dropped (default: the library's own)."
      })
  @Nullable Duration maxWait;

  @Option(
      names = "--grace",
      paramLabel = "TIME",
      converter = DurationText.class,
      description = "Time for jobs to end after a SIGTERM, before SIGKILL (default: 5s).")
  Duration grace = Duration.ofSeconds(5);

  @Option(
      names = "--rate",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Read at most this much a second of all jobs together.")
  @Nullable Long rate;

  @Option(
      names = "--secret",
      paramLabel = "TEXT",
      description = {
        "A value to mask; can be given several times. A built-in job prints the first.",
        "Other users can read it in the list of processes: better one of the next two."
      })
  List<String> secretTexts = new ArrayList<>();

  @Option(
      names = "--secret-file",
      paramLabel = "FILE",
      description = "A file with a value to mask, of one line or several, in UTF-8.")
  List<Path> secretFiles = new ArrayList<>();

  @Option(
      names = "--secret-env",
      paramLabel = "NAME",
      description = "A variable with a value to mask; jobs inherit it.")
  List<String> secretVariables = new ArrayList<>();

  /** All values given to be masked; set by {@link #check}. */
  List<String> secrets = List.of();

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
      description = "The runner's id at the API; required with --api-url.")
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

  @Option(
      names = "--page",
      arity = "0..1",
      paramLabel = "PORT",
      fallbackValue = "0",
      description = {
        "Show the run on a page of this machine; its address goes to stderr. Without PORT any free",
        "one is taken. Logs are shown masked, as they arrive: --max-interval is 1s unless given."
      })
  @Nullable Integer page;

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
    if (page != null) {
      checkRange("--page", page, 0, 65_535);
    }
    checkTime("--max-interval", maxInterval, Duration.ZERO, MAX_TIME);
    checkTime("--flush-timeout", flushTimeout, Duration.ZERO, MAX_TIME);
    checkTime("--max-wait", maxWait, Duration.ofMillis(1), MAX_TIME);
    checkTime("--grace", grace, Duration.ZERO, MAX_TIME);
    checkTime("--stall", stall, Duration.ZERO, MAX_TIME);
    checkTime("--delay", delay, Duration.ZERO, MAX_TIME);
    if (drop && maxWait != null) {
      throw new IllegalArgumentException("--max-wait is for jobs that wait: not with --drop");
    }
    secrets = readSecrets();
    for (int i = 0; i < command.size(); i++) {
      Given.checkArgument(
          i == 0 ? "the command" : "argument " + i + " of the command", command.get(i));
    }
    if (output != null) {
      Given.checkArgument("--output", output.toString());
    }
    if (apiUrl != null && hasEndpointOption()) {
      throw new IllegalArgumentException(
          "--output, --stall, --fail and --delay are for the endpoint within: not with --api-url");
    }
    if (sink == SinkName.FAKTORY && (apiUrl != null || runnerId != null || hasEndpointOption())) {
      throw new IllegalArgumentException(
          "--api-url, --runner-id, --output, --stall, --fail and --delay are not for --sink faktory");
    }
    if (apiUrl != null && runnerId == null) {
      throw new IllegalArgumentException("--runner-id must be given with --api-url");
    }
    if (output != null && Files.exists(output) && !Files.isDirectory(output)) {
      throw new IllegalArgumentException("--output must be a folder: " + output);
    }
    if (!command.isEmpty() && !canRun(command.get(0))) {
      throw new IllegalArgumentException("no such command: " + command.get(0));
    }
  }

  private List<String> readSecrets() {
    List<String> values = new ArrayList<>();
    secretTexts.forEach(text -> values.add(Given.secret("--secret", text)));
    secretFiles.forEach(file -> values.add(Given.secretOfFile(file)));
    secretVariables.forEach(name -> values.add(Given.secretOfVariable(name, System.getenv(name))));
    return List.copyOf(values);
  }

  /**
   * Returns why no server can be reached at the address now, or null if one can. It may be there
   * later: that is no reason not to begin.
   */
  static @Nullable String whyUnreachable(URI url) {
    if (isBehindProxy(System.getenv())) {
      return null; // the proxy alone can tell
    }
    InetSocketAddress address = address(url);
    try (Socket socket = new Socket()) {
      socket.connect(
          new InetSocketAddress(address.getHostString(), address.getPort()), CONNECT_MILLIS);
      return null;
    } catch (UnknownHostException e) {
      return "unknown host: " + address.getHostString();
    } catch (IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /**
   * Returns host and port, not resolved; a host may have a {@code _}, of which a URI knows none.
   */
  static InetSocketAddress address(URI url) {
    String authority = String.valueOf(url.getRawAuthority());
    String host = authority.substring(authority.lastIndexOf('@') + 1);
    int port = url.getScheme().equals("http") ? 80 : 443;
    int colon = host.lastIndexOf(':');
    if (colon > host.lastIndexOf(']')) {
      port = colon + 1 < host.length() ? Integer.parseInt(host.substring(colon + 1)) : port;
      host = host.substring(0, colon);
    }
    return InetSocketAddress.createUnresolved(host, port);
  }

  static boolean isBehindProxy(Map<String, String> environment) {
    for (String name : List.of("https_proxy", "http_proxy", "all_proxy")) {
      if (environment.containsKey(name) || environment.containsKey(name.toUpperCase(Locale.ROOT))) {
        return true;
      }
    }
    return System.getProperty("https.proxyHost") != null
        || System.getProperty("http.proxyHost") != null;
  }

  EndpointFaults faults() {
    return new EndpointFaults(failRate, delay, stall);
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
              ? name + " must be at least " + text(min) + ": " + text(value)
              : name + " must be at most " + text(max) + ": " + text(value));
    }
  }

  private static String text(long value) {
    return value < 1 << 10 ? Long.toString(value) : ByteSize.of(value);
  }

  private static void checkTime(String name, @Nullable Duration value, Duration min, Duration max) {
    if (value != null && (value.compareTo(min) < 0 || value.compareTo(max) > 0)) {
      throw new IllegalArgumentException(
          name
              + " must be from "
              + DurationText.of(min)
              + " to "
              + DurationText.of(max)
              + ": "
              + DurationText.of(value));
    }
  }
}
