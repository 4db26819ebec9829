package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class TlsIdentityTest {
  @TempDir Path folder;

  @Test
  void context_trustsItselfAndNoOther() throws Exception {
    TlsIdentity here = TlsIdentity.make(folder.resolve("here.p12"), "san=ip:127.0.0.1");
    TlsIdentity other = TlsIdentity.make(folder.resolve("other.p12"), "san=ip:127.0.0.1");

    assertThat(shakeHands(here, here)).isEqualTo("CN=test");
    assertThatThrownBy(() -> shakeHands(here, other)).isInstanceOf(SSLHandshakeException.class);
    assertThat(here.keyPem()).startsWith("-----BEGIN PRIVATE KEY-----");
    assertThat(here.certificatePem()).startsWith("-----BEGIN CERTIFICATE-----");
  }

  @Test
  void make_saysWhatKeytoolSays() throws Exception {
    assertThatThrownBy(() -> TlsIdentity.make(folder.resolve("key.p12"), "san=nothing"))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("keytool: ");
  }

  /** Returns whose certificate the client has seen. */
  private static String shakeHands(TlsIdentity server, TlsIdentity client) throws Exception {
    InetAddress loopback = InetAddress.getLoopbackAddress();
    try (SSLServerSocket listens =
        (SSLServerSocket)
            server.context().getServerSocketFactory().createServerSocket(0, 1, loopback)) {
      CompletableFuture<Void> accepted =
          CompletableFuture.runAsync(
              () -> {
                try (SSLSocket peer = (SSLSocket) listens.accept()) {
                  peer.startHandshake();
                } catch (IOException e) {
                  // What the client makes of it is what is looked at.
                }
              });
      try (SSLSocket socket =
          (SSLSocket)
              client.context().getSocketFactory().createSocket(loopback, listens.getLocalPort())) {
        socket.startHandshake();
        return socket.getSession().getPeerPrincipal().getName();
      } finally {
        accepted.join();
      }
    }
  }
}
