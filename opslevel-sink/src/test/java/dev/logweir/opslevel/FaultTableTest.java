package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.DropReason;
import dev.logweir.LogBatch;
import dev.logweir.LogStreamer;
import dev.logweir.SendException;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import dev.logweir.testkit.TlsIdentity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The table of {@code docs/opslevel.md}, row by row: how often and with which pauses a batch is
 * tried, and what a job's report says in the end.
 */
@Timeout(60)
class FaultTableTest {
  private static final int ATTEMPTS = 3;

  /** Of a client that is not to try again: else it would wait for who is away until the end. */
  private static final int AWAY = 1;

  private static final String LINE = "the line\n";

  /** More than all buffers of a connection hold. */
  private static final String LARGE_LINE = "x".repeat(14_000_000) + "\n";

  @TempDir static Path folder;

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<Duration> pauses = new CopyOnWriteArrayList<>();
  private FakeOpsLevel server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @SuppressWarnings("ImmutableEnumChecker") // the scripts have no state
  enum Row {
    ERRORS_OF_THE_PAYLOAD(
        answer("{\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\"no\"}]}}}"),
        "payload_errors",
        1,
        DropReason.SEND_REFUSED,
        false),
    ERRORS_OF_GRAPHQL(
        answer("{\"errors\":[{\"message\":\"no\"}]}"),
        "query_errors",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        false),
    NO_JSON(answer("<html>"), "malformed", ATTEMPTS, DropReason.SEND_FAILED, true),
    EMPTY(answer(""), "malformed", ATTEMPTS, DropReason.SEND_FAILED, true),
    NO_HTTP(
        call -> {
          call.read();
          call.out.write("what?\r\n\r\n".getBytes(UTF_8));
          call.socket.close();
        },
        "malformed",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    OVER_64_KIB(
        answer(" ".repeat(64 * 1024) + FakeOpsLevel.ACCEPTED),
        "malformed",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    SHORTER_THAN_ITS_LENGTH(
        call -> {
          call.read();
          call.head(200, FakeOpsLevel.ACCEPTED.length() + 1);
          call.out.write(FakeOpsLevel.ACCEPTED.getBytes(UTF_8));
          call.socket.close();
        },
        "malformed",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    LONGER_THAN_ITS_LENGTH(
        call -> {
          call.read();
          call.head(200, FakeOpsLevel.ACCEPTED.length() - 1);
          call.out.write(FakeOpsLevel.ACCEPTED.getBytes(UTF_8));
        },
        "malformed",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    RESET_AFTER_THE_HEAD(
        call -> {
          call.read();
          call.head(200, 100);
          call.reset();
        },
        "malformed",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    RESET_BEFORE_THE_ANSWER(
        call -> {
          call.read();
          call.reset();
        },
        "lost_reading",
        ATTEMPTS,
        DropReason.SEND_FAILED,
        true),
    TIMEOUT_408(status(408), "busy", ATTEMPTS, DropReason.SEND_FAILED, false),
    TOO_EARLY_425(status(425), "busy", ATTEMPTS, DropReason.SEND_FAILED, false),
    TOO_MANY_429(status(429), "busy", ATTEMPTS, DropReason.SEND_FAILED, false),
    SERVER_500(status(500), "server_error", ATTEMPTS, DropReason.SEND_FAILED, false),
    GATEWAY_502(status(502), "gateway_error", AWAY, DropReason.SEND_FAILED, true),
    UNAVAILABLE_503(status(503), "unavailable", AWAY, DropReason.SEND_FAILED, false),
    GATEWAY_504(status(504), "gateway_error", AWAY, DropReason.SEND_FAILED, true),
    UNAUTHORIZED_401(status(401), "unauthorized", 1, DropReason.SEND_REFUSED, false),
    FORBIDDEN_403(status(403), "unauthorized", 1, DropReason.SEND_REFUSED, false),
    NOT_FOUND_404(status(404), "not_found", 1, DropReason.SEND_REFUSED, false),
    TOO_LARGE_413(status(413), "too_large", 1, DropReason.SEND_REFUSED, false),
    REDIRECT_302(
        status(302, "Location: http://127.0.0.1:1/"), "refused", 1, DropReason.SEND_REFUSED, false),
    BAD_REQUEST_400(status(400), "refused", 1, DropReason.SEND_REFUSED, false);

    private final FakeOpsLevel.Script script;
    private final String outcome;
    private final int attempts;
    private final DropReason reason;
    private final boolean unconfirmed;

    Row(
        FakeOpsLevel.Script script,
        String outcome,
        int attempts,
        DropReason reason,
        boolean unconfirmed) {
      this.script = script;
      this.outcome = outcome;
      this.attempts = attempts;
      this.reason = reason;
      this.unconfirmed = unconfirmed;
    }

    private boolean isAway() {
      return outcome.equals("gateway_error") || outcome.equals("unavailable");
    }
  }

  @ParameterizedTest
  @EnumSource
  void row_isAsTheTableSays(Row row) throws Exception {
    server.otherwise(row.script);
    try (OpsLevelClient client = row.isAway() ? once(server.client()) : client(server.client())) {
      assertLost(client, row.outcome, row.attempts, row.reason, row.unconfirmed);
    }
  }

  @Test
  void refusedConnection_endsWhereNothingIsTriedAgain() throws Exception {
    server.close();
    try (OpsLevelClient client = once(server.client())) {
      assertLost(client, "unreachable", AWAY, DropReason.SEND_FAILED, false);
    }
  }

  @Test
  void unknownHost_endsWhereNothingIsTriedAgain() throws Exception {
    try (OpsLevelClient client = once(server.client().apiUrl("https://no-such-host.invalid"))) {
      assertLost(client, "unreachable", AWAY, DropReason.SEND_FAILED, false);
    }
  }

  @Test
  void requestWrittenInFullThatComesToItsDeadline_isTriedAsOftenAsWhatIsAnswered()
      throws Exception {
    ManualTimer timer = new ManualTimer();
    server.otherwise(
        call -> {
          call.read();
          timer.pending().forEach(timer::fire);
          call.awaitEnd();
        });
    OpsLevelClient.Builder builder = server.client();
    builder.timers = () -> timer;
    try (OpsLevelClient client = client(builder)) {
      assertLost(client, "timed_out", ATTEMPTS, DropReason.SEND_FAILED, true);
    }
  }

  /** The one connection there may be hangs in a body that is not taken, which no time-out ends. */
  @Test
  void connectionsAllInUse_tellNothingOfTheServer() throws Exception {
    CountDownLatch hung = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    server.otherwise(
        call -> {
          call.readHead();
          hung.countDown();
          await(over);
        });
    AtomicBoolean first = new AtomicBoolean(true);
    DeadlineTimer real = DeadlineTimer.onOneThread();
    ManualTimer never = new ManualTimer();
    OpsLevelClient.Builder builder = server.client().attemptTimeout(Duration.ofMillis(30));
    builder.maxConnections = 1;
    builder.timers =
        () ->
            new DeadlineTimer() {
              @Override
              public Future<?> schedule(Runnable task, Duration delay) {
                return (first.getAndSet(false) ? never : real).schedule(task, delay);
              }

              @Override
              public void close() {
                real.close();
              }
            };
    try (OpsLevelClient client = once(builder)) {
      byte[] large = new byte[40_000_000];
      Thread holder =
          new Thread(
              () ->
                  assertThat(
                          catchThrowable(
                              () ->
                                  client
                                      .sender(FakeOpsLevel.JOB)
                                      .send(LogBatch.ofBytes(List.of(large)))))
                      .isInstanceOf(InterruptedException.class));
      holder.start();
      await(hung);

      for (int i = 0; i < Circuit.LEAST_CALLS; i++) {
        pauses.clear();
        assertLost(client, "no_free_connection", AWAY, i + 1, DropReason.SEND_FAILED, false);
      }

      assertThat(client.circuit().isShut()).isFalse();
      assertThat(server.connections()).isEqualTo(1);
      holder.interrupt();
      holder.join(50_000);
      over.countDown();
    }
  }

  private static void await(CountDownLatch latch) throws IOException {
    try {
      assertThat(latch.await(50, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void attemptThatComesToItsDeadlineWithinABody_isNotUnconfirmed() throws Exception {
    ManualTimer timer = new ManualTimer();
    server.otherwise(
        call -> {
          call.readHead();
          timer.pending().forEach(timer::fire);
        });
    OpsLevelClient.Builder builder = server.client();
    builder.timers = () -> timer;
    try (OpsLevelClient client = once(builder)) {
      SinkReport report = ship(client, LARGE_LINE);

      assertThat(report.dropped()).isEqualTo(Map.of(DropReason.SEND_FAILED, tally(LARGE_LINE)));
      assertThat(report.unconfirmed()).isEqualTo(Tally.NONE);
      assertThat(attempts("timed_out")).isEqualTo(AWAY);
      assertPauses(AWAY - 1);
    }
  }

  @Test
  void serverThatSpeaksNoTls_isTriedAgain() throws Exception {
    server.otherwise(
        call -> {
          call.out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(UTF_8));
          call.socket.close();
        });
    OpsLevelClient.Builder builder =
        server.client().apiUrl(server.url().replace("http:", "https:"));
    try (OpsLevelClient client = client(builder)) {
      assertLost(client, "tls_failed", ATTEMPTS, DropReason.SEND_FAILED, false);
    }
    assertThat(server.connections()).isEqualTo(ATTEMPTS);
  }

  @Test
  void untrustedCertificate_isRefused() throws Exception {
    SSLContext its = TlsIdentity.make(folder.resolve("key.p12"), "san=ip:127.0.0.1").context();
    try (FakeOpsLevel tls = OpsLevelTlsTest.tlsServer(its);
        OpsLevelClient client = client(tls.client())) {
      assertLost(client, "untrusted", 1, DropReason.SEND_REFUSED, false);

      assertThat(tls.connections()).isEqualTo(1);
      assertThat(tls.requests).isEmpty();
    }
  }

  @Test
  void largeBodyLostOnce_isTriedAgainAsItIs() throws Exception {
    server.then(FaultTableTest::resetWithinTheBody);
    try (OpsLevelClient client = client(server.client())) {
      SinkReport report = ship(client, LARGE_LINE);

      assertThat(report.shipped()).isEqualTo(tally(LARGE_LINE));
    }
    assertThat(attempts("lost_writing")).isEqualTo(1);
    assertThat(attempts("ok")).isEqualTo(1);
    assertPauses(1);
  }

  @Test
  void largeBodyLostTwiceRunning_isSentInHalves() throws Exception {
    server.otherwise(
        call -> {
          call.readHead();
          if (call.contentLength() > LARGE_LINE.length()) {
            call.reset();
          } else {
            server.requests.add(call.readBody());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });
    String half = "x".repeat(LARGE_LINE.length() / 2) + "\n";
    try (OpsLevelClient client = client(server.client())) {
      SinkReport report = ship(client, LINE, half + half);

      assertThat(report.shipped()).isEqualTo(report.accepted());
      assertThat(report.accepted().lines()).isEqualTo(3);
    }
    assertThat(server.requests.stream().map(request -> request.lines().size()))
        .containsExactly(1, 1, 1);
    assertThat(attempts("lost_writing")).isEqualTo(2);
    assertThat(count("requests", "lost_writing")).isEqualTo(1);
    assertThat(attempts("ok")).isEqualTo(3);
    assertPauses(1);
  }

  @Test
  void largeLineLostTwiceRunning_isRefused() throws Exception {
    server.otherwise(FaultTableTest::resetWithinTheBody);
    try (OpsLevelClient client = client(server.client())) {
      SinkReport report = ship(client, LARGE_LINE);

      assertThat(report.dropped()).isEqualTo(Map.of(DropReason.SEND_REFUSED, tally(LARGE_LINE)));
      assertThat(report.unconfirmed()).isEqualTo(Tally.NONE);
    }
    assertThat(attempts("lost_writing")).isEqualTo(2);
    assertThat(count("requests", "lost_writing")).isEqualTo(1);
    assertPauses(1);
  }

  private static void resetWithinTheBody(FakeOpsLevel.Call call) throws IOException {
    call.readHead();
    call.reset();
  }

  /** A socket that listens and whose queue is full answers nothing to who connects. */
  @Test
  void connectionThatIsNotAnswered_endsWhereNothingIsTriedAgain() throws Exception {
    List<Socket> queue = new ArrayList<>();
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      try {
        fill(full, queue);
        OpsLevelClient.Builder builder =
            server
                .client()
                .apiUrl("http://127.0.0.1:" + full.getLocalPort())
                .connectTimeout(Duration.ofMillis(50));
        try (OpsLevelClient client = once(builder)) {
          assertLost(client, "unreachable", AWAY, DropReason.SEND_FAILED, false);
        }
      } finally {
        for (Socket socket : queue) {
          socket.close();
        }
      }
    }
  }

  private static void fill(ServerSocket full, List<Socket> queue) throws IOException {
    try {
      while (queue.size() < 100) {
        Socket socket = new Socket();
        queue.add(socket);
        socket.connect(full.getLocalSocketAddress(), 200);
      }
    } catch (java.net.SocketTimeoutException isFull) {
      return;
    }
    throw new AssertionError("a queue of one takes 100 connections");
  }

  @Test
  void redirectToAnotherHost_doesNotTakeTheTokenThere() throws Exception {
    try (FakeOpsLevel other = new FakeOpsLevel();
        OpsLevelClient client = client(server.client())) {
      server.otherwise(status(307, "Location: " + other.url() + "/graphql"));

      assertLost(client, "refused", 1, DropReason.SEND_REFUSED, false);

      assertThat(other.connections()).isZero();
    }
  }

  @Test
  void idleConnectionThatTheServerCloses_costsNothing() throws Exception {
    try (OpsLevelClient client = client(server.client())) {
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      for (int i = 0; i < 3; i++) {
        server.then(
            call -> {
              call.accept();
              call.socket.close();
            });
        sender.send(List.of("line " + i));
        assertThat(server.ended.take()).isNotNull();
      }
    }

    assertThat(server.lines()).hasSize(3);
    assertThat(server.connections()).isEqualTo(3);
    assertThat(pauses).isEmpty();
    assertThat(attempts("ok")).isEqualTo(3);
  }

  @Test
  void secondAnswer_isNotTakenForThatOfTheNextRequest() throws Exception {
    server.then(
        call -> {
          call.read();
          String head = "HTTP/1.1 200 OK\r\nContent-Length: " + FakeOpsLevel.ACCEPTED.length();
          String answer = head + "\r\n\r\n" + FakeOpsLevel.ACCEPTED;
          call.out.write((answer + answer).getBytes(UTF_8));
        },
        status(400));
    try (OpsLevelClient client = client(server.client())) {
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      sender.send(List.of("first"));

      assertThat(catchThrowable(() -> sender.send(List.of("second"))))
          .isInstanceOf(SendException.class)
          .hasMessageContaining("HTTP 400");
    }

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void answerOnAnIdleConnection_isNotTakenForThatOfTheNextRequest() throws Exception {
    CountDownLatch idle = new CountDownLatch(1);
    server.then(
        call -> {
          call.accept();
          await(idle);
          call.head(408, 0, "Connection: close");
          call.socket.close();
        });
    try (OpsLevelClient client = client(server.client())) {
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      sender.send(List.of("first"));
      idle.countDown();
      assertThat(server.ended.take()).isNotNull();

      sender.send(List.of("second"));
    }

    assertThat(pauses).isEmpty();
    assertThat(attempts("busy")).isZero();
  }

  @Test
  void acceptanceOfARequestNotYetWritten_isNone() throws Exception {
    server.otherwise(
        call -> {
          call.readHead();
          call.respond(200, FakeOpsLevel.ACCEPTED);
          call.bytesToTheEnd();
        });
    try (OpsLevelClient client = client(server.client())) {
      SinkReport report = ship(client, LARGE_LINE);

      assertThat(report.dropped()).isEqualTo(Map.of(DropReason.SEND_FAILED, tally(LARGE_LINE)));
      assertThat(report.unconfirmed()).isEqualTo(Tally.NONE);
    }
    assertThat(attempts("malformed")).isEqualTo(ATTEMPTS);
  }

  @Test
  void moreThanAnAnswer_isNotTakenForTheNextOne() throws Exception {
    try (OpsLevelClient client = client(server.client())) {
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      server.then(
          call -> {
            call.read();
            call.head(200, FakeOpsLevel.ACCEPTED.length());
            call.out.write((FakeOpsLevel.ACCEPTED + "garbage\r\n\r\n").getBytes(UTF_8));
          });
      sender.send(List.of("first"));

      sender.send(List.of("second"));
    }

    assertThat(server.lines()).hasSize(2);
    assertThat(server.connections()).isEqualTo(2);
    assertThat(pauses).isEmpty();
  }

  @Test
  void answerInSingleBytes_isTaken() throws Exception {
    server.then(
        call -> {
          call.read();
          String answer =
              "HTTP/1.1 200 OK\r\nContent-Length: "
                  + FakeOpsLevel.ACCEPTED.length()
                  + "\r\n\r\n"
                  + FakeOpsLevel.ACCEPTED;
          for (byte b : answer.getBytes(UTF_8)) {
            call.out.write(b);
            call.out.flush();
          }
        });
    try (OpsLevelClient client = client(server.client())) {
      client.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }

    assertThat(pauses).isEmpty();
  }

  @Test
  void answerInChunks_isTaken() throws Exception {
    server.then(
        call -> {
          call.read();
          call.out.write(
              ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                      + Integer.toHexString(FakeOpsLevel.ACCEPTED.length())
                      + "\r\n"
                      + FakeOpsLevel.ACCEPTED
                      + "\r\n0\r\n\r\n")
                  .getBytes(UTF_8));
        });
    try (OpsLevelClient client = client(server.client())) {
      client.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }

    assertThat(pauses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "400 {\"message\":\"Request Entity Too Large\"}",
        "422 The body exceeds the maximum size of 1 MB",
        "400 maximum request size exceeded",
        "400 Too big a request",
        "200 {\"errors\":[{\"message\":\"the request body is too large\"}]}",
        "200 {\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\"logChunk is too"
            + " big\",\"path\":[\"logChunk\"]}]}}}",
      })
  void complaintOfTheSize_halves(String complaint) throws Exception {
    int statusCode = Integer.parseInt(complaint.substring(0, 3));
    server.otherwise(
        call -> {
          boolean large = call.read().lines().size() > 2;
          call.respond(
              large ? statusCode : 200, large ? complaint.substring(4) : FakeOpsLevel.ACCEPTED);
        });
    List<String> lines = IntStream.range(0, 8).mapToObj(i -> "line " + i).toList();

    try (OpsLevelClient client = client(server.client())) {
      client.sender(FakeOpsLevel.JOB).send(lines);
    }

    assertThat(
            server.requests.stream()
                .filter(request -> request.lines().size() <= 2)
                .flatMap(request -> request.lines().stream())
                .map(line -> new String(line, UTF_8)))
        .containsExactlyElementsOf(lines);
    assertThat(pauses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "query took too long",
        "the request took too long",
        "the request exceeded its time limit",
        "key is too long",
        "request header fields too large",
        "too large an offset",
      })
  void complaintOfAnythingElse_doesNotHalve(String complaint) throws Exception {
    server.otherwise(answer("{\"errors\":[{\"message\":\"" + complaint + "\"}]}"));

    try (OpsLevelClient client = client(server.client())) {
      assertThat(
              catchThrowable(
                  () -> client.sender(FakeOpsLevel.JOB).send(List.of("a", "b", "c", "d"))))
          .isInstanceOf(SendException.class);
    }

    assertThat(server.requests).hasSize(ATTEMPTS).allMatch(request -> request.lines().size() == 4);
  }

  private OpsLevelClient client(OpsLevelClient.Builder builder) {
    return client(builder, ATTEMPTS);
  }

  private OpsLevelClient once(OpsLevelClient.Builder builder) {
    return client(builder, 1);
  }

  private OpsLevelClient client(OpsLevelClient.Builder builder, int attempts) {
    builder.pauses = (call, pause) -> pauses.add(pause);
    return builder.attempts(attempts).metrics(OpsLevelMetrics.register(registry)).build();
  }

  private void assertLost(
      OpsLevelClient client, String outcome, int attempts, DropReason reason, boolean unconfirmed)
      throws Exception {
    assertLost(client, outcome, attempts, 1, reason, unconfirmed);
  }

  private void assertLost(
      OpsLevelClient client,
      String outcome,
      int attempts,
      int requests,
      DropReason reason,
      boolean unconfirmed)
      throws Exception {
    SinkReport report = ship(client, LINE);
    Tally line = tally(LINE);
    assertThat(report.dropped()).isEqualTo(Map.of(reason, line));
    assertThat(report.unconfirmed()).isEqualTo(unconfirmed ? line : Tally.NONE);
    assertThat(count("requests", outcome)).isEqualTo(requests);
    assertThat(attempts(outcome)).isEqualTo(attempts * requests);
    assertPauses(attempts - 1);
  }

  /**
   * Ships what is written to a job; each part is drained before the next is written, and the first
   * is sent before the end begins.
   */
  private static SinkReport ship(OpsLevelClient client, String... parts) throws Exception {
    WatchedSender sender = new WatchedSender(client.sender(FakeOpsLevel.JOB));
    try (LogStreamer log =
        LogStreamer.builder(sender)
            .maxSize(64 << 20)
            .maxLineBytes(32 << 20)
            .markers(false)
            .start()) {
      for (String part : parts) {
        log.stdout().write(part.getBytes(UTF_8));
        assertThat(log.drain()).isTrue();
        sender.awaitFirst(); // what is written next is for the next batch
      }
      return log.finish(Duration.ofSeconds(50)).sink();
    }
  }

  private static Tally tally(String line) {
    return Tally.of(1, line.length());
  }

  private void assertPauses(int count) {
    assertThat(pauses).hasSize(count);
    for (int i = 0; i < pauses.size(); i++) {
      long nominal = 1000L << i;
      assertThat(pauses.get(i).toMillis()).isBetween(nominal / 2, nominal * 3 / 2);
    }
  }

  private double attempts(String outcome) {
    return count("attempts", outcome);
  }

  private double count(String name, String outcome) {
    return registry
        .get("logweir.opslevel." + name)
        .tag("outcome", outcome)
        .functionCounter()
        .count();
  }
}
