package dev.logweir.examples;

import dev.logweir.LogweirEngine;
import dev.logweir.LogweirMetrics;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelMetrics;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The log path of OpsLevel's runner on Logweir: jobs from files, each in a pod of its own. The
 * options have the names of the runner's.
 */
@Command(
    name = "kubernetes",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpAutoWidth = true,
    description = "Runs jobs in pods and ships their logs and outcomes, as OpsLevel's runner does.",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every job succeeded and its whole log arrived",
      "1:a job did not succeed, or its log is not complete",
      "2:the command line is wrong"
    })
final class PodRunner implements Callable<Integer> {
  private static final String EMBEDDED_TOKEN = "embedded";
  private static final Duration END_TIME = Duration.ofSeconds(10);

  /** Where logs and outcomes go. */
  enum Mode {
    API,
    FAKTORY
  }

  @Option(
      names = "--job",
      required = true,
      paramLabel = "FILE",
      description = "A job in JSON or YAML; one option for each job.")
  private List<Path> files = List.of();

  @Option(names = "--mode", description = "api or faktory. Default: ${DEFAULT-VALUE}.")
  private Mode mode = Mode.API;

  @Option(
      names = "--api-url",
      description = "The API's address. Without, an endpoint within this process.")
  private @Nullable String apiUrl;

  @Option(names = "--runner-id", description = "The runner's id, needed with --api-url.")
  private @Nullable String runnerId;

  @Option(names = "--output", description = "Where the endpoint writes what arrives.")
  private @Nullable Path output;

  @Option(names = "--job-concurrency", description = "Default: ${DEFAULT-VALUE}.")
  private int concurrency = 3;

  @Option(names = "--job-pod-namespace", description = "Default: ${DEFAULT-VALUE}.")
  private String namespace = "default";

  @Option(names = "--job-pod-max-wait", description = "Seconds. Default: ${DEFAULT-VALUE}.")
  private int maxWait = 60;

  @Option(names = "--job-pod-max-lifetime", description = "Seconds. Default: ${DEFAULT-VALUE}.")
  private int maxLifetime = 3_600;

  @Option(names = "--job-pod-shell", description = "Default: ${DEFAULT-VALUE}.")
  private String shell = "/bin/sh";

  @Option(names = "--job-pod-workdir", description = "Default: ${DEFAULT-VALUE}.")
  private String workdir = "/jobs";

  @Option(
      names = "--job-pod-log-max-size",
      description = "Bytes of each of a job's six places. Default: ${DEFAULT-VALUE}.")
  private int logMaxSize = 256 << 10;

  @Option(names = "--job-pod-log-max-interval", description = "Seconds. Default: 30.")
  private int logMaxInterval = 30;

  @Option(
      names = "--embedded-cluster",
      description = "Runs the commands on this machine, behind an API server within this process.")
  private boolean embedded;

  @Option(
      names = "--sever-after",
      paramLabel = "BYTES",
      description = "The embedded cluster cuts each stream after so many bytes.")
  private @Nullable Long severAfter;

  @Option(names = "--never-ready", description = "The embedded cluster's pods never run.")
  private boolean neverReady;

  @Spec private CommandSpec spec = CommandSpec.create();

  static CommandLine commandLine() {
    return OneLine.failures(new CommandLine(new PodRunner()))
        .setCaseInsensitiveEnumValuesAllowed(true);
  }

  @Override
  public Integer call() throws Exception {
    List<PodJob> jobs = new ArrayList<>();
    for (Path file : files) {
      try {
        jobs.add(PodJob.read(file));
      } catch (IllegalArgumentException | IOException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      }
    }
    LogProvider.to(line -> spec.commandLine().getErr().println("kubernetes: " + line));
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    String runner = mode == Mode.FAKTORY ? "faktory" : runnerId == null ? Ids.runner(1) : runnerId;
    LogweirEngine engine =
        LogweirEngine.builder()
            .metrics(LogweirMetrics.register(registry, "opslevel.runner.log"))
            .build();
    try (EmbeddedCluster cluster = embedded ? EmbeddedCluster.start(severAfter, neverReady) : null;
        KubernetesClient client = client(cluster);
        EmbeddedEndpoint endpoint = endpoint(runner, jobs);
        Destination destination = destination(endpoint, runner, registry);
        JobMeters meters = new JobMeters(registry, runner)) {
      PodRun.Settings settings =
          new PodRun.Settings(
              client,
              engine,
              meters,
              namespace,
              Duration.ofSeconds(maxWait),
              Duration.ofSeconds(maxLifetime),
              shell,
              workdir,
              logMaxSize,
              Duration.ofSeconds(logMaxInterval));
      return run(settings, jobs, destination);
    } finally {
      engine.close(END_TIME);
    }
  }

  private KubernetesClient client(@Nullable EmbeddedCluster cluster) {
    // Pings would cut a stream that is held back for longer than their interval.
    ConfigBuilder config = new ConfigBuilder().withWebsocketPingInterval(0L);
    if (cluster != null) {
      config.withMasterUrl(cluster.url());
    }
    return new KubernetesClientBuilder().withConfig(config.build()).build();
  }

  private @Nullable EmbeddedEndpoint endpoint(String runner, List<PodJob> jobs) throws IOException {
    if (mode == Mode.FAKTORY || apiUrl != null) {
      return null;
    }
    EmbeddedEndpoint endpoint =
        EmbeddedEndpoint.start(runner, EMBEDDED_TOKEN, EndpointFaults.NONE, output);
    for (PodJob job : jobs) {
      endpoint.addJob(job.number());
    }
    return endpoint;
  }

  private Destination destination(
      @Nullable EmbeddedEndpoint endpoint, String runner, SimpleMeterRegistry registry) {
    if (mode == Mode.FAKTORY) {
      return Destination.faktory(FaktoryClient.fromEnvironment().build());
    }
    OpsLevelClient.Builder builder =
        endpoint == null
            ? OpsLevelClient.fromEnvironment()
            : OpsLevelClient.builder().apiUrl(endpoint.url().toString()).token(EMBEDDED_TOKEN);
    if (apiUrl != null) {
      builder.apiUrl(apiUrl);
    }
    return Destination.opsLevel(
        builder.runnerId(runner).metrics(OpsLevelMetrics.register(registry)).build(), registry);
  }

  private int run(PodRun.Settings settings, List<PodJob> jobs, Destination destination)
      throws InterruptedException {
    ExecutorService workers = Executors.newFixedThreadPool(Math.max(1, concurrency));
    Thread atExit = new Thread(() -> cancel(workers), "cancel");
    Runtime.getRuntime().addShutdownHook(atExit);
    List<Future<PodRun.Result>> results = new ArrayList<>();
    for (int i = 0; i < jobs.size(); i++) {
      PodJob job = jobs.get(i);
      int worker = i % Math.max(1, concurrency) + 1;
      results.add(
          workers.submit(
              () -> new PodRun(settings, job, worker).run(destination.of(Ids.job(job.number())))));
    }
    workers.shutdown();
    boolean well = true;
    for (int i = 0; i < jobs.size(); i++) {
      well &= show(jobs.get(i), results.get(i));
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException ignored) {
      // the hook runs: it waits for the workers
    }
    return well ? 0 : 1;
  }

  private boolean show(PodJob job, Future<PodRun.Result> future) throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try {
      PodRun.Result result = future.get();
      out.println(
          "job "
              + job.number()
              + ": "
              + result.outcome().value()
              + (result.message().isEmpty() ? "" : ", " + result.message())
              + (result.report().isComplete() ? "; log complete" : "; log not complete"));
      // What the runner gives to its error tracker.
      result.lastLines().forEach(line -> spec.commandLine().getErr().println("  " + line));
      return result.isWell();
    } catch (ExecutionException e) {
      out.println("job " + job.number() + ": " + e.getCause());
      return false;
    }
  }

  private static void cancel(ExecutorService workers) {
    workers.shutdownNow();
    try {
      workers.awaitTermination(2 * END_TIME.toSeconds(), TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
