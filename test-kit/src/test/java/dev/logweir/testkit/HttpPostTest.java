package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.SendCall;
import dev.logweir.SendException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.CommonResult;
import dev.logweir.sender.HttpPost;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sender-kit's HTTP, which has its tests here as they need a server. */
@Timeout(60)
class HttpPostTest {
  private static final byte[] BODY = "a line".getBytes(UTF_8);

  @TempDir private Path folder;
  private final List<Duration> pauses = new ArrayList<>();
  private final SendCall call = SendCall.unbounded();
  private HostileServer server;
  private HttpPost post;

  @BeforeEach
  void start() throws Exception {
    server = HostileServer.start();
    post = builder("http").build();
  }

  @AfterEach
  void stop() throws Exception {
    post.close();
    server.close();
  }

  private HttpPost.Builder builder(String scheme) {
    return HttpPost.builder(
            HttpPostTest.class, URI.create(scheme + "://127.0.0.1:" + server.port() + "/logs"))
        .attempts(
            Attempts.builder(HttpPostTest.class, "the server")
                .attempts(3)
                .pauses((paused, pause) -> pauses.add(pause))
                .build());
  }

  @Test
  void body_arrivesWithTheHeaders() throws Exception {
    CompletableFuture<HttpRequest> got = new CompletableFuture<>();
    server.then(
        c -> {
          got.complete(c.readRequest());
          c.answer(204, "");
        });
    post.close();
    post = builder("http").header("Authorization", "Bearer x").build();

    post.send(call, BODY);

    HttpRequest request = got.get();
    assertThat(request.method() + " " + request.target()).isEqualTo("POST /logs");
    assertThat(request.header("Authorization")).contains("Bearer x");
    assertThat(request.header("Content-Length")).contains("6");
    assertThat(request.body()).isEqualTo(BODY);
    assertThat(call.isWritten()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 16 << 10, (16 << 10) + 1, 3 << 20})
  void body_ofAnySize_arrives(int bytes) throws Exception {
    CompletableFuture<byte[]> got = new CompletableFuture<>();
    server.then(
        c -> {
          got.complete(c.readRequest().body());
          c.answer(200, "{}");
        });
    byte[] body = new byte[bytes];
    new Random(1).nextBytes(body);

    post.send(call, body);

    assertThat(got.get()).isEqualTo(body);
  }

  @ParameterizedTest
  @CsvSource({
    "301, REFUSED, 1, false",
    "400, REFUSED, 1, false",
    "404, REFUSED, 1, false",
    "408, FAILED, 3, false",
    "429, FAILED, 3, false",
    "500, FAILED, 3, true",
    "503, FAILED, 3, true"
  })
  void status_saysWhatBecomesOfTheLines(
      int status, SendException.Kind kind, int tries, boolean unconfirmed) {
    answerAlways(status);

    SendException e = catchThrowableOfType(SendException.class, () -> post.send(call, BODY));

    assertThat(e).hasMessageContaining("answers " + status);
    assertThat(e.kind()).isEqualTo(kind);
    assertThat(pauses).hasSize(tries - 1);
    assertThat(call.isWritten()).as("may have the lines").isEqualTo(unconfirmed);
  }

  @Test
  void status_meansWhatTheSenderSays() {
    answerAlways(404);
    post.close();
    post = builder("http").results(status -> CommonResult.JOB_GONE).build();

    SendException e = catchThrowableOfType(SendException.class, () -> post.send(call, BODY));

    assertThat(e.kind()).isEqualTo(SendException.Kind.JOB_GONE);
  }

  @Test
  void answerThatIsNoHttp_isNotQuoted() {
    server.always(
        c -> {
          c.readRequest();
          c.send("POST /logs?token=secret HTTP/1.1\r\n\r\n");
        });

    Throwable e = catchThrowable(() -> post.send(call, BODY));

    assertThat(e).hasMessageContaining("what came is no HTTP");
    for (Throwable at = e; at != null; at = at.getCause()) {
      assertThat(at.toString()).doesNotContain("secret");
    }
    assertThat(call.isWritten()).as("may have the lines").isTrue();
  }

  @Test
  void refusal_afterATryWithoutAnAnswer_takesNothingBack() {
    server.then(Connection::readRequest);
    answerAlways(400);

    assertThat(catchThrowable(() -> post.send(call, BODY))).isInstanceOf(SendException.class);

    assertThat(call.isWritten()).as("may have the lines of the first try").isTrue();
  }

  @ParameterizedTest
  @CsvSource({"7, 7", "500, 120", "99999999999, 120", "soon, 0", "-5, 0"})
  void retryAfter_isHeeded(String wish, long seconds) throws Exception {
    server.then(
        c -> {
          c.readRequest();
          c.send("HTTP/1.1 429 Slow\r\nRetry-After: " + wish + "\r\nContent-Length: 0\r\n\r\n");
          c.readRequest();
          c.answer(200, "");
        });

    post.send(call, BODY);

    // Its own first pause is from half a second to one and a half.
    assertThat(pauses).hasSize(1);
    if (seconds > 0) {
      assertThat(pauses.get(0)).isEqualTo(Duration.ofSeconds(seconds));
    } else {
      assertThat(pauses.get(0)).isLessThan(Duration.ofSeconds(2));
    }
  }

  @Test
  void tls_thatIsNotTrusted_isARefusalOfWhatWasNotWritten() throws Exception {
    server.close();
    server =
        HostileServer.startTls(
            TlsIdentity.make(folder.resolve("here.p12"), "san=ip:127.0.0.1").context());
    answerAlways(200);
    post.close();
    post = builder("https").build();

    SendException e = catchThrowableOfType(SendException.class, () -> post.send(call, BODY));

    assertThat(e).hasMessageContaining("is not trusted");
    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(call.isWritten()).as("may have the lines").isFalse();
  }

  @Test
  void tls_thatDoesNotComeAbout_isTriedAgainAndLeavesNothingWritten() throws Exception {
    server.close();
    SSLContext withoutKey = SSLContext.getInstance("TLS");
    withoutKey.init(new KeyManager[0], null, null);
    server = HostileServer.startTls(withoutKey);
    answerAlways(200);
    post.close();
    post = builder("https").build();

    SendException e = catchThrowableOfType(SendException.class, () -> post.send(call, BODY));

    assertThat(e).hasMessageContaining("the TLS handshake with 127.0.0.1");
    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(pauses).hasSize(2);
    assertThat(call.isWritten()).as("may have the lines").isFalse();
  }

  @Test
  void close_endsACallThatRuns() throws Exception {
    CountDownLatch read = new CountDownLatch(1);
    server.always(
        c -> {
          c.readRequest();
          read.countDown();
          c.hang();
        });
    CompletableFuture<Void> runs =
        CompletableFuture.runAsync(
            () -> {
              try {
                post.send(call, BODY);
              } catch (Exception e) {
                throw new IllegalStateException(e);
              }
            });
    read.await();
    post.close();

    assertThatThrownBy(runs::get)
        .isInstanceOf(ExecutionException.class)
        .hasStackTraceContaining("SendException: log not sent: the client is closed");
    assertThatThrownBy(() -> post.send(SendCall.unbounded(), BODY))
        .hasMessageContaining("the client is closed");
  }

  @Test
  void settings_areCheckedAndTellNoSecret() {
    HttpPost.Builder builder = builder("http");
    assertThatThrownBy(() -> builder.header("Authorization", "secret\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret")
        .hasNoCause();
    assertThatThrownBy(() -> builder.header("Content-Length", "1"))
        .isInstanceOf(IllegalArgumentException.class);
    for (String wrong : List.of("ftp://secret@host/", "http:///secret", "secret")) {
      assertThatThrownBy(() -> HttpPost.builder(HttpPostTest.class, URI.create(wrong)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("secret");
    }
  }

  private void answerAlways(int status) {
    server.always(
        c -> {
          while (c.readRequest() != null) {
            c.answer(status, "");
          }
        });
  }
}
