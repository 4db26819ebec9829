package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.LogBatch;
import dev.logweir.SendException;
import dev.logweir.testkit.TlsIdentity;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OpsLevelTlsTest {
  @TempDir static Path folder;
  private static SSLContext right;
  private static SSLContext forAnotherHost;

  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeAll
  static void makeKeys() throws Exception {
    right = TlsIdentity.make(folder.resolve("right.p12"), "san=ip:127.0.0.1").context();
    forAnotherHost =
        TlsIdentity.make(folder.resolve("other.p12"), "san=dns:other.example").context();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void send_refusesACertificateThatNobodyVouchesFor() throws Exception {
    start(right, null);

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(e).hasMessageContaining("certificate is not trusted");
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_refusesACertificateForAnotherHost() throws Exception {
    start(forAnotherHost, forAnotherHost);

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(e)
        .hasMessageContaining("certificate is not trusted")
        .hasMessageContaining("127.0.0.1");
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_takesACertificateOfTheTrustStoreGiven() throws Exception {
    start(right, right);
    List<byte[]> lines = Collections.nCopies(100, new byte[20_000]);

    client.sender(FakeOpsLevel.JOB).send(LogBatch.ofBytes(lines));
    client.sender(FakeOpsLevel.JOB).send(List.of("again"));

    assertThat(server.lines()).hasSize(101);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_repeatsWhenTheServerSpeaksNoTls() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder =
        server.client().apiUrl("https://127.0.0.1:" + server.port()).attempts(2);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
    server.otherwise(
        call -> {
          call.out.write(
              "HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
          call.socket.close();
        });

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("TLS handshake failed");
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void send_seesAnEarly413WhileALargeBodyIsWritten() throws Exception {
    start(right, right);
    CompletableFuture<Long> taken = new CompletableFuture<>();
    server.otherwise(
        call -> {
          call.readHead();
          if (call.contentLength() > 20_000_000) {
            call.respond(413, "", "Connection: close");
            taken.complete(call.bytesToTheEnd());
          } else {
            server.requests.add(call.readBody());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });

    client
        .sender(FakeOpsLevel.JOB)
        .send(LogBatch.ofBytes(Collections.nCopies(40, new byte[500_000])));

    assertThat(server.requests).hasSize(2);
    assertThat(taken.get(50, TimeUnit.SECONDS)).isLessThan(20_000_000);
    assertThat(server.lines()).hasSize(40);
  }

  @Test
  void send_halvesWhenTheConnectionIsLostTwiceWhileALargeBodyIsWritten() throws Exception {
    start(right, right);
    server.otherwise(
        call -> {
          call.readHead();
          if (call.contentLength() > 20_000_000) {
            call.reset();
          } else {
            server.requests.add(call.readBody());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });

    client
        .sender(FakeOpsLevel.JOB)
        .send(LogBatch.ofBytes(Collections.nCopies(20, new byte[1_000_000])));

    assertThat(server.requests).hasSize(2);
    assertThat(server.lines()).hasSize(20);
  }

  @Test
  void send_goesThroughATunnelOfAProxyThatNeverSeesTheToken() throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      client = server.client().sslContext(right).proxy("http://127.0.0.1:" + proxy.port()).build();

      client.sender(FakeOpsLevel.JOB).send(List.of("through the tunnel"));
      client.sender(FakeOpsLevel.JOB).send(List.of("again"));

      assertThat(server.lines()).hasSize(2);
      assertThat(server.connections()).isEqualTo(1);
      assertThat(proxy.heads).hasSize(1);
      assertThat(proxy.heads.get(0))
          .startsWith("CONNECT 127.0.0.1:" + server.port() + " HTTP/1.1")
          .doesNotContain(FakeOpsLevel.TOKEN);
      client.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 429, 500, 502, 503, 504})
  void send_waitsForAProxyThatCannotConnect(int status) throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      proxy.refuses = true;
      proxy.status = status;
      OpsLevelClient.Builder builder =
          server.client().sslContext(right).attempts(2).proxy("http://127.0.0.1:" + proxy.port());
      // The breaker asks for its pauses as long as they are not over.
      AtomicLong now = new AtomicLong();
      builder.nanoTime = now::get;
      builder.pauses =
          (call, pause) -> {
            now.addAndGet(pause.toNanos());
            proxy.refuses = proxy.heads.size() < 20;
          };
      client = builder.build();

      client.sender(FakeOpsLevel.JOB).send(List.of("line"));

      assertThat(server.lines()).hasSize(1);
      client.close();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {302, 400, 403, 404, 413})
  void send_repeatsWhenTheProxyDoesNotWantToConnect(int status) throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      proxy.refuses = true;
      proxy.status = status;
      OpsLevelClient.Builder builder =
          server.client().sslContext(right).attempts(2).proxy("http://127.0.0.1:" + proxy.port());
      builder.pauses = (call, pause) -> {};
      client = builder.build();

      SendException e = failure();

      assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
      assertThat(e).hasMessageContaining("the proxy refused to connect: HTTP " + status);
      assertThat(((ApiException) e.getCause()).result()).isEqualTo(ApiResult.PROXY_REFUSED);
      assertThat(proxy.heads).hasSize(2);
      assertThat(server.connections()).isZero();
      assertThat(client.transport().connectionCount()).isZero();
    }
  }

  @Test
  void send_refusesAtOnceWhenTheProxyWantsAnotherPassword() throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      proxy.refuses = true;
      proxy.status = 407;
      client =
          server
              .client()
              .sslContext(right)
              .proxy("http://user:secret@127.0.0.1:" + proxy.port())
              .build();

      SendException e = failure();

      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      assertThat(e)
          .hasMessageContaining("the proxy wants a user and a password")
          .hasMessageContaining("HTTPS_PROXY (HTTP 407)")
          .hasMessageNotContaining("secret");
      assertThat(proxy.heads).hasSize(1);
      client.close();
    }
  }

  /** As a balancer does whose server is away: nothing is shaken, and so nothing taken. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void send_waitsWhileConnectionsEndWithinTheHandshake(boolean reset) throws Exception {
    AtomicInteger ended = new AtomicInteger();
    AtomicLong now = new AtomicLong();
    Thread thread;
    server = tlsServer(right);
    try (ServerSocket balancer = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      thread = new Thread(() -> endAll(balancer, reset, ended));
      thread.start();
      OpsLevelClient.Builder builder =
          server
              .client()
              .apiUrl("https://127.0.0.1:" + balancer.getLocalPort())
              .sslContext(right)
              .attempts(2);
      builder.nanoTime = now::get;
      builder.pauses =
          (call, pause) -> {
            now.addAndGet(pause.toNanos());
            if (ended.get() >= 20) {
              throw new InterruptedException("has waited for long");
            }
          };
      client = builder.build();

      Throwable failure =
          catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(List.of("line")));

      assertThat(failure).isInstanceOf(InterruptedException.class);
    }
    thread.join(50_000);
    assertThat(thread.isAlive()).isFalse();
  }

  private static void endAll(ServerSocket balancer, boolean reset, AtomicInteger ended) {
    while (!balancer.isClosed()) {
      try (Socket socket = balancer.accept()) {
        if (reset) {
          socket.setSoLinger(true, 0);
        } else {
          // To close with something unread would be a reset.
          int unused = socket.getInputStream().read(new byte[16 * 1024]);
        }
        ended.incrementAndGet();
      } catch (IOException closed) {
        // as it is meant to be
      }
    }
  }

  @Test
  void interrupt_endsAHungCallAtOnce() throws Exception {
    start(right, right);
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.read();
          reached.countDown();
          call.awaitEnd();
        });
    Throwable[] failure = {null};
    Thread thread =
        new Thread(
            () ->
                failure[0] =
                    catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(List.of("line"))));
    thread.start();
    assertThat(reached.await(50, TimeUnit.SECONDS)).isTrue();

    thread.interrupt();

    thread.join(50_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(failure[0]).isInstanceOf(InterruptedException.class);
    assertThat(client.transport().connectionCount()).isZero();
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
  }

  @ParameterizedTest
  @EnumSource(names = {"BETWEEN_PIECES_OF_THE_BODY", "IN_SINGLE_BYTES_BETWEEN_PIECES_OF_THE_BODY"})
  void interimAnswers_arePassedOver(HttpTest.Interim interim) throws Exception {
    start(right, right);
    interim.play(server);

    client.sender(FakeOpsLevel.JOB).send(HttpTest.large());

    assertThat(server.lines()).hasSize(12);
    assertThat(server.connections()).isEqualTo(1);
  }

  /** TLS would end the connection for the write that breaks, and with that the answer. */
  @RepeatedTest(8)
  void send_readsAnEarlyAnswerThoughTheWriteBreaks() throws Exception {
    start(right, right);
    server.otherwise(
        call -> {
          call.readHead();
          call.respond(413, "", "Connection: close");
          call.socket.close();
        });

    SendException e =
        catchThrowableOfType(
            SendException.class,
            () ->
                client
                    .sender(FakeOpsLevel.JOB)
                    .send(LogBatch.ofBytes(List.of(new byte[4_000_000]))));

    assertThat(e).hasMessageContaining("HTTP 413");
    assertThat(server.connections()).isEqualTo(1);
  }

  /** Bytes of TLS that are no answer: the two records of one arrive in pieces. */
  @Test
  void send_looksForAnAnswerWithoutLosingARecordThatHasComeInPart() throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      proxy.pieceBytes = 1;
      OpsLevelClient.Builder builder =
          server.client().sslContext(right).proxy("http://127.0.0.1:" + proxy.port()).attempts(1);
      client = builder.build();
      HttpTest.Interim.BETWEEN_PIECES_OF_THE_BODY.play(server);

      client.sender(FakeOpsLevel.JOB).send(HttpTest.large());

      assertThat(server.lines()).hasSize(12);
      assertThat(server.connections()).isEqualTo(1);
      client.close();
    }
  }

  @Test
  void defaultContext_isTheJdksAtTheTimeOfTheConnection() throws Exception {
    SSLContext before = SSLContext.getDefault();
    start(right, null);
    SSLContext.setDefault(right);
    try {
      client.sender(FakeOpsLevel.JOB).send(List.of("line"));
    } finally {
      SSLContext.setDefault(before);
    }

    assertThat(server.lines()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void clientCertificate_isShownOrMissedByName(String protocol) throws Exception {
    SSLServerSocket socket =
        (SSLServerSocket)
            right
                .getServerSocketFactory()
                .createServerSocket(0, 200, InetAddress.getLoopbackAddress());
    socket.setEnabledProtocols(new String[] {protocol});
    socket.setNeedClientAuth(true);
    server = new FakeOpsLevel("https", socket);
    SSLContext without = trusting(folder.resolve("right.p12"));
    OpsLevelClient.Builder builder = server.client().sslContext(without).attempts(2);
    builder.pauses = (batch, pause) -> {};
    client = builder.build();

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e)
        .hasMessageContaining("the server wants a client certificate that it trusts")
        .hasMessageContaining("javax.net.ssl.keyStore");
    assertThat(((ApiException) e.getCause()).result()).isEqualTo(ApiResult.TLS_FAILED);
    try (OpsLevelClient known = server.client().sslContext(right).build()) {
      known.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }
    assertThat(server.lines()).hasSize(1);
  }

  /** Returns a context without a key of its own. */
  private static SSLContext trusting(Path store) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, TlsIdentity.PASSWORD.toCharArray());
    }
    KeyStore certificates = KeyStore.getInstance("PKCS12");
    certificates.load(null, null);
    certificates.setCertificateEntry("key", keys.getCertificate("key"));
    TrustManagerFactory trusts =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusts.init(certificates);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trusts.getTrustManagers(), null);
    return context;
  }

  @Test
  void send_givesTheProxyItsPassword() throws Exception {
    server = tlsServer(right);
    try (TunnelProxy proxy = new TunnelProxy()) {
      client =
          server
              .client()
              .sslContext(right)
              .proxy("http://user:p%40ss@127.0.0.1:" + proxy.port())
              .build();

      client.sender(FakeOpsLevel.JOB).send(List.of("line"));

      assertThat(server.lines()).hasSize(1);
      assertThat(proxy.heads.get(0))
          .contains("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n")
          .doesNotContain(FakeOpsLevel.TOKEN);
      client.close();
    }
  }

  private void start(SSLContext its, SSLContext trusted) throws Exception {
    server = tlsServer(its);
    OpsLevelClient.Builder builder = server.client();
    builder.pauses = (call, pause) -> {};
    client = (trusted == null ? builder : builder.sslContext(trusted)).build();
  }

  static FakeOpsLevel tlsServer(SSLContext its) throws Exception {
    return new FakeOpsLevel(
        "https",
        its.getServerSocketFactory().createServerSocket(0, 200, InetAddress.getLoopbackAddress()));
  }

  private SendException failure() {
    SendException e =
        catchThrowableOfType(
            SendException.class, () -> client.sender(FakeOpsLevel.JOB).send(List.of("line")));
    assertThat(e).isNotNull();
    return e;
  }
}
