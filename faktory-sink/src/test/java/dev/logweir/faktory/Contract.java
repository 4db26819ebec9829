package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.SendException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What holds for any server: run against the real one and against the one of the tests. */
@Timeout(60)
abstract class Contract {
  static final String PASSWORD = "p@ss:w%rd/öä \"'";

  abstract TestServer start(String password) throws IOException;

  @Test
  void log_arrivesByteForByteInJobsOfBoundedSizeAndTheOutcomeAfterIt() throws Exception {
    byte[] written = new byte[1 << 20]; // about one byte in 256 is a line end
    new Random(7).nextBytes(written);
    written[written.length - 1] = '\n';
    try (TestServer server = start("");
        FaktoryClient client = server.client().build();
        Receiver receiver = server.receiver()) {
      FaktorySender sender = client.sender("225");
      LogReport report;
      try (LogStreamer log =
          LogStreamer.builder(sender)
              .maxSize(4 * 1024 * 1024)
              .afterLog(r -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of("k", "v")))
              .start()) {
        log.stdout().write(written);
        report = log.finish(Duration.ofSeconds(50));
      }

      assertThat(report.isComplete()).isTrue();
      List<ReceivedJob> jobs = receiver.takeAll("app");
      ByteArrayOutputStream arrived = new ByteArrayOutputStream();
      for (ReceivedJob job : jobs.subList(0, jobs.size() - 1)) {
        for (byte[] line : job.lines()) {
          arrived.writeBytes(line);
          arrived.write('\n');
        }
      }
      assertThat(arrived.toByteArray()).isEqualTo(written);
      assertThat(jobs).hasSizeGreaterThan(20);
      ReceivedJob last = jobs.get(jobs.size() - 1);
      assertThat(last.type()).isEqualTo("Runners::Faktory::ReportJobOutcome");
      assertThat(last.input())
          .containsEntry("runnerId", "faktory")
          .containsEntry("runnerJobId", "225")
          .containsEntry("outcome", "success")
          .containsEntry("outcomeVariables", List.of(Map.of("key", "k", "value", "v")));
    }
  }

  @Test
  void job_hasTheFieldsThatFaktoryAndTheReceiverWant() throws Exception {
    try (TestServer server = start("");
        FaktoryClient client =
            server.client().queue("other.queue").reserveFor(Duration.ofMinutes(2)).build();
        Receiver receiver = server.receiver()) {
      Instant before = Instant.now();
      client.sender("a \"job\" ✓").send(List.of("line"));

      ReceivedJob job = receiver.takeAll("other.queue").get(0);
      assertThat(job.jid()).matches("[A-Za-z0-9_-]{16}");
      assertThat(job.type()).isEqualTo("Runners::Faktory::AppendJobLog");
      assertThat(job.fields())
          .containsEntry("queue", "other.queue")
          .containsEntry("retry", 25L)
          .containsEntry("reserve_for", 120L)
          .doesNotContainKey("custom");
      assertThat(Instant.parse((String) job.fields().get("created_at")))
          .isBetween(before, Instant.now());
      assertThat(job.input())
          .containsOnlyKeys("runnerId", "runnerJobId", "sentAt", "logChunk")
          .containsEntry("runnerJobId", "a \"job\" ✓");
    }
  }

  @Test
  void outcome_withoutVariablesHasNone() throws Exception {
    try (TestServer server = start("");
        FaktoryClient client = server.client().build();
        Receiver receiver = server.receiver()) {
      for (JobOutcome outcome : JobOutcome.values()) {
        client.sender("1").reportOutcome(outcome, Map.of());
      }

      assertThat(receiver.takeAll("app"))
          .extracting(job -> job.input().get("outcome"))
          .containsExactly(
              "unstarted",
              "canceled",
              "failed",
              "success",
              "queue_timeout",
              "execution_timeout",
              "pod_timeout");
    }
  }

  @Test
  void password_isProvenWhateverItsCharacters() throws Exception {
    try (TestServer server = start(PASSWORD);
        FaktoryClient client = server.client().build();
        Receiver receiver = server.receiver()) {
      client.sender("1").send(List.of("line"));

      assertThat(receiver.takeLines()).containsExactly("line".getBytes(UTF_8));
    }
  }

  @Test
  void password_comesFromTheUrl() throws Exception {
    try (TestServer server = start("p@ss:w%rd");
        FaktoryClient client =
            FaktoryClient.fromEnvironment(
                    Map.of(
                            "FAKTORY_PROVIDER",
                            "MY_URL",
                            "MY_URL",
                            "tcp://:p%40ss%3Aw%25rd@localhost:" + server.port())
                        ::get)
                .build();
        Receiver receiver = server.receiver()) {
      client.sender("1").send(List.of("line"));

      assertThat(receiver.takeLines()).hasSize(1);
    }
  }

  @Test
  void password_wrongIsRefusedAndNotTriedAgain() throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TestServer server = start(PASSWORD);
        FaktoryClient client =
            server
                .client()
                .password("another-secret")
                .metrics(FaktoryMetrics.register(meters))
                .build()) {
      SendException e =
          catchThrowableOfType(SendException.class, () -> client.sender("1").send(List.of("line")));

      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      assertThat(e)
          .hasMessageContaining("refused the password, see FAKTORY_URL")
          .hasMessageContaining("Invalid password");
      assertThat(e.getMessage()).doesNotContain("another-secret");
      assertThat(meters.get("logweir.faktory.push").tag("outcome", "refused").timer().count())
          .isEqualTo(1);
      assertThat(client.pool().inUse()).isZero();
    }
  }

  @Test
  void password_missingIsSaid() throws Exception {
    try (TestServer server = start(PASSWORD);
        FaktoryClient client = FaktoryClient.builder().url(server.url()).build()) {
      SendException e =
          catchThrowableOfType(SendException.class, () -> client.sender("1").send(List.of("line")));

      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      assertThat(e).hasMessageContaining("the server wants a password, and none is set");
    }
  }

  @Test
  void info_agreesWithOurNumbers() throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TestServer server = start("");
        FaktoryClient client = server.client().metrics(FaktoryMetrics.register(meters)).build();
        Receiver receiver = server.receiver()) {
      for (int i = 0; i < 50; i++) {
        client.sender("job " + i % 5).send(List.of("line " + i));
      }

      assertThat(receiver.info()).containsEntry("total_enqueued", 50L);
      assertThat(receiver.size("app")).isEqualTo(50);
      assertThat(meters.get("logweir.faktory.push").tag("outcome", "accepted").timer().count())
          .isEqualTo(50);
      assertThat(meters.get("logweir.faktory.enqueue.failed").functionCounter().count()).isZero();
      List<byte[]> lines = receiver.takeLines();
      for (int i = 0; i < 50; i++) {
        assertThat(lines.get(i)).isEqualTo(("line " + i).getBytes(UTF_8));
      }
    }
  }

  @Test
  void batch_isRefusedByTheOpenSourceServerInWordsThatHelp() throws Exception {
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    try (TestServer server = start("");
        FaktoryClient client = server.client().metrics(FaktoryMetrics.register(meters)).build();
        Receiver receiver = server.receiver()) {
      SendException e =
          catchThrowableOfType(
              SendException.class, () -> client.sender("1", "b-123").send(List.of("line")));

      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      assertThat(e)
          .hasMessageContaining("no Faktory Enterprise")
          .hasMessageContaining("without a batch's id");
      assertThat(receiver.size("app")).isZero();
      assertThat(meters.get("logweir.faktory.enqueue.batch.failed").functionCounter().count())
          .isEqualTo(1);
      assertThat(meters.get("logweir.faktory.push").tag("outcome", "refused").timer().count())
          .isEqualTo(1);
    }
  }

  @Test
  void connections_areReusedAndEndedOnClose() throws Exception {
    try (TestServer server = start("")) {
      FaktoryClient client = server.client().poolSize(1).build();
      client.sender("1").send(List.of("line"));
      client.sender("2").send(List.of("line"));
      assertThat(client.pool().idle()).isEqualTo(1);

      client.close();

      assertThat(client.pool().idle()).isZero();
      SendException e =
          catchThrowableOfType(SendException.class, () -> client.sender("1").send(List.of("line")));
      assertThat(e).hasMessageContaining("the client is closed");
    }
  }

  @Test
  void send_ofAJobOverTheBoundIsRefused() throws Exception {
    try (TestServer server = start("");
        FaktoryClient client = server.client().maxJobBytes(16 * 1024).build();
        Receiver receiver = server.receiver()) {
      FaktorySender sender = client.sender("1");
      int fits = (int) (sender.maxBatchBytes() / sender.encodedBytes(30));

      sender.send(Collections.nCopies(fits, "x".repeat(30)));
      SendException e =
          catchThrowableOfType(
              SendException.class,
              () -> sender.send(Collections.nCopies(fits + 1, "x".repeat(30))));

      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      assertThat(e).hasMessageContaining("a job must have at most 16384 bytes: 16");
      assertThat(receiver.takeLines()).hasSize(fits);
    }
  }

  @Test
  void line_tooLongForAJobGoesInFragments() throws Exception {
    String line = "é".repeat(100_000);
    try (TestServer server = start("");
        FaktoryClient client = server.client().maxJobBytes(16 * 1024).build();
        Receiver receiver = server.receiver()) {
      LogReport report;
      try (LogStreamer log =
          LogStreamer.builder(client.sender("1")).maxSize(4 * 1024 * 1024).start()) {
        log.stdout().write((line + "\n").getBytes(UTF_8));
        report = log.finish(Duration.ofSeconds(50));
      }

      assertThat(report.isComplete()).isTrue();
      StringBuilder joined = new StringBuilder();
      for (byte[] fragment : receiver.takeLines()) {
        String text = new String(fragment, UTF_8);
        joined.append(text.replaceFirst(" \\[logweir [0-9a-f]{8}: continued]$", ""));
      }
      assertThat(joined.toString()).isEqualTo(line);
    }
  }

  @Test
  void poolOfOne_servesJobsSideBySide() throws Exception {
    try (TestServer server = start("");
        FaktoryClient client = server.client().poolSize(1).build();
        Receiver receiver = server.receiver()) {
      Thread[] threads = new Thread[20];
      for (int i = 0; i < threads.length; i++) {
        FaktorySender sender = client.sender("job " + i);
        threads[i] =
            new Thread(
                () -> {
                  try {
                    for (int j = 0; j < 10; j++) {
                      sender.send(List.of("line " + j));
                    }
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
        threads[i].start();
      }
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(receiver.size("app")).isEqualTo(200);
      assertThat(client.pool().idle()).isEqualTo(1);
    }
  }
}
