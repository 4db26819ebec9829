package dev.logweir.opslevel;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.security.cert.CertificateException;
import java.time.Duration;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;
import org.apache.hc.core5.http.MalformedChunkCodingException;

/** How far an attempt has come, and so what its failure means. Thread-safe. */
final class Progress {
  private volatile boolean began;
  private volatile boolean writing;
  private volatile boolean overdue;

  void beginsWriting() {
    began = true;
    writing = true;
  }

  void hasWritten() {
    writing = false;
  }

  boolean isWritten() {
    return began && !writing;
  }

  /** The attempt's deadline has come. */
  void overdue() {
    overdue = true;
  }

  AttemptException failure(IOException e, Duration limit) {
    AttemptResult result = classify(e);
    String message =
        switch (result) {
          case NO_FREE_CONNECTION -> "all connections were in use for " + limit.toMillis() + " ms";
          case TIMED_OUT -> "no complete answer within " + limit.toMillis() + " ms";
          case LOST_WRITING -> "the connection was lost while the request was written";
          case LOST_READING -> "the connection was lost before the answer";
          case MALFORMED -> "the answer is not HTTP";
          case PROXY_REFUSED -> "the proxy refused to connect";
          case UNTRUSTED -> "the server's certificate is not trusted";
          case TLS_FAILED -> "the TLS handshake failed";
          default -> "no connection";
        };
    if (e instanceof QuietConnection.ProxyException) {
      return new AttemptException(result, message + ": " + e.getMessage(), e);
    }
    if (quotes(e)) {
      return new AttemptException(result, message, null);
    }
    return new AttemptException(result, message + ": " + e, e);
  }

  private AttemptResult classify(IOException e) {
    if (e instanceof ConnectionRequestTimeoutException) {
      return AttemptResult.NO_FREE_CONNECTION;
    }
    if (overdue) {
      return AttemptResult.TIMED_OUT;
    }
    if (!began) {
      return classifyConnecting(e);
    }
    if (writing) {
      return AttemptResult.LOST_WRITING;
    }
    if (e instanceof SocketTimeoutException) {
      return AttemptResult.TIMED_OUT;
    }
    return quotes(e) ? AttemptResult.MALFORMED : AttemptResult.LOST_READING;
  }

  /** Whether the text may quote what the server sent, and that the token. */
  private static boolean quotes(IOException e) {
    return e instanceof ClientProtocolException || e instanceof MalformedChunkCodingException;
  }

  private static AttemptResult classifyConnecting(IOException e) {
    if (e instanceof QuietConnection.ProxyException) {
      return AttemptResult.PROXY_REFUSED;
    }
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof CertificateException || cause instanceof SSLPeerUnverifiedException) {
        return AttemptResult.UNTRUSTED;
      }
    }
    return e instanceof SSLException ? AttemptResult.TLS_FAILED : AttemptResult.UNREACHABLE;
  }
}
