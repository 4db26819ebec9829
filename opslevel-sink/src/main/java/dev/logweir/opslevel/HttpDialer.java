package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Connects to the server: TCP, a proxy's tunnel where there is one, TLS. Thread-safe. */
final class HttpDialer {
  private final ApiUrl server;
  private final @Nullable HttpProxy proxy;
  private final @Nullable SSLContext trust;
  private final long timeoutNanos;

  /**
   * Creates a dialer.
   *
   * @param trust null for the JDK's, as it is when a connection is made
   * @param timeout for all of it
   */
  HttpDialer(
      ApiUrl server, @Nullable HttpProxy proxy, @Nullable SSLContext trust, Duration timeout) {
    this.server = server;
    this.proxy = proxy;
    this.trust = trust;
    timeoutNanos = timeout.toNanos();
  }

  /** Returns a connection that the call holds. */
  HttpConnection dial(HttpCall call) throws IOException {
    long deadline = System.nanoTime() + timeoutNanos;
    HttpProxy via = proxy;
    HttpSocket wire = connect(call, via == null ? server : via.url(), deadline);
    boolean done = false;
    try {
      wire.setTcpNoDelay(true);
      Socket top = wire;
      if (via != null && via.url().isEncrypted()) {
        wire.setSoTimeout(millisLeft(deadline));
        top = secure(wire, via.url());
      }
      if (via != null && server.isEncrypted()) {
        wire.setSoTimeout(millisLeft(deadline));
        openTunnel(connection(wire, top), via);
      }
      if (server.isEncrypted()) {
        wire.setSoTimeout(millisLeft(deadline));
        top = secure(top, server);
      }
      wire.setSoTimeout(0);
      done = true;
      return connection(wire, top);
    } finally {
      if (!done) {
        wire.close();
        call.detach(wire);
      }
    }
  }

  private static HttpConnection connection(HttpSocket wire, Socket top) throws IOException {
    InputStream in = top.getInputStream();
    OutputStream out = top.getOutputStream();
    return new HttpConnection(wire, in, out, top != wire);
  }

  /** Tries each address of the host, and so returns a socket that the call holds. */
  private static HttpSocket connect(HttpCall call, ApiUrl to, long deadline) throws IOException {
    IOException failure = new UnknownHostException(to.host());
    for (InetAddress address : InetAddress.getAllByName(to.host())) {
      HttpSocket wire = HttpSocket.open();
      call.attach(wire);
      try {
        wire.connect(new InetSocketAddress(address, to.effectivePort()), millisLeft(deadline));
        return wire;
      } catch (IOException e) {
        wire.close();
        if (!call.detach(wire) || Thread.currentThread().isInterrupted()) {
          throw e;
        }
        failure = e;
      }
    }
    throw failure;
  }

  private SSLSocket secure(Socket below, ApiUrl peer) throws IOException {
    SSLContext context = trust;
    if (context == null) {
      try {
        context = SSLContext.getDefault();
      } catch (NoSuchAlgorithmException e) {
        // Such as a store of javax.net.ssl.trustStore that cannot be read.
        throw new SSLException("the JDK's TLS context cannot be made: " + deepest(e), e);
      }
    }
    SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket(below, peer.hostWithoutBrackets(), peer.effectivePort(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    if (peer.host().indexOf('_') >= 0) {
      // The JDK sends by itself only names by the letter of the standard.
      parameters.setServerNames(List.of(new SNIHostName(peer.host().getBytes(US_ASCII))));
    }
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static Throwable deepest(Throwable e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private void openTunnel(HttpConnection connection, HttpProxy via) throws IOException {
    String authority = server.host() + ":" + server.effectivePort();
    String head =
        "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n" + via.header() + "\r\n";
    byte[] bytes = head.getBytes(US_ASCII);
    connection.write(bytes, 0, bytes.length);
    connection.flush();
    AnswerReader answer = new AnswerReader(connection);
    AnswerHead said;
    try {
      said = answer.readHead();
    } catch (HttpFormatException e) {
      throw new ProxyException("its answer is not HTTP");
    } catch (AnswerReader.LostException e) {
      throw new ProxyException(e.getMessage());
    }
    if (said.status() > 299) {
      throw new ProxyException("HTTP " + said.status(), said.status());
    }
    if (answer.hasMore()) {
      throw new ProxyException("it said more than that it has connected");
    }
  }

  private static int millisLeft(long deadline) throws SocketTimeoutException {
    long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    if (millis < 0) {
      throw new SocketTimeoutException("not connected in time");
    }
    return (int) Math.min(millis + 1, Integer.MAX_VALUE);
  }

  /** A proxy did not connect. */
  static final class ProxyException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    ProxyException(@Nullable String message) {
      this(message, 0);
    }

    /**
     * Creates a failure.
     *
     * @param status what the proxy said; 0 if nothing that can be read
     */
    ProxyException(@Nullable String message, int status) {
      super(message);
      this.status = status;
    }

    /** Returns what it means: of what a proxy says by itself, a rule of its own stays one. */
    ApiResult result() {
      ApiResult said = ApiResult.ofStatus(status);
      if (said == ApiResult.PROXY_UNAUTHORIZED) {
        return said;
      }
      boolean rule = status >= 300 && status < 500 && said != ApiResult.BUSY;
      return rule ? ApiResult.PROXY_REFUSED : ApiResult.PROXY_FAILED;
    }
  }
}
