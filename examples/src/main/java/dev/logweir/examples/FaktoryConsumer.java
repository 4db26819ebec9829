package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.faktory.FaktoryUrl;
import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The other end of {@code --sink faktory}: takes the jobs out of a Faktory server and prints or
 * stores the logs in them. A job that comes again, known by its {@code jid}, is taken once.
 */
@Command(
    name = "faktory-consumer",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    description = "Takes logs out of the Faktory server of FAKTORY_PROVIDER or FAKTORY_URL.")
public final class FaktoryConsumer implements Callable<Integer> {
  private static final String LOG = "Runners::Faktory::AppendJobLog";
  private static final String OUTCOME = "Runners::Faktory::ReportJobOutcome";
  private static final int REMEMBERED_JIDS = 10_000;

  @Option(
      names = "--queue",
      paramLabel = "NAME",
      description = "The queue to take from (default: ${DEFAULT-VALUE}).")
  private String queue = "app";

  @Option(
      names = "--output",
      paramLabel = "FOLDER",
      description = "Where the logs go, one file a job; without one they are printed.")
  private @Nullable Path output;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "End when so many outcomes have come (default: never).")
  private int jobs;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final UnaryOperator<@Nullable String> environment;

  private final Set<String> known =
      Collections.newSetFromMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
              return size() > REMEMBERED_JIDS;
            }
          });

  FaktoryConsumer(UnaryOperator<@Nullable String> environment) {
    this.environment = environment;
  }

  /** Runs and exits. */
  public static void main(String[] args) {
    System.exit(commandLine(System::getenv).execute(args));
  }

  static CommandLine commandLine(UnaryOperator<@Nullable String> environment) {
    return OneLine.failures(new CommandLine(new FaktoryConsumer(environment)));
  }

  // The compiler of 17 reads no annotation within a type argument from a class file.
  @SuppressWarnings("NullAway")
  @Override
  public Integer call() throws IOException {
    PrintWriter err = spec.commandLine().getErr();
    if (jobs < 0) {
      throw new ParameterException(spec.commandLine(), "--jobs must be at least 0: " + jobs);
    }
    if (output != null) {
      Files.createDirectories(output);
      try (Stream<Path> files = Files.list(output)) {
        if (files.findAny().isPresent()) {
          throw new ParameterException(
              spec.commandLine(), "--output must be a new or an empty folder: " + output);
        }
      }
    }
    FaktoryUrl url;
    try {
      url = FaktoryUrl.of(environment);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    int outcomes = 0;
    long again = 0;
    try (FaktoryWorker worker = FaktoryWorker.connect(url)) {
      while ((jobs == 0 || outcomes < jobs) && !worker.isTerminated()) {
        FaktoryJob job = worker.fetch(queue);
        if (job == null) {
          continue;
        }
        if (!job.type().equals(LOG) && !job.type().equals(OUTCOME)) {
          String reason = "this consumer knows no jobs of the type " + printable(job.type());
          worker.fail(job.jid(), reason);
          err.println("a job is given back: " + reason);
          return 1;
        }
        if (!known.add(job.jid())) {
          again++;
        } else if (job.type().equals(LOG)) {
          store(job);
        } else {
          outcomes++;
          err.println(
              "job "
                  + printable(Ids.numberOf(job.runnerJobId()))
                  + ": "
                  + printable(job.outcome()));
          err.flush();
        }
        // Only now: what a consumer has not stored, Faktory gives to another.
        worker.acknowledge(job.jid());
      }
    }
    err.println("outcomes: " + outcomes + ", jobs that came again: " + again);
    err.flush();
    return 0;
  }

  private void store(FaktoryJob job) throws IOException {
    if (output == null) {
      write(job, System.out);
      System.out.flush();
      return;
    }
    Path file = output.resolve(fileName(job.runnerJobId()));
    try (OutputStream out = new BufferedOutputStream(new FileOutputStream(file.toFile(), true))) {
      write(job, out);
    }
  }

  /** Any id may come, also one with a slash in it. */
  static String fileName(String jobId) {
    return "job-" + URLEncoder.encode(Ids.numberOf(jobId), UTF_8) + ".log";
  }

  private static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  private static void write(FaktoryJob job, OutputStream out) throws IOException {
    for (byte[] line : job.lines()) {
      out.write(line);
      out.write('\n');
    }
  }
}
