package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.LogBatch;
import dev.logweir.SendException;
import dev.logweir.testkit.TlsIdentity;
import java.io.File;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class FaktoryTlsTest {
  @TempDir static Path folder;
  private static TlsIdentity right;
  private static TlsIdentity forAnotherHost;

  private long descriptors;
  private FakeFaktory server;
  private FaktoryClient client;

  @BeforeAll
  static void makeKeys() throws Exception {
    right = TlsIdentity.make(folder.resolve("right.p12"), "san=ip:127.0.0.1");
    forAnotherHost = TlsIdentity.make(folder.resolve("other.p12"), "san=dns:other.example");
  }

  @BeforeEach
  void count() throws Exception {
    descriptors = Descriptors.count();
  }

  @AfterEach
  void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    if (server != null) {
      server.close();
    }
    Descriptors.awaitAtMost(descriptors);
  }

  @Test
  void realServer_takesJobsOverItsOwnTls() throws Exception {
    try (RealFaktory real = RealFaktory.start("pw", right.keyPem(), right.certificatePem());
        FaktoryClient itsClient = real.client().sslContext(right.context()).build();
        Receiver receiver =
            new Receiver(
                right
                    .context()
                    .getSocketFactory()
                    .createSocket(InetAddress.getLoopbackAddress(), real.port()),
                "pw")) {
      FaktorySender sender = itsClient.sender("1");
      sender.send(Collections.nCopies(30, "x".repeat(1_000)));
      sender.send(List.of("again"));
      sender.send(List.of("and again"));

      assertThat(receiver.takeLines()).hasSize(32);
      assertThat(itsClient.pool().idle()).isEqualTo(1);
    }
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
  }

  @Test
  void send_takesACertificateOfTheTrustStoreGiven() throws Exception {
    start(right, right);
    List<byte[]> lines = Collections.nCopies(100, new byte[20_000]);

    client.sender("1").send(LogBatch.ofBytes(lines));
    client.sender("1").send(List.of("again"));

    assertThat(server.lines()).hasSize(101);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_repeatsWhenTheServerSpeaksNoTls() throws Exception {
    server = new FakeFaktory();
    client = server.client().url("tcp+tls://127.0.0.1:" + server.port()).attempts(2).build();
    FakeFaktory.Script plain =
        call -> {
          call.send("+HI {\"v\":2}");
          call.awaitEnd();
        };
    server.greet(plain, plain);

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("TLS handshake failed");
    assertThat(server.connections()).isEqualTo(2);
  }

  /** As a balancer does whose server is away: nothing is shaken, and so nothing taken. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void send_waitsWhileConnectionsEndWithinTheHandshake(boolean reset) throws Exception {
    server = new FakeFaktory();
    FaktoryClient.Builder builder =
        server.client().url("tcp+tls://127.0.0.1:" + server.port()).attempts(2);
    FakeFaktory.Script end = reset ? FakeFaktory.Call::reset : call -> call.socket.close();
    FakeFaktory.Script[] ends = new FakeFaktory.Script[20];
    Arrays.fill(ends, end);
    server.greet(ends);
    PassedTime time = PassedTime.of(builder);
    builder.pauses =
        (call, pause) -> {
          time.pass(pause);
          if (server.connections() == 20) {
            throw new InterruptedException("has waited for long");
          }
        };
    client = builder.build();

    Throwable failure = catchThrowable(() -> client.sender("1").send(List.of("line")));

    assertThat(failure).isInstanceOf(InterruptedException.class);
    assertThat(server.connections()).isEqualTo(20);
  }

  /** In a JVM of its own, whose trust store cannot be read: it makes its TLS context but once. */
  @Test
  void clientWithoutTls_needsNoTlsContext() throws Exception {
    assertThat(buildWithoutTrustStore("tcp://localhost")).isZero();
    assertThat(buildWithoutTrustStore("tcp+tls://localhost")).isEqualTo(1);
  }

  private static int buildWithoutTrustStore(String url) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Djavax.net.ssl.trustStoreType=none",
                "-cp",
                String.join(
                    File.pathSeparator,
                    System.getProperty("java.class.path"),
                    System.getProperty("jdk.module.path", "")),
                Builds.class.getName(),
                url)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor();
  }

  /** Builds a client and ends. */
  static final class Builds {
    private Builds() {}

    public static void main(String[] args) {
      try (FaktoryClient client = FaktoryClient.builder().url(args[0]).build()) {
        client.sender("1");
      }
    }
  }

  @Test
  void deadline_holdsForTheHandshake() throws Exception {
    server = new FakeFaktory();
    client =
        server
            .client()
            .url("tcp+tls://127.0.0.1:" + server.port())
            .attempts(1)
            .connectTimeout(Duration.ofMillis(200))
            .build();
    server.greet(FakeFaktory.Call::awaitEnd);

    SendException e = failure();

    assertThat(e).hasMessageContaining("no connection in time");
  }

  @Test
  void interrupt_endsAHungCallAtOnce() throws Exception {
    start(right, right);
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          reached.countDown();
          call.awaitEnd();
        });
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> failure.set(catchThrowable(() -> client.sender("1").send(List.of("line")))));
    thread.start();
    assertThat(reached.await(50, TimeUnit.SECONDS)).isTrue();

    thread.interrupt();

    thread.join(50_000);
    assertThat(thread.isAlive()).isFalse();
    assertThat(failure.get()).isInstanceOf(InterruptedException.class);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
  }

  private void start(TlsIdentity its, TlsIdentity trusted) throws Exception {
    server =
        new FakeFaktory(
            "",
            its.context()
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
            true);
    FaktoryClient.Builder builder =
        server
            .client()
            .maxJobBytes(16 << 20)
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1));
    client = (trusted == null ? builder : builder.sslContext(trusted.context())).build();
  }

  private SendException failure() {
    SendException e =
        catchThrowableOfType(SendException.class, () -> client.sender("1").send(List.of("line")));
    assertThat(e).isNotNull();
    return e;
  }
}
