package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class HostileServerTest {
  @TempDir private Path folder;

  @Test
  void http_isReadAndAnswered() throws Exception {
    try (HostileServer server = HostileServer.start()) {
      server.then(
          c -> {
            HttpRequest request = c.readRequest();
            c.interim(103);
            c.answer(201, request.method() + " " + request.target() + " " + request.bodyText());
          });
      HttpResponse<String> answer = post(server, "text");

      assertThat(answer.statusCode()).isEqualTo(201);
      assertThat(answer.body()).isEqualTo("POST /path text");
      assertThat(server.failures()).isEmpty();
    }
  }

  @Test
  void http_canBeCompressed() throws Exception {
    try (HostileServer server = HostileServer.start()) {
      server.then(
          c -> {
            c.readRequest();
            c.answerCompressed(200, "small");
          });
      HttpResponse<byte[]> answer =
          HttpClient.newHttpClient()
              .send(request(server, "x"), HttpResponse.BodyHandlers.ofByteArray());

      assertThat(
              new GZIPInputStream(new java.io.ByteArrayInputStream(answer.body())).readAllBytes())
          .isEqualTo("small".getBytes(UTF_8));
    }
  }

  @Test
  void script_endsWhereItWasSaid() throws Exception {
    try (HostileServer server = HostileServer.start()) {
      server.then(c -> c.endAfterReading(3, Connection.End.RESET).read(10));
      server.then(c -> c.endAfterSending(2, Connection.End.CLOSE).send("abc"));
      server.then(c -> c.endAfterReading(1, Connection.End.HANG).read(2));
      server.then(Connection::halfClose);
      try (Socket first = connect(server)) {
        first.getOutputStream().write("abcdef".getBytes(UTF_8));
        assertThat(catchThrowable(() -> first.getInputStream().read()))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("reset");
      }
      try (Socket second = connect(server)) {
        assertThat(second.getInputStream().readAllBytes()).isEqualTo("ab".getBytes(UTF_8));
      }
      try (Socket third = connect(server)) {
        third.getOutputStream().write("ab".getBytes(UTF_8));
        third.setSoTimeout(100);
        assertThatThrownBy(() -> third.getInputStream().read())
            .isInstanceOf(SocketTimeoutException.class);
      }
      try (Socket fourth = connect(server)) {
        assertThat(fourth.getInputStream().read()).isEqualTo(-1);
        fourth.getOutputStream().write(1);
      }
      assertThat(server.connections()).isEqualTo(4);
      server.closeConnections();
      server.awaitOpenAtMost(0);
      assertThat(server.failures()).isEmpty();
    }
  }

  @Test
  void tls_carriesWhatIsScripted() throws Exception {
    SSLContext tls = TlsIdentity.make(folder.resolve("here.p12"), "san=ip:127.0.0.1").context();
    try (HostileServer server = HostileServer.startTls(tls)) {
      server.then(c -> c.endAfterReading(5, Connection.End.RESET).readLine());
      server.then(c -> c.send(c.readLine()).halfClose());
      server.then(Connection::hang);
      server.then(c -> c.handshake().hang());
      try (Socket first = connect(server, tls)) {
        first.getOutputStream().write("hello, and more\n".getBytes(UTF_8));
        assertThatThrownBy(() -> first.getInputStream().read()).isInstanceOf(SocketException.class);
      }
      try (Socket second = connect(server, tls)) {
        second.getOutputStream().write("a line\n".getBytes(UTF_8));
        assertThat(second.getInputStream().readAllBytes()).isEqualTo("a line".getBytes(UTF_8));
      }
      try (SSLSocket third = connect(server, tls)) {
        third.setSoTimeout(100);
        assertThatThrownBy(third::startHandshake).isInstanceOf(SocketTimeoutException.class);
      }
      try (SSLSocket fourth = connect(server, tls)) {
        fourth.startHandshake();
        fourth.setSoTimeout(100);
        assertThatThrownBy(() -> fourth.getInputStream().read())
            .isInstanceOf(SocketTimeoutException.class);
      }
      server.closeConnections();
      server.awaitOpenAtMost(0);
      assertThat(server.failures()).isEmpty();
    }
  }

  @Test
  void server_refusesAndListensAgain() throws Exception {
    try (HostileServer server = HostileServer.start()) {
      server.always(c -> c.send("hello"));
      server.refuse();
      assertThatThrownBy(() -> connect(server)).isInstanceOf(IOException.class);
      server.listenAgain();
      try (Socket socket = connect(server)) {
        assertThat(socket.getInputStream().readAllBytes()).isEqualTo("hello".getBytes(UTF_8));
      }
    }
  }

  @Test
  void script_thatFailsIsKept() throws Exception {
    try (HostileServer server = HostileServer.start()) {
      server.then(
          c -> {
            throw new AssertionError("the client is wrong");
          });
      try (Socket socket = connect(server)) {
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }
      server.awaitOpenAtMost(0);
      assertThat(server.failures()).hasSize(1);
      assertThat(server.failures().get(0)).hasMessage("the client is wrong");
    }
  }

  private static SSLSocket connect(HostileServer server, SSLContext tls) throws IOException {
    return (SSLSocket)
        tls.getSocketFactory().createSocket(server.address().getAddress(), server.port());
  }

  private static Socket connect(HostileServer server) throws IOException {
    return new Socket(server.address().getAddress(), server.port());
  }

  private static HttpResponse<String> post(HostileServer server, String body) throws Exception {
    return HttpClient.newHttpClient()
        .send(request(server, body), HttpResponse.BodyHandlers.ofString());
  }

  private static java.net.http.HttpRequest request(HostileServer server, String body) {
    return java.net.http.HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + server.port() + "/path"))
        .timeout(Duration.ofSeconds(20))
        .POST(java.net.http.HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
