package dev.logweir.sender;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

/** What an exception of a TLS handshake means. */
public enum TlsFailure {
  /** The server's certificate is not trusted, or is for another host: a repetition is no better. */
  UNTRUSTED,
  /** The two do not come to terms. */
  FAILED,
  /** The connection was lost, or came to its deadline: of TLS it says nothing. */
  LOST;

  /** Returns what an exception thrown by the handshake means. */
  public static TlsFailure of(IOException failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return UNTRUSTED;
      }
      if (cause instanceof GeneralSecurityException) {
        // Such as a store of keys that cannot be read: what caused that is no matter of the server.
        return FAILED;
      }
      // TLS says by an exception of its own that the peer has gone in its midst.
      if (cause instanceof IOException && !(cause instanceof SSLException)) {
        return LOST;
      }
    }
    return FAILED;
  }
}
