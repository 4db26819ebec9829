package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.DropReason;
import dev.logweir.LogBatch;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SendException;
import dev.logweir.SendException.Kind;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class PartsTest {
  private static final String GONE =
      "{\"data\":{\"runnerAppendJobLog\":{\"errors\":"
          + "[{\"message\":\"unknown\",\"path\":[\"input\",\"runnerJobId\"]}]}}}";

  private FakeOpsLevel server;
  private OpsLevelClient client;
  private OpsLevelSender sender;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder = server.client().attempts(2);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
    sender = client.sender(FakeOpsLevel.JOB);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void send_halvesWhatIsTooLargeAndKeepsTheOrder() throws Exception {
    server.otherwise(PartsTest::takeUpTo3Lines);
    List<String> lines = IntStream.range(0, 20).mapToObj(i -> "line " + i).toList();

    sender.send(lines);

    assertThat(accepted()).isEqualTo(lines);
  }

  @Test
  void part_thatWasAcceptedCountsAsShippedWhenTheNextOneHangs() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    server.then(
        status(413),
        answer(FakeOpsLevel.ACCEPTED),
        call -> {
          call.read();
          hangs.countDown();
          call.awaitEnd();
        });
    SinkReport report;
    try (LogweirEngine engine = LogweirEngine.builder().build();
        LogStreamer log = LogStreamer.builder(sender).engine(engine).start()) {
      log.stdout().write("a\nbb\nccc\ndddd\n".getBytes(UTF_8));
      assertThat(hangs.await(50, TimeUnit.SECONDS)).isTrue();

      report = log.finish(Duration.ofMillis(1)).sink();
    }

    assertThat(report.shipped()).isEqualTo(Tally.of(2, 2 + 3));
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.of(2, 4 + 5));
    assertThat(report.unconfirmed()).isEqualTo(Tally.of(2, 4 + 5));
  }

  @Test
  void send_leavesOutASingleLineThatIsTooLarge() {
    server.otherwise(
        call -> {
          FakeOpsLevel.Request request = call.read();
          boolean large = request.lines().stream().anyMatch(line -> line.length > 1000);
          call.respond(large ? 413 : 200, large ? "" : FakeOpsLevel.ACCEPTED);
        });
    String large = "x".repeat(1001);

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> sender.send(List.of("a", large, "b", "c", large)));

    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(IntStream.range(0, 5).filter(e::isUndelivered)).containsExactly(1, 4);
    assertThat(e).hasMessageContaining("2 lines of job 225").hasMessageContaining("bytes in JSON");
  }

  @Test
  void send_stopsHalvingWhereItCannotHelp() {
    server.otherwise(status(413));

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> sender.send(Collections.nCopies(1_000, "x")));

    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(IntStream.range(0, 1_000).filter(e::isUndelivered)).hasSize(1_000);
    assertThat(server.requests).hasSizeLessThanOrEqualTo(12);
  }

  @Test
  void send_triesLinesShorterThanOneThatWasTooLarge() {
    server.otherwise(
        call -> {
          boolean large = call.read().lines().stream().anyMatch(line -> line.length > 10);
          call.respond(large ? 413 : 200, large ? "" : FakeOpsLevel.ACCEPTED);
        });
    String large = "x".repeat(20);

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> sender.send(List.of(large, large, "a", large, "b", "c")));

    assertThat(IntStream.range(0, 6).filter(e::isUndelivered)).containsExactly(0, 1, 3);
  }

  @Test
  void send_namesWhatFollowsAPartThatFailed() {
    int[] requests = {0};
    server.otherwise(
        call -> {
          FakeOpsLevel.Request request = call.read();
          if (request.lines().size() > 2) {
            call.respond(413, "");
          } else if (requests[0]++ == 0) {
            call.respond(200, FakeOpsLevel.ACCEPTED);
          } else {
            call.respond(500, "");
          }
        });

    SendException e =
        catchThrowableOfType(
            SendException.class,
            () -> sender.send(List.of("a", "b", "c", "d", "e", "f", "g", "h")));

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(IntStream.range(0, 8).filter(e::isUndelivered)).containsExactly(2, 3, 4, 5, 6, 7);
    assertThat(server.requests).hasSize(1 + 1 + 1 + 2);
  }

  @Test
  void send_halvesWhenTheConnectionIsLostTwiceWhileALargeBodyIsWritten() throws Exception {
    int[] lost = {0};
    server.otherwise(
        call -> {
          call.readHead();
          if (call.contentLength() > 20_000_000) {
            lost[0]++;
            call.reset();
          } else {
            server.requests.add(call.readBody());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });
    List<byte[]> lines = Collections.nCopies(20, new byte[1_000_000]);

    sender.send(LogBatch.ofBytes(lines));

    assertThat(lost[0]).isEqualTo(2);
    assertThat(server.requests).hasSize(2);
    assertThat(server.lines()).hasSize(20);
  }

  @Test
  void send_endsWithTheOverallTimeoutAlsoInParts() throws Exception {
    AtomicLong nanos = new AtomicLong();
    OpsLevelClient.Builder builder =
        server
            .client()
            .attemptTimeout(Duration.ofSeconds(60))
            .overallTimeout(Duration.ofSeconds(60));
    builder.nanoTime = nanos::get;
    client.close();
    client = builder.build();
    server.otherwise(
        call -> {
          call.read();
          nanos.addAndGet(Duration.ofSeconds(10).toNanos());
          call.respond(413, "");
        });

    SendException e =
        catchThrowableOfType(
            SendException.class,
            () -> client.sender(FakeOpsLevel.JOB).send(Collections.nCopies(64, "line")));

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("no time left");
    assertThat(IntStream.range(0, 64).filter(e::isUndelivered)).hasSize(64);
    assertThat(server.requests).hasSize(6);
  }

  @Test
  void send_seesAnEarly413WhileALargeBodyIsWritten() throws Exception {
    CompletableFuture<Long> taken = new CompletableFuture<>();
    server.otherwise(
        call -> {
          call.readHead();
          if (call.contentLength() > 20_000_000) {
            // Answers at once and reads on: the client must stop by itself.
            call.respond(413, "", "Connection: close");
            taken.complete(call.bytesToTheEnd());
          } else {
            server.requests.add(call.readBody());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });

    sender.send(LogBatch.ofBytes(Collections.nCopies(20, new byte[1_000_000])));

    assertThat(server.requests).hasSize(2);
    assertThat(taken.get(50, TimeUnit.SECONDS)).isLessThan(20_000_000);
    assertThat(server.connections()).isLessThanOrEqualTo(3);
  }

  @Test
  void send_endsTheJobAfterThreeBatchesRefusedForItsSake() throws Exception {
    server.otherwise(answer(GONE));

    assertThat(kinds(2)).containsExactly(Kind.REFUSED, Kind.REFUSED);
    server.then(FakeOpsLevel.Call::accept);
    sender.send(List.of("accepted in between"));
    assertThat(kinds(3)).containsExactly(Kind.REFUSED, Kind.REFUSED, Kind.JOB_GONE);
  }

  @Test
  void send_doesNotEndTheJobWhenOtherFailuresCameBetween() {
    server.then(answer(GONE), answer(GONE), status(400), answer(GONE), status(400), answer(GONE));

    assertThat(kinds(6)).containsOnly(Kind.REFUSED);
  }

  @Test
  void send_doesNotEndTheJobWhenOtherBatchesWereTooLarge() {
    server.then(answer(GONE), status(413), answer(GONE), status(413), answer(GONE));

    assertThat(kinds(5)).containsOnly(Kind.REFUSED);
  }

  @Test
  void send_endsTheJobWhoseBatchesAreHalvedBeforeTheyAreRefused() {
    server.otherwise(
        call -> {
          if (call.read().lines().size() > 1) {
            call.respond(413, "");
          } else {
            call.respond(200, GONE);
          }
        });

    assertThat(
            IntStream.range(0, 3)
                .mapToObj(
                    i ->
                        catchThrowableOfType(
                                SendException.class, () -> sender.send(List.of("a", "b")))
                            .kind()))
        .containsExactly(Kind.REFUSED, Kind.REFUSED, Kind.JOB_GONE);
  }

  @Test
  void send_endsTheJobWhenATextNamesItAsAWord() {
    String id = "job-1234";
    String message = "no such job: " + id + ".";
    assertThat(kinds(3, id, message)).containsExactly(Kind.REFUSED, Kind.REFUSED, Kind.JOB_GONE);
    assertThat(kinds(3, id, message.replace(id, id + "5"))).containsOnly(Kind.REFUSED);
    assertThat(kinds(3, "1", "line 1 is invalid")).containsOnly(Kind.REFUSED);
  }

  private List<Kind> kinds(int batches, String id, String message) {
    server.otherwise(
        call -> {
          call.readHead();
          call.readBytes(call.contentLength());
          call.respond(
              200,
              "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\""
                  + message
                  + "\"}]}}}");
        });
    sender = client.sender(id);
    return kinds(batches);
  }

  @Test
  void send_doesNotEndTheJobForOtherErrors() {
    server.otherwise(
        answer(
            "{\"data\":{\"runnerAppendJobLog\":{\"errors\":"
                + "[{\"message\":\"too fast\",\"path\":[\"input\",\"logChunk\"]}]}}}"));

    assertThat(kinds(4)).containsOnly(Kind.REFUSED);
  }

  @Test
  void unconfirmed_areLinesWrittenAndNotAnswered() {
    LogBatch refused = LogBatch.ofBytes(List.of("refused".getBytes(UTF_8)));
    server.otherwise(status(400));
    assertThatThrownBy(() -> sender.send(refused)).isInstanceOf(SendException.class);
    assertThat(refused.call().isWritten()).isFalse();

    LogBatch lost = LogBatch.ofBytes(List.of("lost".getBytes(UTF_8)));
    server.otherwise(
        call -> {
          call.read();
          call.reset();
        });
    try (OpsLevelClient once = server.client().attempts(1).build()) {
      OpsLevelSender its = once.sender(FakeOpsLevel.JOB);
      assertThatThrownBy(() -> its.send(lost)).isInstanceOf(SendException.class);
    }
    assertThat(lost.call().isWritten()).isTrue();
  }

  @Test
  void unconfirmed_staysWhenALaterAttemptIsAnswered() {
    LogBatch raw = LogBatch.ofBytes(List.of("maybe".getBytes(UTF_8)));
    server.then(
        call -> {
          call.read();
          call.reset();
        },
        status(500),
        status(500));

    assertThatThrownBy(() -> sender.send(raw)).isInstanceOf(SendException.class);

    assertThat(raw.call().isWritten()).isTrue();
  }

  @Test
  void unconfirmed_isNotWhatWasNeverWritten() throws Exception {
    LogBatch raw = LogBatch.ofBytes(Collections.nCopies(4, new byte[1]));
    SendException e;
    try (FakeOpsLevel gone = new FakeOpsLevel();
        OpsLevelClient other = gone.client().attempts(1).build()) {
      gone.then(
          status(413),
          call -> {
            call.read();
            gone.refuseConnections();
            call.respond(200, FakeOpsLevel.ACCEPTED, "Connection: close");
            call.socket.close();
          });

      e = catchThrowableOfType(SendException.class, () -> other.sender(FakeOpsLevel.JOB).send(raw));
    }

    assertThat(e).hasMessageContaining("no connection");
    assertThat(IntStream.range(0, 4).filter(e::isUndelivered)).containsExactly(2, 3);
    assertThat(raw.call().isWritten()).isFalse();
  }

  @Test
  void unconfirmed_areThePartsOfABatchThatWasLeftUnanswered() {
    LogBatch raw = LogBatch.ofBytes(Collections.nCopies(4, new byte[1]));
    server.then(
        call -> {
          call.read();
          call.reset();
        },
        status(413));
    server.otherwise(status(400));

    assertThatThrownBy(() -> sender.send(raw)).isInstanceOf(SendException.class);

    assertThat(raw.call().isWritten()).isTrue();
  }

  @Test
  void unconfirmed_isABatchInterruptedBehindAPartThatWasAccepted() throws Exception {
    OpsLevelClient.Builder builder = server.client().attempts(2);
    builder.pauses =
        (call, pause) -> {
          throw new InterruptedException();
        };
    client.close();
    client = builder.build();
    LogBatch raw = LogBatch.ofBytes(Collections.nCopies(4, new byte[1]));
    server.then(status(413), FakeOpsLevel.Call::accept, status(503));

    assertThatThrownBy(() -> client.sender(FakeOpsLevel.JOB).send(raw))
        .isInstanceOf(InterruptedException.class);

    assertThat(raw.call().isWritten()).isTrue();
  }

  private List<Kind> kinds(int batches) {
    return IntStream.range(0, batches)
        .mapToObj(
            i ->
                catchThrowableOfType(SendException.class, () -> sender.send(List.of("line")))
                    .kind())
        .toList();
  }

  private List<String> accepted() {
    return server.requests.stream()
        .filter(request -> request.lines().size() <= 3)
        .flatMap(request -> request.lines().stream())
        .map(line -> new String(line, UTF_8))
        .toList();
  }

  private static void takeUpTo3Lines(FakeOpsLevel.Call call) throws java.io.IOException {
    boolean large = call.read().lines().size() > 3;
    call.respond(large ? 413 : 200, large ? "" : FakeOpsLevel.ACCEPTED);
  }
}
