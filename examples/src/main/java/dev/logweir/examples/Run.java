package dev.logweir.examples;

import dev.logweir.BatchSender;
import dev.logweir.LinePrefixer;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.OutcomeVariables;
import dev.logweir.SecretMasker;
import dev.logweir.WhenFull;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** All jobs of one call of {@link LocalRunner}, and what they share. */
final class Run implements AutoCloseable {
  private static final String EMBEDDED_TOKEN = "embedded";
  private static final Duration PIPE_TIME = Duration.ofSeconds(1);
  private static final Duration REPORT_TIME = Duration.ofSeconds(5);
  private static final Duration PAGE_INTERVAL = Duration.ofSeconds(1);

  private final RunnerOptions options;
  private final PrintWriter out;
  private final Console console;
  private final @Nullable EmbeddedEndpoint endpoint;
  private final Destination destination;
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final @Nullable Pace pace;
  private final OwnSecrets own = OwnSecrets.of(System.getenv());
  private final @Nullable SecretMasker masker;
  private final List<ShippedJob> jobs = new ArrayList<>();
  private final RunState state;
  private final @Nullable RunPage page;
  private final long jobLimit;
  private final CountDownLatch jobsLeft;
  private final ReentrantLock resultLock = new ReentrantLock();
  private final Thread atShutdown = new Thread(this::endEarly, "shutdown");
  private final long begun = System.nanoTime();
  private boolean resultShown;
  private @Nullable RunProgress progress;
  private @Nullable HeapReport heap;

  private Run(
      RunnerOptions options,
      PrintWriter out,
      Console console,
      @Nullable EmbeddedEndpoint endpoint,
      Destination destination)
      throws IOException {
    this.options = options;
    this.out = out;
    this.console = console;
    this.endpoint = endpoint;
    this.destination = destination;
    pace = options.rate == null ? null : new Pace(options.rate);
    masker = masker(options.secrets, own.values());
    Map<Long, ArrivedTail> arrived = new HashMap<>();
    for (int i = 0; i < options.jobs; i++) {
      jobs.add(job(options.firstJob + i, arrived));
    }
    jobLimit =
        settings(shown(destination.of(Ids.job(options.firstJob)).sender()), outcomeVariables())
            .maxRetainedBytes();
    jobsLeft = new CountDownLatch(jobs.size());
    state = new RunState(jobs, arrived, engine::retainedBytes, limit(), jobLimit);
    page = options.page == null ? null : startPage(options.page);
  }

  /**
   * Makes all that is shared, and no job runs yet.
   *
   * @throws IllegalArgumentException if a value is refused by the library
   */
  static Run prepare(RunnerOptions options, PrintWriter out, Console console) throws IOException {
    if (options.sink == RunnerOptions.SinkName.FAKTORY) {
      FaktoryClient client = FaktoryClient.fromEnvironment().build();
      return new Run(options, out, console, null, Destination.faktory(client));
    }
    String runner = options.runnerId == null ? Ids.runner(1) : options.runnerId;
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    OpsLevelMetrics metrics = OpsLevelMetrics.register(meters);
    if (options.apiUrl != null) {
      OpsLevelClient client =
          OpsLevelClient.fromEnvironment()
              .apiUrl(options.apiUrl)
              .runnerId(runner)
              .metrics(metrics)
              .build();
      String reason = RunnerOptions.whyUnreachable(URI.create(options.apiUrl));
      if (reason != null) {
        console.line(
            "local-runner: "
                + options.apiUrl
                + " does not answer yet ("
                + reason
                + "): the jobs begin, and what they print is kept for it");
      }
      return new Run(options, out, console, null, Destination.opsLevel(client, meters));
    }
    EmbeddedEndpoint endpoint =
        EmbeddedEndpoint.start(runner, EMBEDDED_TOKEN, options.faults(), options.output);
    try {
      for (int i = 0; i < options.jobs; i++) {
        endpoint.addJob(options.firstJob + i);
      }
      OpsLevelClient client =
          OpsLevelClient.builder()
              .apiUrl(endpoint.url().toString())
              .token(EMBEDDED_TOKEN)
              .runnerId(runner)
              .metrics(metrics)
              .build();
      return new Run(options, out, console, endpoint, Destination.opsLevel(client, meters));
    } catch (RuntimeException | IOException e) {
      endpoint.close();
      throw e;
    }
  }

  private RunPage startPage(int port) throws IOException {
    try {
      return RunPage.start(state, port);
    } catch (BindException e) {
      throw new IllegalArgumentException("--page must name a port that is free: " + port, e);
    }
  }

  private ShippedJob job(long number, Map<Long, ArrivedTail> arrived) {
    Destination.Shipping shipping = destination.of(Ids.job(number));
    BatchSender sender = shown(shipping.sender());
    if (sender instanceof ArrivedTail tail) {
      arrived.put(number, tail);
    }
    OutcomeVariables variables = outcomeVariables();
    return new ShippedJob(
        number,
        command(number),
        this::prepare,
        shipping.reporter(),
        variables,
        settings(sender, variables).name("job " + number),
        pace,
        outcomeTime(options.flushTimeout));
  }

  /** For the page, what arrives is kept for a while; nothing is without it. */
  private BatchSender shown(BatchSender sender) {
    return options.page == null ? sender : new ArrivedTail(sender);
  }

  private void prepare(Map<String, String> environment) {
    own.removeFrom(environment);
    if (options.command.isEmpty() && !options.secrets.isEmpty()) {
      environment.put(TalkativeJob.SECRET, options.secrets.get(0));
    }
  }

  private static @Nullable SecretMasker masker(List<String> given, List<String> own) {
    if (given.isEmpty() && own.isEmpty()) {
      return null;
    }
    return SecretMasker.builder().addAll(given).addAll(own).encoded(true).roomBytes(0).build();
  }

  /**
   * Returns nine tenths of what the end of a job keeps for its outcome: so a failure is told before
   * the time is up, and not as an interruption.
   */
  private static Duration outcomeTime(Duration flushTimeout) {
    Duration kept = max(flushTimeout.dividedBy(5), Duration.ofSeconds(1));
    Duration most = flushTimeout.dividedBy(2);
    Duration share = kept.compareTo(most) < 0 ? kept : most;
    return max(share.multipliedBy(9).dividedBy(10), Duration.ofMillis(1));
  }

  private static Duration max(Duration a, Duration b) {
    return a.compareTo(b) >= 0 ? a : b;
  }

  private @Nullable OutcomeVariables outcomeVariables() {
    if (!options.command.isEmpty() && !options.outcomeVariables) {
      return null;
    }
    return masker == null ? OutcomeVariables.unmasked() : OutcomeVariables.maskedBy(masker);
  }

  private LogStreamer.Builder settings(BatchSender sender, @Nullable OutcomeVariables variables) {
    LogStreamer.Builder settings =
        LogStreamer.builder(sender)
            .engine(engine)
            .flushTimeout(options.flushTimeout)
            .whenFull(options.drop ? WhenFull.DROP : WhenFull.WAIT);
    if (options.maxWait != null) {
      settings.maxWait(options.maxWait);
    }
    if (options.maxSize != null) {
      settings.maxSize(Math.toIntExact(options.maxSize));
    }
    if (options.maxInterval != null) {
      settings.maxInterval(options.maxInterval);
    } else if (options.page != null) {
      settings.maxInterval(PAGE_INTERVAL);
    }
    if (variables != null) {
      settings.processor(variables);
    }
    if (masker != null) {
      settings.processor(masker);
    }
    if (options.prefix) {
      settings.processor(LinePrefixer.numbered());
    }
    return settings;
  }

  private List<String> command(long number) {
    if (!options.command.isEmpty()) {
      return options.command.stream()
          .map(word -> word.replace("{job}", Long.toString(number)))
          .toList();
    }
    return TalkativeJob.command(number, options.size);
  }

  /** What the library may retain for as many jobs as run at once, in bytes. */
  long limit() {
    return engine.maxRetainedBytes() + (long) Math.min(options.concurrency, jobs.size()) * jobLimit;
  }

  /** Runs all jobs and says the result; returns the exit code. */
  int toEnd() throws InterruptedException {
    Runtime.getRuntime().addShutdownHook(atShutdown);
    heap = options.heapReport ? HeapReport.start() : null;
    LogProvider.to(line -> console.line("local-runner: " + line));
    if (page != null) {
      console.line("local-runner: the run is shown on " + page.url());
    }
    progress = RunProgress.start(jobs, engine::retainedBytes, state::look, limit(), console);
    ExecutorService threads = Executors.newFixedThreadPool(options.concurrency);
    for (ShippedJob job : jobs) {
      threads.execute(
          () -> {
            try {
              job.run();
            } finally {
              jobsLeft.countDown();
            }
          });
    }
    threads.shutdown();
    jobsLeft.await();
    return showResult();
  }

  /** Ends the jobs, ships what they have written, and says the result: on a signal, say. */
  private void endEarly() {
    jobs.forEach(ShippedJob::end);
    if (pace != null) {
      pace.lift();
    }
    try {
      killLate();
      // What is still in the pipes is read in a moment, unless a full library holds the reading
      // back.
      boolean allRead = jobsLeft.await(PIPE_TIME.toMillis(), TimeUnit.MILLISECONDS);
      engine.close(options.flushTimeout);
      boolean allDone = jobsLeft.await(REPORT_TIME.toMillis(), TimeUnit.MILLISECONDS);
      if (!allRead && !allDone) {
        console.line("local-runner: a job did not end in time");
      }
      showResult();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    close();
  }

  /** A job may ignore a SIGTERM; one that outlived the runner would be nobody's. */
  private void killLate() throws InterruptedException {
    CompletableFuture<?> exits =
        CompletableFuture.allOf(
            jobs.stream().map(ShippedJob::onExit).toArray(CompletableFuture<?>[]::new));
    try {
      exits.get(options.grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      jobs.forEach(ShippedJob::kill);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  private int showResult() throws InterruptedException {
    resultLock.lock();
    try {
      if (resultShown) {
        return 1;
      }
      resultShown = true;
      if (progress != null) {
        progress.end();
      }
      if (page != null) {
        page.close();
      }
      double seconds = (System.nanoTime() - begun) / 1e9;
      ResultTable.print(jobs, out);
      out.println();
      showTotals(seconds);
      if (heap != null) {
        out.println(heap.end(limit()));
      }
      out.flush();
      return showFailures() ? 1 : 0;
    } finally {
      resultLock.unlock();
    }
  }

  private void showTotals(double seconds) {
    RunTotals all = RunTotals.of(jobs);
    out.printf(
        Locale.ROOT,
        "total: jobs=%d complete=%d seconds=%.3f accepted=%d shipped=%d filtered=%d dropped=%d"
            + " shipped_per_second=%.0f%n",
        jobs.size(),
        all.complete(),
        seconds,
        all.accepted().bytes(),
        all.shipped().bytes(),
        all.filtered().bytes(),
        all.dropped().bytes(),
        all.shipped().bytes() / seconds);
    long peak = progress == null ? 0 : progress.peak();
    out.printf(
        Locale.ROOT,
        "retained: at most %,d bytes seen; the formula allows %,d (engine %,d, %d jobs at once %,d"
            + " each)%n",
        peak,
        limit(),
        engine.maxRetainedBytes(),
        Math.min(options.concurrency, jobs.size()),
        jobLimit);
    destination.showAttempts(out);
    if (endpoint != null) {
      out.printf(
          Locale.ROOT,
          "arrived at the endpoint: %,d bytes, markers and prefixes included%n",
          endpoint.receivedBytes());
    }
  }

  private boolean showFailures() {
    boolean failed = false;
    for (ShippedJob job : jobs) {
      ShippedJob.Result result = job.result();
      String failure = result == null ? job.state().toString() : result.failure();
      if (failure != null) {
        failed = true;
        console.line("local-runner: job " + job.number() + ": " + failure);
      }
    }
    if (endpoint != null) {
      for (String problem : endpoint.problems()) {
        failed = true;
        console.line("local-runner: the endpoint found wrong: " + problem);
      }
    }
    return failed;
  }

  @Override
  public void close() {
    LogProvider.to(null);
    engine.close();
    destination.close();
    if (page != null) {
      page.close();
    }
    if (endpoint != null) {
      endpoint.close();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(atShutdown);
    } catch (IllegalStateException ignored) {
      // The JVM is shutting down: the hook runs or has run.
    }
  }
}
