package dev.logweir.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.logweir.BatchSender;
import dev.logweir.LinePrefixer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.OutcomeVariables;
import dev.logweir.SecretMasker;
import dev.logweir.WhenFull;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.opslevel.OpsLevelClient;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * One load over a socket: what sends, how many jobs at once, what they write and how fast. Its main
 * method puts the load on a server on loopback and prints what it cost: {@code warm} and {@code
 * total}, CPU of all threads in milliseconds a MB of text, in a window after a warm-up and from the
 * begin of the process; {@code rate} in MB a second and {@code pushes} in batches a second, in the
 * window.
 *
 * @param peer what sends
 * @param bytesPerSecond what a job writes, or 0 for as fast as nothing is lost
 */
record WireLoad(String peer, int jobs, String line, int bytesPerSecond, int intervalMillis) {
  private static final int DEFAULT_INTERVAL_MILLIS = 5_000;
  private static final int WARM_UP_SECONDS = 6;
  private static final int SECONDS = 12;
  private static final int QUICK_SECONDS = 3;
  private static final int POOL = 4;
  private static final int MAX_SIZE = 256 << 10;

  static WireLoad of(String peer, int jobs, String line) {
    return new WireLoad(peer, jobs, line, 0, DEFAULT_INTERVAL_MILLIS);
  }

  /** What runners mostly do: 10 jobs of 0.2 MB a second each. */
  static WireLoad paced(String peer, int intervalMillis) {
    return new WireLoad(peer, 10, "100", 200_000, intervalMillis);
  }

  BareServer.Protocol protocol() {
    return peer.startsWith("FAKTORY") ? BareServer.Protocol.FAKTORY : BareServer.Protocol.HTTP;
  }

  boolean isLoop() {
    return peer.endsWith("_LOOP");
  }

  /** Whether another load has the same work, whoever does it. */
  boolean isAs(WireLoad other) {
    return protocol() == other.protocol()
        && (jobs == other.jobs || protocol() == BareServer.Protocol.FAKTORY)
        && line.equals(other.line)
        && bytesPerSecond == other.bytesPerSecond
        && intervalMillis == other.intervalMillis;
  }

  List<String> arguments(int port, boolean quick) {
    return List.of(
        peer,
        String.valueOf(jobs),
        line,
        String.valueOf(bytesPerSecond),
        String.valueOf(intervalMillis),
        String.valueOf(port),
        String.valueOf(quick ? QUICK_SECONDS : WARM_UP_SECONDS),
        String.valueOf(quick ? QUICK_SECONDS : SECONDS));
  }

  /** Puts the load on. */
  public static void main(String[] args) throws Exception {
    Outcome.begin();
    WireLoad load =
        new WireLoad(
            args[0],
            Integer.parseInt(args[1]),
            args[2],
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]));
    int port = Integer.parseInt(args[5]);
    int warmUp = Integer.parseInt(args[6]);
    int seconds = Integer.parseInt(args[7]);
    if (load.isLoop()) {
      WireLoop loop = new WireLoop(load, port);
      load.measure((job, pace) -> loop.write(pace), loop::sent, warmUp, seconds);
    } else if (load.protocol() == BareServer.Protocol.HTTP) {
      try (OpsLevelClient client = BareServer.client(port)) {
        load.logweir(client::sender, warmUp, seconds);
      }
    } else {
      try (FaktoryClient client =
          FaktoryClient.builder().url("tcp://127.0.0.1:" + port).poolSize(POOL).build()) {
        load.logweir(client::sender, warmUp, seconds);
      }
    }
    Outcome.end();
  }

  /** Writes what one job writes, until it is told to end. */
  @FunctionalInterface
  interface Writer {
    void write(int job, Pace pace) throws Exception;
  }

  /** What was sent so far. */
  record Sent(long bytes, long batches) {}

  private void logweir(Function<String, BatchSender> senders, int warmUp, int seconds)
      throws Exception {
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      List<LogStreamer> logs = new ArrayList<>();
      for (int job = 0; job < jobs; job++) {
        LogStreamer.Builder builder =
            LogStreamer.builder(senders.apply("job-" + job))
                .engine(engine)
                .maxSize(MAX_SIZE)
                .maxInterval(Duration.ofMillis(intervalMillis))
                .whenFull(WhenFull.WAIT);
        if (!peer.endsWith("_PLAIN")) {
          SecretMasker masker = SecretMasker.of(Secrets.all());
          builder
              .processor(OutcomeVariables.maskedBy(masker))
              .processor(masker)
              .processor(LinePrefixer.numbered());
        }
        logs.add(builder.start());
      }
      measure(
          (job, pace) -> {
            OutputStream out = logs.get(job).stdout().waiting();
            byte[] text = Workload.of(line).bytes();
            for (int at = 0;
                pace.goesOn(Workload.CHUNK);
                at = (at + Workload.CHUNK) % text.length) {
              out.write(text, at, Workload.CHUNK);
            }
          },
          () -> sent(logs),
          warmUp,
          seconds);
      for (LogStreamer log : logs) {
        LogReport report = log.finish(Duration.ofSeconds(60));
        if (!report.isComplete()) {
          throw new IllegalStateException(report.toString());
        }
      }
    }
  }

  private static Sent sent(List<LogStreamer> logs) {
    long bytes = 0;
    long batches = 0;
    for (LogStreamer log : logs) {
      LogReport report = log.report();
      bytes += report.sink().shipped().bytes();
      batches += report.sink().batches();
    }
    return new Sent(bytes, batches);
  }

  /** Has the jobs write, measures in the window, and prints the figures. */
  void measure(Writer writer, Supplier<Sent> meter, int warmUp, int seconds) throws Exception {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ExecutorService threads = Executors.newFixedThreadPool(jobs);
    CountDownLatch enough = new CountDownLatch(1);
    List<Future<?>> writers = new ArrayList<>();
    for (int i = 0; i < jobs; i++) {
      int job = i;
      writers.add(
          threads.submit(
              () -> {
                writer.write(job, new Pace(bytesPerSecond, enough));
                return null;
              }));
    }
    boolean early = enough.await(warmUp, TimeUnit.SECONDS);
    long cpuBefore = system.getProcessCpuTime();
    long nanosBefore = System.nanoTime();
    Sent before = meter.get();
    early |= enough.await(seconds, TimeUnit.SECONDS);
    long cpuAfter = system.getProcessCpuTime();
    double taken = (System.nanoTime() - nanosBefore) / 1e9;
    Sent after = meter.get();
    enough.countDown();
    for (Future<?> each : writers) {
      each.get(); // throws what ended it
    }
    threads.shutdown();
    double megabytes = (after.bytes - before.bytes) / 1e6;
    if (early || megabytes == 0) {
      throw new IllegalStateException("nothing was sent in the window");
    }
    Outcome.figure("warm", (cpuAfter - cpuBefore) / 1e6 / megabytes);
    Outcome.figure("total", cpuAfter / 1e6 / (after.bytes / 1e6));
    Outcome.figure("rate", megabytes / taken);
    Outcome.figure("pushes", (after.batches - before.batches) / taken);
  }

  /** Holds a writer to its rate. */
  static final class Pace {
    private final double nanosPerByte;
    private final CountDownLatch enough;
    private double next = System.nanoTime();

    Pace(int bytesPerSecond, CountDownLatch enough) {
      nanosPerByte = bytesPerSecond == 0 ? 0 : 1e9 / bytesPerSecond;
      this.enough = enough;
    }

    /** Waits until the next bytes are due; false if the writer is to end. */
    boolean goesOn(int bytes) {
      if (nanosPerByte > 0) {
        next += bytes * nanosPerByte;
        for (double left = next - System.nanoTime();
            left > 0 && enough.getCount() > 0;
            left = next - System.nanoTime()) {
          LockSupport.parkNanos((long) left);
        }
      }
      return enough.getCount() > 0;
    }
  }
}
