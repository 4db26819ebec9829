package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.WhenFull;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.faktory.FaktoryMetrics;
import dev.logweir.faktory.FaktoryUrl;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Question: how much of what a Faktory server takes do many jobs reach, each with a log of its own,
 * through a small pool? Beside it, in the same run, a plain producer pushes one ready-made job over
 * and over on as many connections: the ceiling. What comes in is flushed all the time, so that the
 * server's memory does not grow.
 */
@Command(
    name = "faktory-load",
    sortOptions = false,
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    description = "Measures pushes to the Faktory server of FAKTORY_URL, whose data are FLUSHED.")
public final class FaktoryLoad implements Callable<Integer> {
  private static final long FLUSH_MILLIS = 250;

  /** Of text in a job of 64 KiB, in Base64. */
  private static final int TEXT_BYTES = 48_000;

  private static final Duration DRAIN_TIME = Duration.ofSeconds(20);

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "For each of the two parts (default: ${DEFAULT-VALUE}).")
  private int seconds = 30;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      description = "Jobs at once (default: ${DEFAULT-VALUE}).")
  private int jobs = 100;

  @Option(
      names = "--pool",
      paramLabel = "N",
      description = "Connections (default: ${DEFAULT-VALUE}).")
  private int pool = 4;

  @Spec private CommandSpec spec = CommandSpec.create();

  private final UnaryOperator<@Nullable String> environment;

  FaktoryLoad(UnaryOperator<@Nullable String> environment) {
    this.environment = environment;
  }

  /** Measures one after the other and says the figures. */
  public static void main(String[] args) {
    System.exit(commandLine(System::getenv).execute(args));
  }

  static CommandLine commandLine(UnaryOperator<@Nullable String> environment) {
    return OneLine.failures(new CommandLine(new FaktoryLoad(environment)));
  }

  // The compiler of 17 reads no annotation within a type argument from a class file.
  @SuppressWarnings("NullAway")
  @Override
  public Integer call() throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    check("--seconds", seconds, 3_600);
    check("--jobs", jobs, 10_000);
    check("--pool", pool, 1_000);
    FaktoryUrl url;
    try {
      url = FaktoryUrl.of(environment);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()));
    }
    Duration part = Duration.ofSeconds(seconds);
    CountDownLatch over = new CountDownLatch(1);
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      Future<?> flusher = threads.submit(() -> flush(url, over));
      double ceiling = plain(threads, url, part, out);
      boolean bounded = logweir(threads, url, part, ceiling, out);
      over.countDown();
      flusher.get();
      return bounded ? 0 : 1;
    } finally {
      over.countDown();
      threads.shutdown();
    }
  }

  private void check(String name, int value, int max) {
    if (value < 1 || value > max) {
      throw new ParameterException(
          spec.commandLine(), name + " must be from 1 to " + max + ": " + value);
    }
  }

  private static Void flush(FaktoryUrl url, CountDownLatch over)
      throws IOException, InterruptedException {
    try (FaktoryWorker worker = FaktoryWorker.connect(url)) {
      while (!over.await(FLUSH_MILLIS, TimeUnit.MILLISECONDS)) {
        worker.flush();
      }
    }
    return null;
  }

  /** Returns the bytes of text a second. */
  private double plain(ExecutorService threads, FaktoryUrl url, Duration time, PrintWriter out)
      throws Exception {
    byte[] job = job(lines());
    Timer timer = registry().timer("plain");
    AtomicBoolean enough = new AtomicBoolean();
    List<Future<?>> producers = new ArrayList<>();
    long begun = System.nanoTime();
    for (int i = 0; i < pool; i++) {
      producers.add(
          threads.submit(
              () -> {
                try (FaktoryWorker worker = FaktoryWorker.connect(url)) {
                  while (!enough.get()) {
                    long before = System.nanoTime();
                    worker.push(job);
                    timer.record(System.nanoTime() - before, TimeUnit.NANOSECONDS);
                  }
                }
                return null;
              }));
    }
    boolean unused = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
    enough.set(true);
    for (Future<?> producer : producers) {
      producer.get();
    }
    double taken = (System.nanoTime() - begun) / 1e9;
    double rate = timer.count() * (double) TEXT_BYTES / taken;
    say(out, "plain producer", timer, taken, rate);
    return rate;
  }

  /** Returns whether the memory was within the formula and nothing was lost. */
  private boolean logweir(
      ExecutorService threads, FaktoryUrl url, Duration time, double ceiling, PrintWriter out)
      throws Exception {
    SimpleMeterRegistry registry = registry();
    HeapReport heap = HeapReport.start();
    List<LogReport> reports;
    List<EndlessText> texts = new ArrayList<>();
    List<Future<LogReport>> running = new ArrayList<>();
    long begun = System.nanoTime();
    long limit;
    FaktoryClient.Builder settings = FaktoryClient.builder().url(url.toString()).poolSize(pool);
    if (!url.password().isEmpty()) {
      settings.password(url.password());
    }
    try (FaktoryMetrics metrics = FaktoryMetrics.register(registry);
        FaktoryClient client = settings.metrics(metrics).build();
        LogweirEngine engine = LogweirEngine.builder().build()) {
      limit = engine.maxRetainedBytes() + client.maxRetainedBytes();
      byte[] text = lines();
      for (int i = 0; i < jobs; i++) {
        EndlessText endless = new EndlessText(text);
        texts.add(endless);
        LogStreamer log =
            LogStreamer.builder(client.sender(Ids.job(i + 1)))
                .engine(engine)
                .whenFull(WhenFull.WAIT)
                .start();
        limit += log.maxRetainedBytes();
        running.add(
            threads.submit(
                () -> {
                  try (log) {
                    log.pump(endless, InputStream.nullInputStream());
                    return log.finish(DRAIN_TIME);
                  }
                }));
      }
      boolean unused = new CountDownLatch(1).await(time.toMillis(), TimeUnit.MILLISECONDS);
      texts.forEach(EndlessText::end);
      reports = new ArrayList<>();
      for (Future<LogReport> job : running) {
        reports.add(job.get());
      }
      double taken = (System.nanoTime() - begun) / 1e9;
      long shipped =
          reports.stream().mapToLong(report -> report.sinks().get(0).shipped().bytes()).sum();
      Timer timer = registry.get("logweir.faktory.push").tag("outcome", "accepted").timer();
      say(out, jobs + " jobs", timer, taken, shipped / taken);
      out.printf(Locale.ROOT, "share of the ceiling: %.2f%n", shipped / taken / ceiling);
    }
    out.println(heap.end(limit));
    long complete = reports.stream().filter(LogReport::isComplete).count();
    out.printf(Locale.ROOT, "logs that are complete: %d of %d%n", complete, jobs);
    out.flush();
    return heap.grownBytes() <= limit && complete == jobs;
  }

  private static void say(
      PrintWriter out, String name, Timer timer, double taken, double bytesPerSecond) {
    HistogramSnapshot times = timer.takeSnapshot();
    out.printf(
        Locale.ROOT,
        "%-15s %6.0f pushes/s, %6.1f MB of text/s; a push takes %.2f ms (p50), %.2f ms (p99)%n",
        name + ":",
        timer.count() / taken,
        bytesPerSecond / 1e6,
        times.percentileValues()[0].value(TimeUnit.MILLISECONDS),
        times.percentileValues()[1].value(TimeUnit.MILLISECONDS));
    out.flush();
  }

  private static SimpleMeterRegistry registry() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    registry
        .config()
        .meterFilter(
            new MeterFilter() {
              @Override
              public DistributionStatisticConfig configure(
                  Meter.Id id, DistributionStatisticConfig config) {
                return DistributionStatisticConfig.builder()
                    .percentiles(0.5, 0.99)
                    .expiry(Duration.ofHours(1))
                    .build()
                    .merge(config);
              }
            });
    return registry;
  }

  /** Lines of 100 bytes. */
  private static byte[] lines() {
    String line =
        "2026-11-23T22:57:01Z [12] [INFO] --- a line of a build, as long as they are on the average";
    return (line + " ".repeat(99 - line.length()) + "\n").repeat(TEXT_BYTES / 100).getBytes(UTF_8);
  }

  private static byte[] job(byte[] text) {
    StringBuilder chunk = new StringBuilder();
    for (String line : new String(text, UTF_8).split("\n", -1)) {
      if (!line.isEmpty()) {
        chunk.append(chunk.length() == 0 ? "" : ",").append('"');
        chunk.append(Base64.getEncoder().encodeToString(line.getBytes(UTF_8))).append('"');
      }
    }
    return ("{\"jid\":\"0123456789abcdef\",\"jobtype\":\"Runners::Faktory::AppendJobLog\","
            + "\"queue\":\"app\",\"retry\":25,\"created_at\":\"2026-11-23T22:57:01Z\","
            + "\"args\":[{\"runnerId\":\"faktory\",\"runnerJobId\":\"1\","
            + "\"sentAt\":\"2026-11-23T22:57:01Z\",\"logChunk\":["
            + chunk
            + "]}]}")
        .getBytes(UTF_8);
  }
}
