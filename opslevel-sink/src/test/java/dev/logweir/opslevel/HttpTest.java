package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What HTTP allows beyond one request and one answer, on real sockets. */
@Timeout(60)
class HttpTest {
  private static final int ATTEMPTS = 3;

  private final List<Duration> pauses = new CopyOnWriteArrayList<>();
  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    client = client(server.client());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  private OpsLevelClient client(OpsLevelClient.Builder builder) {
    builder.pauses = (call, pause) -> pauses.add(pause);
    return builder.attempts(ATTEMPTS).build();
  }

  /** A client that does not wait for who is away. */
  private static OpsLevelClient once(OpsLevelClient.Builder builder) {
    return builder.attempts(1).build();
  }

  /** Interim answers in whatever pieces, at whatever time, while a body is written. */
  @SuppressWarnings("ImmutableEnumChecker") // the scripts have no state
  enum Interim {
    BEFORE_THE_BODY(
        call -> {
          call.readHead();
          call.out.write(interim(100));
        }),
    ALL_OF_THEM(
        call -> {
          call.readHead();
          for (int status = 100; status < 200; status++) {
            call.out.write(interim(status, "Link: </style.css>; rel=preload"));
          }
        }),
    MANY(
        call -> {
          call.readHead();
          for (int i = 0; i < 10_000; i++) {
            call.out.write(interim(103, "X-Number: " + i));
          }
        }),
    BETWEEN_PIECES_OF_THE_BODY(
        call -> {
          call.readHead();
          for (int i = 0; i < 10; i++) {
            call.keep(1_000_000);
            call.out.write(interim(102 + i % 2));
          }
        }),
    IN_SINGLE_BYTES_BETWEEN_PIECES_OF_THE_BODY(
        call -> {
          call.readHead();
          for (byte b : interim(103, "Link: </x>")) {
            call.keep(200_000);
            call.out.write(b);
          }
        }),
    A_BEGINNING_WITHIN_THE_BODY_AND_THE_REST_AFTER_IT(
        call -> {
          call.readHead();
          call.keep(1_000_000);
          byte[] interim = interim(103);
          call.out.write(interim, 0, 10);
          call.keepRest();
          call.out.write(interim, 10, interim.length - 10);
        }),
    OF_15_KIB(
        call -> {
          call.readHead();
          call.out.write(interim(103, "X-Long: " + "x".repeat(15 * 1024)));
        });

    private final FakeOpsLevel.Script script;

    Interim(FakeOpsLevel.Script script) {
      this.script = script;
    }

    void play(FakeOpsLevel server) {
      server.otherwise(
          call -> {
            script.run(call);
            call.keepRest();
            server.requests.add(call.kept());
            call.out.write(interim(102));
            call.respond(200, FakeOpsLevel.ACCEPTED);
          });
    }
  }

  private static byte[] interim(int status, String... headers) {
    String head = "HTTP/1.1 " + status + " Wait\r\n";
    for (String header : headers) {
      head += header + "\r\n";
    }
    return (head + "\r\n").getBytes(ISO_8859_1);
  }

  static LogBatch large() {
    return LogBatch.ofBytes(Collections.nCopies(12, new byte[1_000_000]));
  }

  @ParameterizedTest
  @org.junit.jupiter.params.provider.EnumSource
  void interimAnswers_arePassedOver(Interim interim) throws Exception {
    interim.play(server);

    client.sender(FakeOpsLevel.JOB).send(large());
    client.sender(FakeOpsLevel.JOB).send(large());

    assertThat(server.lines()).hasSize(24);
    assertThat(server.connections()).isEqualTo(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void interimAnswersWithoutEnd_endAtTheDeadline() throws Exception {
    ManualTimer timer = new ManualTimer();
    OpsLevelClient.Builder builder = server.client();
    builder.timers = () -> timer;
    client.close();
    client = once(builder);
    server.otherwise(
        call -> {
          call.read();
          timer.pending().forEach(timer::fire);
          while (true) {
            call.out.write(interim(102));
          }
        });

    SendException e = fail("line");

    assertThat(e).hasMessageContaining("no complete answer within");
    assertThat(client.transport().connectionCount()).isZero();
  }

  @Test
  void answerInGzip_isUnderstood() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          byte[] packed = gzip(FakeOpsLevel.ACCEPTED);
          call.head(200, packed.length, "Content-Encoding: gzip");
          call.out.write(packed);
        });

    client.sender(FakeOpsLevel.JOB).send(List.of("one"));
    client.sender(FakeOpsLevel.JOB).send(List.of("two"));

    assertThat(server.requests).hasSize(2);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void answerInGzipAndChunks_isUnderstoodAndLeavesTheConnectionInOrder() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          byte[] packed = gzip(FakeOpsLevel.ACCEPTED);
          call.out.write(
              "HTTP/1.1 200 OK\r\nContent-Encoding: x-gzip\r\nTransfer-Encoding: Chunked\r\n\r\n"
                  .getBytes(UTF_8));
          for (byte b : packed) {
            call.out.write("1;name=value\r\n".getBytes(UTF_8));
            call.out.write(b);
            call.out.write("\r\n".getBytes(UTF_8));
          }
          call.out.write("0\r\nX-Trailer: x\r\n\r\n".getBytes(UTF_8));
        });

    client.sender(FakeOpsLevel.JOB).send(List.of("one"));
    client.sender(FakeOpsLevel.JOB).send(List.of("two"));

    assertThat(server.requests).hasSize(2);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void answerInGzip_isBoundedUnpacked() throws Exception {
    byte[] packed = gzip(" ".repeat(10_000_000) + FakeOpsLevel.ACCEPTED);
    server.otherwise(
        call -> {
          call.read();
          call.head(200, packed.length, "Content-Encoding: gzip");
          call.out.write(packed);
        });

    assertThat(fail("line")).hasMessageContaining("over 64 KiB");
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    }
    return packed.toByteArray();
  }

  static Stream<FakeOpsLevel.Script> unreadableAnswers() {
    return Stream.of(
        answer("<html>"),
        call -> {
          call.read();
          call.respond(200, FakeOpsLevel.ACCEPTED, "Content-Encoding: gzip");
        },
        call -> {
          call.read();
          call.respond(200, "", "Content-Encoding: gzip");
        },
        call -> {
          call.read();
          call.respond(200, FakeOpsLevel.ACCEPTED, "Content-Encoding: br");
        },
        call -> {
          call.read();
          call.out.write("220 smtp.example ESMTP\r\n\r\n".getBytes(UTF_8));
          call.socket.close();
        },
        call -> {
          call.read();
          call.head(200, 1_000);
          call.socket.close();
        });
  }

  /** The server takes the lines each time: not even the end of a job is a reason to go on. */
  @ParameterizedTest
  @MethodSource("unreadableAnswers")
  void unreadableAnswers_areAskedForNoMoreOftenThanAttempts(FakeOpsLevel.Script script)
      throws Exception {
    server.otherwise(script);
    LogBatch raw = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
    raw.call().beginEnd(Duration.ofSeconds(50));

    SendException e =
        catchThrowableOfType(SendException.class, () -> client.sender(FakeOpsLevel.JOB).send(raw));

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(server.requests).hasSize(ATTEMPTS);
    assertThat(raw.call().isWritten()).isTrue();
  }

  /** With what is unread, the close is a reset, and the write breaks. */
  @RepeatedTest(40)
  void earlyAnswerWithAClose_isReadThoughTheWriteBreaks() throws Exception {
    server.otherwise(
        call -> {
          call.readHead();
          call.respond(413, "{\"message\":\"too much\"}", "Connection: close");
          call.socket.close();
        });

    SendException e =
        catchThrowableOfType(
            SendException.class,
            () ->
                client
                    .sender(FakeOpsLevel.JOB)
                    .send(LogBatch.ofBytes(List.of(new byte[4_000_000]))));

    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(e).hasMessageContaining("HTTP 413");
    assertThat(server.connections()).isEqualTo(1);
    assertThat(pauses).isEmpty();
    assertThat(client.circuit().isShut()).isFalse();
  }

  @Test
  void earlyAnswerWithoutAClose_endsTheBody() throws Exception {
    long[] taken = {0};
    server.otherwise(
        call -> {
          call.readHead();
          call.respond(401, "");
          taken[0] = call.bytesToTheEnd();
        });

    SendException e =
        catchThrowableOfType(
            SendException.class,
            () ->
                client
                    .sender(FakeOpsLevel.JOB)
                    .send(LogBatch.ofBytes(Collections.nCopies(40, new byte[1_000_000]))));

    assertThat(e).hasMessageContaining("HTTP 401");
    assertThat(server.ended.take()).isNotNull();
    assertThat(taken[0]).isLessThan(30_000_000);
  }

  @Test
  void deadlineBeforeAConnectionIsHad_isADeadline() throws Exception {
    client.close();
    OpsLevelClient.Builder builder = server.client();
    builder.timers = AtOnce::new;
    client = once(builder);

    SendException e = fail("line");

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("no complete answer within");
    assertThat(pauses).isEmpty();
    assertThat(client.transport().connectionCount()).isZero();
    assertThat(server.requests).isEmpty();
  }

  /** Comes to each deadline before its attempt has begun. */
  private static final class AtOnce implements DeadlineTimer {
    @Override
    public Future<?> schedule(Runnable task, Duration delay) {
      FutureTask<?> future = new FutureTask<>(task, null);
      if (delay.compareTo(Duration.ofSeconds(30)) > 0) {
        future.run();
      }
      return future;
    }

    @Override
    public void close() {
      // nothing runs by itself
    }
  }

  /** Deadlines that fall anywhere: into connecting, between two steps, into the answer. */
  @Test
  void deadlineAtAnyPoint_isADeadline() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          call.respond(200, FakeOpsLevel.ACCEPTED, "Connection: close");
          call.socket.close();
        });
    for (int i = 0; i < 200; i++) {
      OpsLevelClient.Builder builder =
          server.client().attemptTimeout(Duration.ofNanos(1_000_000 + i * 20_000));
      try (OpsLevelClient impatient = once(builder)) {
        Throwable e =
            catchThrowable(() -> impatient.sender(FakeOpsLevel.JOB).send(List.of("line")));

        if (e != null) {
          assertThat(e).isInstanceOf(SendException.class);
          assertThat(((ApiException) e.getCause()).result()).isEqualTo(ApiResult.TIMED_OUT);
        }
        assertThat(impatient.transport().connectionCount()).isZero();
      }
    }
  }

  @Test
  void statusOfAFailure_leavesTheConnectionOpen() throws Exception {
    server.then(status(429), status(503), FakeOpsLevel.Call::accept);

    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void timeThatTheServerKeepsAConnection_isHeeded() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          call.respond(200, FakeOpsLevel.ACCEPTED, "Keep-Alive: timeout=1, max=100");
        });

    client.sender(FakeOpsLevel.JOB).send(List.of("one"));
    assertThat(client.transport().connectionCount()).isZero();
    client.sender(FakeOpsLevel.JOB).send(List.of("two"));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void pathNotFoundAfterTheApiHasAnswered_isTriedAgain() throws Exception {
    server.then(FakeOpsLevel.Call::accept, status(404), FakeOpsLevel.Call::accept);

    client.sender(FakeOpsLevel.JOB).send(List.of("one"));
    client.sender(FakeOpsLevel.JOB).send(List.of("two"));

    assertThat(server.lines().stream().map(line -> new String(line, UTF_8)))
        .containsExactly("one", "two", "two");
    assertThat(pauses).hasSize(1);
  }

  @Test
  void pathThatStaysUnfound_doesNotMakeTheJobGone() throws Exception {
    client.close();
    client = once(server.client());
    server.then(FakeOpsLevel.Call::accept).otherwise(status(404));
    client.sender(FakeOpsLevel.JOB).send(List.of("one"));

    SendException e = fail("two");

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("a gateway has lost the way to the server (HTTP 404)");
  }

  @Test
  void wordsOfARefusal_areShownInOneLineWithoutTheToken() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          call.respond(
              400, "{\"message\":\r\n  \"no runner 8 for " + FakeOpsLevel.TOKEN + "\u0007!\"}");
        });

    assertThat(fail("line"))
        .hasMessage(
            "log of job 225 not sent: refused (HTTP 400):"
                + " {\"message\": \"no runner 8 for ********** !\"}");
  }

  @Test
  void wordsOfAnUnknownHost_areThatItIsUnknown() throws Exception {
    client.close();
    client = once(server.client().allowPlainHttp(true).apiUrl("http://no_such_host.invalid"));

    assertThat(fail("line"))
        .hasMessageContaining("no connection: java.net.UnknownHostException: no_such_host.invalid");
  }

  @Test
  void urlOfTheEndpointItself_isTakenAsItIs() throws Exception {
    client.close();
    client = client(server.client().apiUrl(server.url() + "/graphql/"));

    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(server.lines()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/2 200 OK\r\nContent-Length: 47\r\n\r\n",
        "HTTP/1.1 2000 OK\r\nContent-Length: 47\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 47\r\nContent-Length: 48\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4711111111111111111111111\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: +47\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 x\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{}\r\n",
        "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX : space\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX: folded\r\n to here\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nno status line\r\n\r\n",
      })
  void answerThatIsNotHttp_isMalformed(String text) throws Exception {
    assertMalformed(text + FakeOpsLevel.ACCEPTED);
  }

  @Test
  void answerOfExcessiveLength_isMalformed() throws Exception {
    assertMalformed("HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(101) + "\r\n");
    assertMalformed("HTTP/1.1 200 OK\r\nX: " + "y".repeat(17 * 1024) + "\r\n\r\n");
    assertMalformed(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;" + "x".repeat(2_000) + "\r\n");
    assertMalformed(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2f\r\n"
            + FakeOpsLevel.ACCEPTED
            + "\r\n0\r\n"
            + "X: y\r\n".repeat(101)
            + "\r\n");
  }

  private void assertMalformed(String answer) {
    server.otherwise(
        call -> {
          call.read();
          call.out.write(answer.getBytes(ISO_8859_1));
          call.awaitEnd();
        });

    SendException e = fail("line");

    assertThat(((ApiException) e.getCause()).result()).as(answer).isEqualTo(ApiResult.MALFORMED);
    assertThat(client.transport().connectionCount()).isZero();
  }

  private SendException fail(String line) {
    SendException e =
        catchThrowableOfType(
            SendException.class, () -> client.sender(FakeOpsLevel.JOB).send(List.of(line)));
    assertThat(e).isNotNull();
    return e;
  }
}
