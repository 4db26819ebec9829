package dev.logweir.opslevel;

import dev.logweir.ForeignText;
import dev.logweir.sender.TlsFailure;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** How far an attempt has come, and so what its failure means. Thread-safe. */
final class Progress {
  /** How TLS says that it wants the client's certificate, or another one. */
  private static final String WANTS_CERTIFICATE =
      "the server wants a client certificate that it trusts, see sslContext and"
          + " javax.net.ssl.keyStore";

  private static final Pattern ALERT_OF_A_CERTIFICATE =
      Pattern.compile("fatal alert: (certificate_\\w+|bad_certificate|unknown_ca|access_denied)");

  private volatile boolean began;
  private volatile boolean written;
  private volatile boolean answered;
  private volatile boolean overdue;

  void beginsWriting() {
    began = true;
  }

  void hasWritten() {
    written = true;
  }

  boolean isWritten() {
    return written;
  }

  /** The head of the answer has come. */
  void hasAnswer() {
    answered = true;
  }

  /** The attempt's deadline has come. */
  void overdue() {
    overdue = true;
  }

  ApiException failure(IOException e, Duration limit) {
    ApiResult result = classify(e);
    String message =
        switch (result) {
          case NO_FREE_CONNECTION -> "all connections were in use for " + limit.toMillis() + " ms";
          case TIMED_OUT -> "no complete answer within " + limit.toMillis() + " ms";
          case LOST_WRITING -> "the connection was lost while the request was written: " + text(e);
          case LOST_READING -> "the connection was lost before the answer: " + text(e);
          case MALFORMED ->
              e instanceof HttpFormatException
                  ? "the answer is not HTTP: " + e.getMessage()
                  : "the answer is not complete: " + text(e);
          case PROXY_REFUSED -> "the proxy refused to connect: " + e.getMessage();
          case PROXY_FAILED -> "the proxy did not connect: " + e.getMessage();
          case PROXY_UNAUTHORIZED -> ApiException.PROXY_UNAUTHORIZED + " (" + e.getMessage() + ")";
          case UNTRUSTED -> "the server's certificate is not trusted: " + text(e);
          case TLS_FAILED -> tlsFailed(e);
          default -> "no connection: " + text(e);
        };
    boolean silent = result == ApiResult.LOST_READING || result == ApiResult.TIMED_OUT;
    return new ApiException(result, message, e, silent && written);
  }

  private ApiResult classify(IOException e) {
    if (e instanceof HttpConnections.NoneFreeException) {
      return ApiResult.NO_FREE_CONNECTION;
    }
    if (overdue) {
      // A call that had not got a connection says nothing of the server.
      return ApiResult.TIMED_OUT;
    }
    if (!began) {
      return classifyConnecting(e);
    }
    if (e instanceof HttpFormatException) {
      return ApiResult.MALFORMED;
    }
    if (isAlertOfACertificate(e)) {
      return ApiResult.TLS_FAILED;
    }
    if (!written) {
      return ApiResult.LOST_WRITING;
    }
    return answered ? ApiResult.MALFORMED : ApiResult.LOST_READING;
  }

  private static ApiResult classifyConnecting(IOException e) {
    if (e instanceof HttpDialer.ProxyException proxy) {
      return proxy.result();
    }
    return switch (TlsFailure.of(e)) {
      case UNTRUSTED -> ApiResult.UNTRUSTED;
      case FAILED -> ApiResult.TLS_FAILED;
      case LOST -> ApiResult.UNREACHABLE;
    };
  }

  private static boolean isAlertOfACertificate(IOException e) {
    String message = e.getMessage();
    return e instanceof SSLException
        && message != null
        && ALERT_OF_A_CERTIFICATE.matcher(message).find();
  }

  private static String tlsFailed(IOException e) {
    String message = e instanceof SSLException ? e.getMessage() : null;
    String said = "the TLS handshake failed: " + text(e);
    if (message == null) {
      return said;
    }
    if (isAlertOfACertificate(e)) {
      return said + "; " + WANTS_CERTIFICATE;
    }
    // With TLS 1.2 this alert is also the answer to a client without a certificate (RFC 5246,
    // 7.4.6).
    return message.contains("handshake_failure")
        ? said + "; there is no cipher in common, or " + WANTS_CERTIFICATE
        : said;
  }

  /** What the JDK says, in one line: of some states it says nothing but the class's name. */
  private static String text(@Nullable Throwable e) {
    return ForeignText.shortened(String.valueOf(e));
  }
}
