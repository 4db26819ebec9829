package dev.logweir.sender;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * What an exception of a TLS handshake means. There will be no further values: a {@code switch}
 * over them needs no default.
 */
public enum TlsFailure {
  /** The server's certificate is not trusted, or is for another host: a retry does not help. */
  UNTRUSTED,
  /**
   * Client and server do not agree on a protocol or cipher, or another failure of the handshake.
   */
  FAILED,
  /** The connection was lost, or its deadline came: this says nothing about TLS. */
  LOST;

  /** Returns what an exception thrown by the handshake means. */
  public static TlsFailure of(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return UNTRUSTED;
      }
      if (cause instanceof GeneralSecurityException) {
        // Such as a key store that cannot be read: its cause has nothing to do with the server.
        return FAILED;
      }
      // TLS has an exception of its own for a peer that closes during the handshake.
      if (cause instanceof IOException && !(cause instanceof SSLException)) {
        return LOST;
      }
    }
    return FAILED;
  }
}
