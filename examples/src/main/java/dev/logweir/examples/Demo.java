package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.Tally;
import dev.logweir.WhenFull;
import dev.logweir.opslevel.OpsLevelClient;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * Shows the guarantees in under two minutes: jobs of some megabytes each, first against an API that
 * works, then against one that hangs until they have ended.
 *
 * <p>The jobs are processes of {@code javap}, a tool of the JDK that prints a lot, and the same
 * each time; where there is no JDK, the built-in job. Each line that begins with {@code shown:} was
 * checked. Exit code 0 if all were, 1 if one was not.
 */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = "Shows what is guaranteed: with an API that works, and one that hangs.")
final class Demo implements Callable<Integer> {
  private static final String TOKEN = "demo";
  private static final long BUILT_IN_BYTES = 4 << 20;
  private static final Duration ATTEMPT = Duration.ofSeconds(3);
  private static final Duration END = Duration.ofSeconds(60);
  private static final String MARKER = "[logweir ";
  private static final int LOOK_MILLIS = 10;

  /**
   * What each job prints the byte code of: the largest classes of the JDK, some megabytes a job.
   */
  private static final List<List<String>> CLASSES =
      List.of(
          List.of(
              "java.lang.Character",
              "java.util.concurrent.ConcurrentHashMap",
              "java.util.Arrays",
              "java.lang.Thread",
              "java.math.BigDecimal",
              "java.util.stream.Collectors",
              "java.nio.file.Files",
              "java.util.Locale"),
          List.of(
              "java.lang.invoke.MethodHandles",
              "java.util.Collections",
              "java.lang.Class",
              "java.util.Calendar",
              "java.math.BigInteger",
              "java.util.Scanner",
              "java.util.TreeMap",
              "java.lang.invoke.VarHandle"),
          List.of(
              "java.util.concurrent.CompletableFuture",
              "java.util.Formatter",
              "java.lang.String",
              "java.util.GregorianCalendar",
              "java.io.ObjectInputStream",
              "java.net.URI",
              "java.util.concurrent.ConcurrentSkipListMap",
              "java.lang.invoke.MethodHandle"),
          List.of(
              "java.util.regex.Pattern",
              "java.util.concurrent.ForkJoinPool",
              "java.lang.Math",
              "java.time.ZonedDateTime",
              "java.io.ObjectOutputStream",
              "java.util.HashMap",
              "java.lang.StrictMath",
              "java.lang.Long"));

  private static final int MAX_SIZE = 256 << 10;

  @Spec private CommandSpec spec = CommandSpec.create();
  private final List<List<String>> classes;
  private final int maxSize;
  private boolean allShown = true;

  /**
   * Makes one.
   *
   * @param classes that each job prints
   * @param maxSize of each job
   */
  Demo(List<List<String>> classes, int maxSize) {
    this.classes = classes;
    this.maxSize = maxSize;
  }

  static CommandLine commandLine() {
    return commandLine(new Demo(CLASSES, MAX_SIZE));
  }

  static CommandLine commandLine(Demo demo) {
    return OneLine.failures(new CommandLine(demo));
  }

  @Override
  public Integer call() throws Exception {
    Path folder = Files.createTempDirectory("logweir-demo");
    try {
      show(folder);
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    return allShown ? 0 : 1;
  }

  private void show(Path folder) throws Exception {
    say("%d jobs at once, each a process of its own: %s", classes.size(), command(1).get(0));
    say("To compare with later, what they print is recorded first ...");
    long printed = 0;
    for (int job = 1; job <= classes.size(); job++) {
      printed += record(job, written(folder, job));
    }
    say("recorded: %,d bytes, %.1f MB a job", printed, printed / 1e6 / classes.size());
    say("");
    say("1. The API works, and a job waits where there is no room.");
    Outcome healthy = run(Files.createDirectory(folder.resolve("1")), false);
    say(
        "%,d bytes printed and %,d arrived, in %.1f s",
        printed, healthy.shipped().bytes(), healthy.end);
    boolean identical = true;
    for (int job = 1; job <= classes.size(); job++) {
      identical &= Files.mismatch(written(folder, job), arrived(folder.resolve("1"), job)) < 0;
    }
    shown(
        identical && healthy.isComplete(),
        "no loss",
        "each log arrived byte for byte as it was printed");
    say("");
    say("2. The API hangs until the jobs have ended, then it answers again; no job waits for it.");
    Outcome hung = run(Files.createDirectory(folder.resolve("2")), true);
    showHung(folder, printed, healthy, hung);
  }

  private void showHung(Path folder, long printed, Outcome healthy, Outcome hung)
      throws IOException {
    Tally dropped = hung.dropped();
    say("%,d bytes printed, and none taken meanwhile", printed);
    shown(
        hung.accepted().bytes() == printed,
        "never blocked",
        "the jobs ran to their end in %.1f s, with no answer from the API (%.1f s in 1.)",
        hung.jobs,
        healthy.jobs);
    shown(
        hung.peak <= hung.limit,
        "bounded",
        "at most %.1f MiB retained; the formula allows %.1f MiB",
        RunProgress.mib(hung.peak),
        RunProgress.mib(hung.limit));
    shown(
        hung.shipped().plus(dropped).equals(hung.accepted()) && !dropped.isZero(),
        "counted",
        "%,d bytes shipped + %,d dropped = %,d printed (%s)",
        hung.shipped().bytes(),
        dropped.bytes(),
        hung.accepted().bytes(),
        hung.reasons());
    long gaps = 0;
    String first = null;
    String difference = null;
    for (int job = 1; job <= classes.size(); job++) {
      Path log = arrived(folder.resolve("2"), job);
      List<String> markers;
      try (Stream<String> lines = Files.lines(log, UTF_8)) {
        markers = lines.filter(line -> line.startsWith(MARKER)).toList();
      }
      gaps += markers.size();
      first = first == null && !markers.isEmpty() ? markers.get(0) : first;
      difference =
          difference == null
              ? GapCheck.difference(written(folder, job), log, false, null)
              : difference;
    }
    shown(
        difference == null && gaps > 0,
        "marked",
        difference == null
            ? "the logs name each of their %d gaps, and have all else byte for byte"
            : difference,
        gaps);
    say("   the first gap: %s", first);
  }

  /** What came of one run. */
  private record Outcome(List<LogReport> reports, double jobs, double end, long peak, long limit) {
    Tally accepted() {
      return sum(reports.stream().map(report -> report.sink().accepted()));
    }

    Tally shipped() {
      return sum(reports.stream().map(report -> report.sink().shipped()));
    }

    Tally dropped() {
      return sum(reports.stream().map(report -> report.sink().droppedTotal()));
    }

    boolean isComplete() {
      return reports.stream().allMatch(LogReport::isComplete);
    }

    String reasons() {
      Map<String, Long> bytes = new TreeMap<>();
      reports.forEach(
          report ->
              report
                  .sink()
                  .dropped()
                  .forEach(
                      (reason, tally) -> bytes.merge(reason.value(), tally.bytes(), Long::sum)));
      return bytes.toString().replaceAll("[{}]", "");
    }

    private static Tally sum(Stream<Tally> tallies) {
      return tallies.reduce(Tally.NONE, Tally::plus);
    }
  }

  private Outcome run(Path folder, boolean hangs) throws Exception {
    LogweirEngine engine = LogweirEngine.builder().build();
    ScheduledExecutorService looks = Executors.newSingleThreadScheduledExecutor();
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Process> children = new ArrayList<>();
    long[] peak = new long[1];
    try (EmbeddedEndpoint endpoint =
            EmbeddedEndpoint.start(Ids.runner(1), TOKEN, EndpointFaults.NONE, folder);
        OpsLevelClient client =
            OpsLevelClient.builder()
                .apiUrl(endpoint.url().toString())
                .token(TOKEN)
                .runnerId(Ids.runner(1))
                .attemptTimeout(ATTEMPT)
                .build()) {
      if (hangs) {
        endpoint.mode(EmbeddedEndpoint.Mode.HANGS);
      }
      Future<?> looking =
          looks.scheduleAtFixedRate(
              () -> peak[0] = Math.max(peak[0], engine.retainedBytes()),
              0,
              LOOK_MILLIS,
              TimeUnit.MILLISECONDS);
      long begun = System.nanoTime();
      List<LogStreamer> logs = new ArrayList<>();
      List<Future<?>> pumps = new ArrayList<>();
      for (int job = 1; job <= classes.size(); job++) {
        endpoint.addJob(job);
        LogStreamer log =
            LogStreamer.builder(client.sender(Ids.job(job)))
                .engine(engine)
                .maxSize(maxSize)
                .whenFull(hangs ? WhenFull.DROP : WhenFull.WAIT)
                .start();
        logs.add(log);
        Process child = new ProcessBuilder(command(job)).start();
        children.add(child);
        pumps.add(
            threads.submit(
                () -> {
                  log.pump(child);
                  return null;
                }));
      }
      for (Future<?> pump : pumps) {
        pump.get();
      }
      double jobs = (System.nanoTime() - begun) / 1e9;
      long limit =
          engine.maxRetainedBytes() + logs.stream().mapToLong(LogStreamer::maxRetainedBytes).sum();
      endpoint.mode(EmbeddedEndpoint.Mode.WELL);
      List<LogReport> reports = engine.close(END);
      double end = (System.nanoTime() - begun) / 1e9;
      looking.cancel(false);
      endpoint.problems().forEach(problem -> shown(false, "the endpoint", "%s", problem));
      return new Outcome(reports, jobs, end, peak[0], limit);
    } finally {
      children.forEach(Process::destroyForcibly);
      looks.shutdownNow();
      threads.shutdownNow();
      engine.close();
    }
  }

  private long record(int job, Path file) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command(job))
            .redirectOutput(file.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (process.waitFor() != 0) {
      throw new IOException(command(job).get(0) + " ended with exit code " + process.exitValue());
    }
    return Files.size(file);
  }

  private List<String> command(int job) {
    Path tools = Path.of(System.getProperty("java.home"), "bin");
    Path javap = tools.resolve("javap");
    if (Files.isExecutable(javap)) {
      List<String> command =
          new ArrayList<>(List.of(javap.toString(), "-J-Xshare:auto", "-v", "-p"));
      command.addAll(classes.get(job - 1));
      return command;
    }
    return TalkativeJob.command(job, BUILT_IN_BYTES);
  }

  private static Path written(Path folder, int job) {
    return folder.resolve("written-" + job + ".log");
  }

  private static Path arrived(Path folder, int job) {
    return folder.resolve("job-" + job + ".log");
  }

  private void shown(boolean isSo, String guarantee, String format, @Nullable Object... values) {
    allShown &= isSo;
    say((isSo ? "   shown: " : "   NOT SHOWN: ") + guarantee + ": " + format, values);
  }

  private void say(String format, @Nullable Object... values) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
