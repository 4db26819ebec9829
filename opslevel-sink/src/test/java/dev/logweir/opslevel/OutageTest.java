package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import dev.logweir.testkit.Json;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * 200 jobs live through a minute in which the API is well, hangs, fails, is busy, and is well
 * again.
 */
@Timeout(120)
class OutageTest {
  private static final int JOBS = 200;
  private static final int MAX_SIZE = 16 << 10;
  private static final Duration ATTEMPT = Duration.ofSeconds(5);
  private static final Duration BETWEEN_WRITES = Duration.ofMillis(250);
  private static final int LINES_A_WRITE = 4;
  private static final int LINE_BYTES = 128;

  private static final Duration HANGS = Duration.ofSeconds(10);
  private static final Duration FAILS = Duration.ofSeconds(25);
  private static final Duration IS_BUSY = Duration.ofSeconds(40);
  private static final Duration IS_WELL = Duration.ofSeconds(50);
  private static final Duration END = Duration.ofSeconds(60);

  /** Long enough for all others to find the probe under way and to wait for its end. */
  private static final Duration ANSWER = Duration.ofMillis(50);

  /** Two longest waits of the circuit, with their jitter, or a hung attempt and one of them. */
  private static final Duration RECOVERY = Duration.ofSeconds(8);

  private final VirtualTime time = new VirtualTime();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Job> jobs = new ArrayList<>();
  private final Map<String, Job> byId = new HashMap<>();

  @Test
  void outage_losesNothingUncountedAndHoldsItsBounds() throws Exception {
    FakeOpsLevel server = new FakeOpsLevel();
    server.otherwise(this::treat);
    OpsLevelClient client = client(server);
    LogweirEngine engine = time.engine(threads);
    long heapBefore = heapBytes();
    for (int i = 0; i < JOBS; i++) {
      Job job = new Job(i, client, engine);
      jobs.add(job);
      byId.put(job.id, job);
      time.schedule(job::write, BETWEEN_WRITES.toNanos() * i / JOBS);
    }
    long formula =
        engine.maxRetainedBytes() + jobs.stream().mapToLong(j -> j.log.maxRetainedBytes()).sum();

    time.runTo(HANGS);
    assertThat(jobs).allMatch(job -> job.dropped.isZero());
    assertThat(client.circuit().state()).isEqualTo(Circuit.State.CLOSED);
    for (Duration moment : List.of(FAILS, IS_BUSY, IS_WELL)) {
      time.runTo(moment);
      assertThat(heapBytes() - heapBefore).as("heap at %s", moment).isBetween(1L << 20, formula);
      assertThat(client.circuit().state()).isNotEqualTo(Circuit.State.CLOSED);
    }
    time.runTo(END.plus(ANSWER));
    assertThat(client.circuit().state()).isEqualTo(Circuit.State.CLOSED);
    List<LogReport> reports = engine.close(Duration.ofSeconds(50));

    assertThat(reports).hasSize(JOBS);
    for (Job job : jobs) {
      job.assertBalance();
    }
    assertAllGoOnTogether();
    // The places that were full are the queues: a drain never waits for a sender.
    assertThat(jobs.stream().mapToLong(job -> job.dropped.lines()).sum()).isPositive();
    assertApiWasLeftAlone();
    assertNothingIsLeft(client, server);
  }

  private OpsLevelClient client(FakeOpsLevel server) {
    VirtualPauses pauses = new VirtualPauses(time, ATTEMPT);
    OpsLevelClient.Builder builder =
        server.client().attemptTimeout(ATTEMPT).metrics(OpsLevelMetrics.register(registry));
    builder.nanoTime = time::nanoTime;
    builder.socketPatience = Duration.ofHours(1);
    builder.pauses = pauses;
    builder.timers = () -> pauses;
    return builder.build();
  }

  private void treat(FakeOpsLevel.Call call) throws IOException {
    call.readHead();
    byte[] body = call.readBytes(call.contentLength());
    Duration now = time.now();
    if (now.compareTo(HANGS) < 0 || now.compareTo(IS_WELL) >= 0) {
      Map<?, ?> root = (Map<?, ?>) Json.parse(body);
      Map<?, ?> input = (Map<?, ?>) ((Map<?, ?>) root.get("variables")).get("input");
      byId.get(input.get("runnerJobId")).take((List<?>) input.get("logChunk"));
      if (now.compareTo(END) < 0) {
        letPass(ANSWER);
      }
      call.respond(200, FakeOpsLevel.ACCEPTED);
    } else if (now.compareTo(FAILS) < 0) {
      time.leave();
      call.awaitEnd();
    } else if (now.compareTo(IS_BUSY) < 0) {
      call.respond(500, "");
    } else {
      call.respond(429, "", "Retry-After: 2");
    }
  }

  /** Lets time pass for the client, which waits for the answer, as if it did not take part. */
  private void letPass(Duration wait) throws IOException {
    CountDownLatch over = new CountDownLatch(1);
    time.schedule(
        () -> {
          time.enter();
          over.countDown();
        },
        wait.toNanos());
    time.leave();
    try {
      assertThat(over.await(1, TimeUnit.MINUTES)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  /** The first answer wakes all: without, they would wait for the longest that a probe can take. */
  private void assertAllGoOnTogether() {
    List<Duration> first = jobs.stream().map(job -> job.firstAfterRecovery).sorted().toList();
    assertThat(first.get(JOBS - 1).minus(first.get(0))).isLessThan(Duration.ofSeconds(1));
  }

  /** Each job fails once before the circuit opens; from then on there are single probes. */
  private void assertApiWasLeftAlone() {
    double failed =
        registry.get("logweir.opslevel.attempts").functionCounters().stream()
            .filter(counter -> !"ok".equals(counter.getId().getTag("outcome")))
            .mapToDouble(counter -> counter.count())
            .sum();
    assertThat(failed).isBetween(JOBS * 1.0, JOBS + IS_WELL.minus(HANGS).toSeconds() * 1.0);
    assertThat(
            registry.get("logweir.opslevel.requests").functionCounters().stream()
                .filter(counter -> counter.count() > 0)
                .map(counter -> counter.getId().getTag("outcome")))
        .containsExactly("ok");
  }

  private void assertNothingIsLeft(OpsLevelClient client, FakeOpsLevel server) throws Exception {
    client.close();
    threads.shutdown();
    assertThat(threads.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    assertThat(client.transport().connectionCount()).isZero();
    for (int i = 0; i < server.connections(); i++) {
      assertThat(server.ended.poll(1, TimeUnit.MINUTES)).isNotNull();
    }
    server.close();
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (thread.getName().startsWith("logweir-")) {
        thread.join(60_000);
        assertThat(thread.isAlive()).as(thread.getName()).isFalse();
      }
    }
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
        .sum();
  }

  /** Writes numbered lines all the time, and knows what of them arrived. */
  private final class Job {
    private final String id;
    private final LogStreamer log;
    private long writtenLines;
    private Tally dropped = Tally.NONE;
    private final AtomicLong lastArrived = new AtomicLong();
    private final AtomicLong arrivedLines = new AtomicLong();
    private volatile Duration firstAfterRecovery;

    Job(int number, OpsLevelClient client, LogweirEngine engine) {
      id = "job-" + number;
      log =
          LogStreamer.builder(client.sender(id))
              .engine(engine)
              .maxSize(MAX_SIZE)
              .maxInterval(Duration.ofSeconds(1))
              .start();
    }

    void write() {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < LINES_A_WRITE; i++) {
        String line = id + " line " + ++writtenLines + " ";
        text.append(line).append("x".repeat(LINE_BYTES - 1 - line.length())).append('\n');
      }
      log.stdout().write(text.toString().getBytes(US_ASCII));
      try {
        log.drain();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      assertThat(log.retainedBytes()).isLessThanOrEqualTo(6L * MAX_SIZE);
      assertDropsAreDue();
      if (time.now().compareTo(END.minus(BETWEEN_WRITES)) < 0) {
        time.schedule(this::write, BETWEEN_WRITES.toNanos());
      }
    }

    /** What is dropped is dropped while the API is down and the job's queue is full. */
    private void assertDropsAreDue() {
      SinkReport report = log.report().sink();
      Tally now = report.droppedTotal();
      if (now.equals(dropped)) {
        return;
      }
      dropped = now;
      assertThat(report.dropped()).containsOnlyKeys(DropReason.QUEUE_FULL);
      assertThat(log.retainedBytes()).isGreaterThan(2L * MAX_SIZE);
      assertThat(time.now()).isBetween(HANGS, IS_WELL.plus(RECOVERY));
    }

    /** On the server's threads, one at a time for a job. */
    void take(List<?> lines) {
      for (Object line : lines) {
        String text = new String(Base64.getDecoder().decode((String) line), US_ASCII);
        if (text.startsWith("[logweir ")) {
          continue;
        }
        String[] words = text.split(" ", 5);
        int number = Integer.parseInt(words[2]);
        if (!words[0].equals(id)
            || number <= lastArrived.get()
            || text.length() != LINE_BYTES - 1) {
          throw new AssertionError("not in order for " + id + " after " + lastArrived.get());
        }
        lastArrived.set(number);
        arrivedLines.incrementAndGet();
      }
      if (firstAfterRecovery == null && time.now().compareTo(IS_WELL) >= 0) {
        firstAfterRecovery = time.now();
      }
    }

    void assertBalance() {
      SinkReport report = log.report().sink();
      assertThat(report.accepted()).isEqualTo(Tally.of(writtenLines, writtenLines * LINE_BYTES));
      assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
      assertThat(report.shipped().lines()).isEqualTo(arrivedLines.get());
      assertThat(report.droppedTotal()).isEqualTo(dropped);
      assertThat(lastArrived.get()).isEqualTo(writtenLines);
      assertThat(firstAfterRecovery).isBetween(IS_WELL, IS_WELL.plus(RECOVERY));
    }
  }
}
