package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * 200 jobs write for a minute, while the API is well for 10 s, hangs for 15 s, fails for 15 s, is
 * busy for 10 s, and is well again for 10 s; then says what became of what they wrote, and whether
 * it is so as it must be.
 *
 * <p>Exit code 0 if it is, else 1. Command: {@code java -cp examples/target/logweir-examples.jar
 * dev.logweir.examples.Outage}.
 */
public final class Outage {
  private static final int JOBS = 200;
  private static final int MAX_SIZE = 16 << 10;
  private static final int LINES_A_WRITE = 4;
  private static final int LINE_BYTES = 128;
  private static final Duration BETWEEN_WRITES = Duration.ofMillis(250);
  private static final Duration RECOVERY = Duration.ofSeconds(10);
  private static final int[] PHASE_SECONDS = {10, 15, 15, 10, 10};
  private static final int DOWN_SECONDS = 40;
  private static final EmbeddedEndpoint.Mode[] PHASES = {
    EmbeddedEndpoint.Mode.WELL,
    EmbeddedEndpoint.Mode.HANGS,
    EmbeddedEndpoint.Mode.FAILS,
    EmbeddedEndpoint.Mode.BUSY,
    EmbeddedEndpoint.Mode.WELL
  };

  private final EmbeddedEndpoint endpoint;
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final OpsLevelClient client;
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final List<LogStreamer> jobs = new ArrayList<>();
  private final List<String> wrong = new ArrayList<>();
  private final HeapReport heap;
  private final long formula;
  private long writes;
  private long droppedBefore;

  private Outage() throws IOException {
    endpoint = EmbeddedEndpoint.start(Ids.runner(1), "token", EndpointFaults.NONE, null);
    client =
        OpsLevelClient.builder()
            .apiUrl(endpoint.url().toString())
            .token("token")
            .runnerId(Ids.runner(1))
            .attemptTimeout(Duration.ofSeconds(5))
            .metrics(OpsLevelMetrics.register(registry))
            .build();
    heap = HeapReport.start();
    for (int i = 0; i < JOBS; i++) {
      endpoint.addJob(i);
      jobs.add(
          LogStreamer.builder(client.sender(Ids.job(i)))
              .engine(engine)
              .maxSize(MAX_SIZE)
              .maxInterval(Duration.ofSeconds(1))
              .markers(false)
              .start());
    }
    formula =
        engine.maxRetainedBytes() + jobs.stream().mapToLong(LogStreamer::maxRetainedBytes).sum();
  }

  /** Runs it. */
  public static void main(String[] args) throws Exception {
    Outage outage = new Outage();
    outage.run();
    outage.wrong.forEach(text -> System.out.println("WRONG: " + text));
    System.exit(outage.wrong.isEmpty() ? 0 : 1);
  }

  private void run() throws InterruptedException {
    long next = System.nanoTime();
    for (int phase = 0; phase < PHASES.length; phase++) {
      endpoint.mode(PHASES[phase]);
      long begun = System.nanoTime();
      long end = begun + TimeUnit.SECONDS.toNanos(PHASE_SECONDS[phase]);
      boolean last = phase == PHASES.length - 1;
      long allFlow = -1;
      long[] batches = batches();
      while (next < end) {
        writeAll();
        if (last && allFlow < 0 && allMoreThan(batches)) {
          allFlow = System.nanoTime() - begun;
        }
        next += BETWEEN_WRITES.toNanos();
        for (long left = next - System.nanoTime(); left > 0; left = next - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
      show(phase, allFlow);
    }
    List<LogReport> reports = engine.close(Duration.ofSeconds(20));
    checkBalance(reports);
    System.out.println(heap.end(formula));
    require(heap.grownBytes() <= formula, "more heap than the formula allows");
    showApi();
    client.close();
    checkNothingIsLeft();
    endpoint.close();
  }

  private void writeAll() {
    writes++;
    for (int i = 0; i < JOBS; i++) {
      StringBuilder text = new StringBuilder(LINES_A_WRITE * LINE_BYTES);
      for (int line = 0; line < LINES_A_WRITE; line++) {
        String words = "job " + i + " write " + writes + " line " + line + " ";
        text.append(words).append("x".repeat(LINE_BYTES - 1 - words.length())).append('\n');
      }
      byte[] bytes = text.toString().getBytes(US_ASCII);
      jobs.get(i).stdout().write(bytes, 0, bytes.length);
    }
  }

  private long[] batches() {
    return jobs.stream().mapToLong(job -> job.report().sink().batches()).toArray();
  }

  private boolean allMoreThan(long[] before) {
    long[] now = batches();
    for (int i = 0; i < now.length; i++) {
      if (now[i] <= before[i]) {
        return false;
      }
    }
    return true;
  }

  private void show(int phase, long allFlowNanos) {
    long dropped = jobs.stream().mapToLong(job -> job.report().sink().droppedTotal().bytes()).sum();
    long retained = jobs.stream().mapToLong(LogStreamer::retainedBytes).sum();
    System.out.printf(
        Locale.ROOT,
        "%-5s %2d s: %,d bytes written so far, %,d dropped in this phase, %,d retained (6 x maxSize:"
            + " %,d)%n",
        PHASES[phase],
        PHASE_SECONDS[phase],
        writes * JOBS * LINES_A_WRITE * LINE_BYTES,
        dropped - droppedBefore,
        retained,
        6L * MAX_SIZE * JOBS);
    require(phase > 0 || dropped == 0, "dropped while the API was well");
    boolean well = PHASES[phase] == EmbeddedEndpoint.Mode.WELL;
    require(isCircuitClosed() == well, "the circuit is closed: " + !well + " in " + PHASES[phase]);
    require(retained <= 6L * MAX_SIZE * JOBS, "more retained than the formula allows");
    if (phase == PHASES.length - 1) {
      System.out.printf(
          Locale.ROOT, "all jobs' logs flow again after %.1f s%n", allFlowNanos / 1e9);
      require(
          allFlowNanos >= 0 && allFlowNanos < RECOVERY.toNanos(), "not all logs flow after 10 s");
    }
    droppedBefore = dropped;
  }

  private void checkBalance(List<LogReport> reports) {
    long written = writes * LINES_A_WRITE * LINE_BYTES;
    long shipped = 0;
    Map<DropReason, Long> dropped = new TreeMap<>();
    for (LogReport report : reports) {
      SinkReport sink = report.sink();
      shipped += sink.shipped().lines();
      sink.dropped().forEach((reason, tally) -> dropped.merge(reason, tally.bytes(), Long::sum));
      require(sink.accepted().bytes() == written, "accepted is not what was written: " + sink);
      require(
          sink.shipped().plus(sink.droppedTotal()).equals(sink.accepted()),
          "the balance does not close: " + sink);
    }
    long arrived = 0;
    for (int i = 0; i < JOBS; i++) {
      Tally shippedOfJob = jobs.get(i).report().sink().shipped();
      ReceivedLog.Sums received = endpoint.received(i);
      arrived += received.lines();
      require(
          received.lines() == shippedOfJob.lines() && received.bytes() == shippedOfJob.bytes(),
          "job " + i + " shipped " + shippedOfJob + ", arrived: " + received);
    }
    System.out.printf(
        Locale.ROOT,
        "written %,d lines, shipped %,d, arrived %,d, bytes dropped %s%n",
        writes * LINES_A_WRITE * JOBS,
        shipped,
        arrived,
        dropped);
    require(reports.size() == JOBS, "not all jobs reported");
    require(!dropped.isEmpty(), "nothing was dropped: the outage did not fill the queues");
    dropped
        .keySet()
        .forEach(reason -> require(reason == DropReason.QUEUE_FULL, "dropped as " + reason));
    require(endpoint.problems().isEmpty(), "the endpoint found wrong: " + endpoint.problems());
  }

  private void showApi() {
    Map<String, Long> attempts = new TreeMap<>();
    registry.get("logweir.opslevel.attempts").functionCounters().stream()
        .filter(counter -> counter.count() > 0)
        .forEach(
            counter -> attempts.put(counter.getId().getTag("outcome"), (long) counter.count()));
    System.out.printf(
        Locale.ROOT, "attempts %s, circuit closed: %s%n", attempts, isCircuitClosed());
    require(isCircuitClosed(), "the circuit is not closed");
    long inVain = 0;
    for (Map.Entry<String, Long> of : attempts.entrySet()) {
      inVain += of.getKey().equals("ok") ? 0 : of.getValue();
    }
    require(inVain >= JOBS, "the outage was not noticed by all jobs");
    require(inVain <= JOBS + DOWN_SECONDS, "the API was not left alone: " + inVain);
  }

  private boolean isCircuitClosed() {
    return registry.get("logweir.opslevel.circuits").tag("state", "closed").gauge().value() == 1;
  }

  private void checkNothingIsLeft() throws InterruptedException {
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("logweir-")) {
        thread.join(1_000);
        require(!thread.isAlive(), "thread left: " + thread.getName());
      }
    }
    System.out.println("no thread of the library is left");
  }

  private void require(boolean right, String text) {
    if (!right) {
      wrong.add(text);
    }
  }
}
