package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.SendException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A proxy between a client and a server that both speak plain HTTP. */
@Timeout(60)
class PlainProxyTest {
  private FakeOpsLevel server;
  private TunnelProxy proxy;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    proxy = new TunnelProxy();
    OpsLevelClient.Builder builder =
        server.client().proxy("http://127.0.0.1:" + proxy.port()).attempts(2);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    proxy.close();
    server.close();
  }

  @Test
  void send_asksTheProxyForTheWholeUrl() throws Exception {
    for (int i = 0; i < 2; i++) {
      server.then(
          call -> {
            call.read();
            call.respond(200, FakeOpsLevel.ACCEPTED, "Connection: close");
            call.socket.close();
          });
      client.sender(FakeOpsLevel.JOB).send(List.of("line " + i));
    }

    assertThat(server.lines().stream().map(line -> new String(line, UTF_8)))
        .containsExactly("line 0", "line 1");
    assertThat(proxy.heads)
        .hasSize(2)
        .allMatch(head -> head.startsWith("POST " + server.url() + "/graphql HTTP/1.1\r\n"));
  }

  /** Resolved by the proxy: no name of this machine has an underscore. */
  @Test
  void send_asksForAHostWithAnUnderscoreAndShowsThePassword() throws Exception {
    proxy.refuses = true;
    proxy.bodyBytes = 0;
    OpsLevelClient.Builder builder =
        server
            .client()
            .apiUrl("http://api_1:8080/base")
            .allowPlainHttp(true)
            .proxy("http://user:secret@127.0.0.1:" + proxy.port())
            .attempts(1);
    try (OpsLevelClient other = builder.build()) {
      SendException e =
          catchThrowableOfType(
              SendException.class, () -> other.sender(FakeOpsLevel.JOB).send(List.of("line")));

      assertThat(e).hasMessageContaining("HTTP 502").hasMessageNotContaining("secret");
    }
    assertThat(proxy.heads).hasSize(1);
    assertThat(proxy.heads.get(0))
        .startsWith("POST http://api_1:8080/base/graphql HTTP/1.1\r\nHost: api_1:8080\r\n")
        .contains("\r\nProxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
  }

  @Test
  void send_waitsWhileTheProxyCannotConnect() throws Exception {
    proxy.refuses = true;
    proxy.bodyBytes = 0;
    client.close();
    AtomicLong now = new AtomicLong();
    OpsLevelClient.Builder builder =
        server.client().proxy("http://127.0.0.1:" + proxy.port()).attempts(2);
    builder.nanoTime = now::get;
    builder.pauses =
        (call, pause) -> {
          now.addAndGet(pause.toNanos());
          proxy.refuses = proxy.heads.size() < 20;
        };
    client = builder.build();

    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(proxy.heads).hasSize(21);
    assertThat(server.lines()).hasSize(1);
  }

  @Test
  void send_refusesAtOnceWhenTheProxyWantsAnotherPassword() {
    proxy.refuses = true;
    proxy.status = 407;
    proxy.bodyBytes = 0;

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> client.sender(FakeOpsLevel.JOB).send(List.of("line")));

    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(e).hasMessageContaining("the proxy wants a user and a password");
    assertThat(proxy.heads).hasSize(1);
  }

  @Test
  void send_saysWhenTheProxyIsGone() throws Exception {
    client.close();
    client = server.client().proxy("http://127.0.0.1:" + proxy.port()).attempts(1).build();
    proxy.close();

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> client.sender(FakeOpsLevel.JOB).send(List.of("line")));

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("no connection");
    assertThat(server.connections()).isZero();
  }
}
