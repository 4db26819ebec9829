package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.WhenFull;
import dev.logweir.testkit.Eventually;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What becomes of logs when the real server crashes, stops or loses its Redis: nothing is lost
 * uncounted, a line comes twice only under the same {@code jid}, and the order is kept.
 */
@Timeout(110)
class RealFaultsTest {
  @Test
  void server_killedAndStartedAgainUnderLoad() throws Exception {
    try (RealFaktory server = RealFaktory.start()) {
      List<LogReport> reports =
          load(
              client(server),
              accepted -> {
                accepted.await();
                server.kill();
                server.boot();
              });

      check(server, reports);
      assertThat(reports).allMatch(LogReport::isComplete);
    }
  }

  @Test
  void server_stoppedForLongerThanTheDeadlineAndContinued() throws Exception {
    try (RealFaktory server = RealFaktory.start()) {
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      List<LogReport> reports =
          load(
              client(server)
                  .metrics(FaktoryMetrics.register(meters))
                  .attemptTimeout(Duration.ofMillis(200))
                  .connectTimeout(Duration.ofMillis(200)),
              accepted -> {
                accepted.await();
                server.signal("STOP");
                Eventually.until(
                    () ->
                        meters.get("logweir.faktory.push").tag("outcome", "failed").timer().count()
                            >= 8);
                server.signal("CONT");
              });

      check(server, reports);
      assertThat(reports).allMatch(LogReport::isComplete);
    }
  }

  @Test
  void push_whoseReplyCameTooLateIsRepeatedUnderTheSameJid() throws Exception {
    try (RealFaktory server = RealFaktory.start()) {
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      AtomicBoolean enough = new AtomicBoolean();
      AtomicReference<Throwable> failure = new AtomicReference<>();
      try (FaktoryClient client =
          client(server)
              .metrics(FaktoryMetrics.register(meters))
              .attemptTimeout(Duration.ofSeconds(1))
              .build()) {
        Timer failed = meters.get("logweir.faktory.push").tag("outcome", "failed").timer();
        Timer accepted = meters.get("logweir.faktory.push").tag("outcome", "accepted").timer();
        Thread pusher = new Thread(() -> keepPushing(client, enough, failure));
        pusher.start();
        Eventually.until(() -> accepted.count() > 0);
        server.signal("STOP");
        Eventually.until(() -> failed.count() > 0);
        enough.set(true);
        // What was written to the connection is read when the server goes on.
        server.signal("CONT");
        pusher.join();
      }
      assertThat(failure.get()).isNull();
      List<String> jids;
      try (Receiver receiver = server.receiver()) {
        jids = receiver.takeAll("app").stream().map(ReceivedJob::jid).toList();
      }
      assertThat(jids).hasSizeGreaterThan(new HashSet<>(jids).size());
    }
  }

  @Test
  void redis_killedUnderLoad() throws Exception {
    try (RealFaktory server = RealFaktory.start()) {
      List<LogReport> reports =
          load(
              client(server),
              accepted -> {
                accepted.await();
                server.killRedis();
                server.boot();
              });

      check(server, reports);
      assertThat(reports).allMatch(LogReport::isComplete);
    }
  }

  @Test
  void server_goneForGoodIsAccountedFor() throws Exception {
    long descriptors = Descriptors.count();
    Set<Thread> threads = OwnThreads.running();
    try (RealFaktory server = RealFaktory.start();
        FaktoryClient client = client(server).attempts(2).build();
        LogweirEngine engine = LogweirEngine.builder().build()) {
      LogReport report;
      try (LogStreamer log =
          LogStreamer.builder(client.sender("0"))
              .engine(engine)
              .maxInterval(Duration.ZERO)
              .start()) {
        log.stdout().write("arrives\n".getBytes(UTF_8));
        Eventually.until(() -> log.report().sinks().get(0).shipped().lines() == 1);
        server.kill();
        log.stdout().write("does not\n".getBytes(UTF_8));
        report = log.finish(Duration.ofSeconds(20));
      }

      assertThat(report.sinks().get(0).accepted().lines()).isEqualTo(2);
      assertThat(report.sinks().get(0).shipped().lines()).isEqualTo(1);
      assertThat(report.sinks().get(0).dropped(DropReason.SEND_FAILED).lines()).isEqualTo(1);
    }
    Descriptors.awaitAtMost(descriptors);
    Eventually.until(() -> threads.containsAll(OwnThreads.running()));
  }

  /** Something done to the server, once it has accepted some jobs. */
  private interface Fault {
    void happen(CountDownLatch accepted) throws Exception;
  }

  private static final int JOBS = 8;
  private static final int LINES = 3_000;

  private static FaktoryClient.Builder client(RealFaktory server) {
    FaktoryClient.Builder builder =
        server.client().attempts(100).overallTimeout(Duration.ofHours(24));
    PassedTime time = PassedTime.of(builder);
    builder.pauses =
        (call, pause) -> {
          time.pass(pause);
          call.pause(Duration.ofMillis(20));
        };
    return builder;
  }

  /** Runs jobs side by side while the fault happens; what they hold back is never dropped. */
  private static List<LogReport> load(FaktoryClient.Builder settings, Fault fault)
      throws Exception {
    long descriptors = Descriptors.count();
    Set<Thread> threads = OwnThreads.running();
    List<LogReport> reports = new ArrayList<>();
    CountDownLatch accepted = new CountDownLatch(JOBS);
    CountDownLatch over = new CountDownLatch(1);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean go = new AtomicBoolean();
    try (FaktoryClient client = settings.build();
        LogweirEngine engine = LogweirEngine.builder().build()) {
      List<LogStreamer> logs = new ArrayList<>();
      List<Thread> writers = new ArrayList<>();
      for (int job = 0; job < JOBS; job++) {
        LogStreamer log =
            LogStreamer.builder(client.sender("" + job))
                .engine(engine)
                .maxSize(4 << 20)
                .maxInterval(Duration.ZERO)
                .whenFull(WhenFull.WAIT)
                .start();
        logs.add(log);
        int number = job;
        writers.add(
            new Thread(
                () -> {
                  try {
                    for (int line = 0; line < LINES; line++) {
                      log.stdout()
                          .write("job %d line %d\n".formatted(number, line).getBytes(UTF_8));
                      if (line == LINES / 3) {
                        Eventually.until(() -> log.report().sinks().get(0).shipped().lines() > 0);
                        accepted.countDown();
                        over.await();
                      }
                    }
                  } catch (Exception e) {
                    failure.set(e);
                  }
                }));
      }
      writers.forEach(Thread::start);
      Thread pusher = new Thread(() -> keepPushing(client, go, failure));
      pusher.start();
      fault.happen(accepted);
      over.countDown();
      for (Thread writer : writers) {
        writer.join();
      }
      go.set(true);
      pusher.join();
      logs.forEach(log -> reports.add(log.finish(Duration.ofSeconds(60))));
    }
    assertThat(failure.get()).isNull();
    Descriptors.awaitAtMost(descriptors);
    Eventually.until(() -> threads.containsAll(OwnThreads.running()));
    return reports;
  }

  /** Has pushes under way at any time. */
  private static void keepPushing(
      FaktoryClient client, AtomicBoolean enough, AtomicReference<Throwable> failure) {
    FaktorySender sender = client.sender("pusher");
    try {
      for (int i = 0; !enough.get(); i++) {
        sender.send(List.of("job pusher line " + i));
      }
    } catch (Exception e) {
      failure.set(e);
    }
  }

  /** Compares what arrived with what the jobs wrote. */
  private static void check(RealFaktory server, List<LogReport> reports) throws Exception {
    List<ReceivedJob> jobs;
    try (Receiver receiver = server.receiver()) {
      jobs = receiver.takeAll("app");
    }
    Map<String, List<String>> byJid = new HashMap<>();
    Map<String, List<String>> byJob = new LinkedHashMap<>();
    for (ReceivedJob job : jobs) {
      List<String> lines = job.lines().stream().map(line -> new String(line, UTF_8)).toList();
      List<String> first = byJid.putIfAbsent(job.jid(), lines);
      if (first != null) {
        assertThat(lines).isEqualTo(first);
        continue;
      }
      byJob
          .computeIfAbsent((String) job.input().get("runnerJobId"), id -> new ArrayList<>())
          .addAll(lines);
    }
    List<String> pushed = byJob.remove("pusher");
    for (int i = 0; i < pushed.size(); i++) {
      assertThat(pushed.get(i)).isEqualTo("job pusher line " + i);
    }
    assertThat(byJob).hasSize(JOBS);
    for (int job = 0; job < JOBS; job++) {
      List<String> lines = byJob.get("" + job);
      assertThat(lines).hasSize(LINES);
      for (int line = 0; line < LINES; line++) {
        assertThat(lines.get(line)).isEqualTo("job " + job + " line " + line);
      }
    }
    for (LogReport report : reports) {
      assertThat(report.sinks().get(0).accepted().lines()).isEqualTo(LINES);
      assertThat(report.sinks().get(0).shipped()).isEqualTo(report.sinks().get(0).accepted());
    }
    System.out.printf(
        "%d jobs in Faktory, %d of them pushed again under the same jid%n",
        jobs.size(), jobs.size() - byJid.size());
  }
}
