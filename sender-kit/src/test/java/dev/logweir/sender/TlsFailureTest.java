package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.security.KeyStoreException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.junit.jupiter.api.Test;

class TlsFailureTest {
  @Test
  void certificate_isUntrustedHoweverDeepItsExceptionIs() {
    IOException handshake = new SSLHandshakeException("PKIX path building failed");
    handshake.initCause(new IllegalStateException(new CertificateException("for another host")));

    assertThat(TlsFailure.of(handshake)).isEqualTo(TlsFailure.UNTRUSTED);
    assertThat(TlsFailure.of(new SSLPeerUnverifiedException("no name")))
        .isEqualTo(TlsFailure.UNTRUSTED);
  }

  @Test
  void connectionThatEndsInTheMidst_isLost() {
    assertThat(TlsFailure.of(new SocketException("Connection reset"))).isEqualTo(TlsFailure.LOST);
    assertThat(TlsFailure.of(new SSLException("closed", new EOFException())))
        .isEqualTo(TlsFailure.LOST);
  }

  @Test
  void restOfWhatTlsSays_isAFailedHandshake() {
    assertThat(TlsFailure.of(new SSLHandshakeException("no cipher in common")))
        .isEqualTo(TlsFailure.FAILED);
    assertThat(
            TlsFailure.of(
                new SSLException(
                    "no keys", new KeyStoreException(new IOException("wrong password")))))
        .isEqualTo(TlsFailure.FAILED);
  }
}
