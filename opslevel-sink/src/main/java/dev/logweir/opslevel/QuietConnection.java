package dev.logweir.opslevel;

import java.io.IOException;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLSocket;
import org.apache.hc.client5.http.impl.io.DefaultManagedHttpClientConnection;
import org.apache.hc.client5.http.io.ManagedHttpClientConnection;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.Method;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.io.MonitoringResponseOutOfOrderStrategy;
import org.apache.hc.core5.http.impl.io.SocketHolder;
import org.apache.hc.core5.http.io.HttpConnectionFactory;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/**
 * A connection that logs neither heads nor bodies, at no level: the ones of the library write the
 * token and the job's text to the logger {@code org.apache.hc.client5.http}.
 *
 * <p>While a body goes out, it looks for an answer that comes early, such as 413.
 */
final class QuietConnection extends DefaultManagedHttpClientConnection {
  static final HttpConnectionFactory<ManagedHttpClientConnection> FACTORY =
      socket -> create(socket);

  /**
   * Each look for an early answer waits 1 ms, so this bounds the rate to 32 MiB/s for a connection.
   */
  private static final int BYTES_BETWEEN_LOOKS = 32 * 1024;

  /** Heads alone go through the buffers; a body is written past them. */
  private static final Http1Config CONFIG =
      Http1Config.custom()
          .setBufferSize(HttpTransport.CONNECTION_BUFFER_BYTES)
          .setMaxLineLength(8 * 1024)
          .setMaxHeaderCount(100)
          .build();

  private static final AtomicLong COUNT = new AtomicLong();

  private static final Timeout ONE_MILLI = Timeout.ofMilliseconds(1);

  private boolean used;
  private boolean connecting;

  private QuietConnection() {
    super(
        "opslevel-" + COUNT.incrementAndGet(),
        null,
        null,
        CONFIG,
        null,
        null,
        new MonitoringResponseOutOfOrderStrategy(BYTES_BETWEEN_LOOKS),
        null,
        null);
  }

  private static QuietConnection create(Socket socket) throws IOException {
    QuietConnection connection = new QuietConnection();
    if (socket != null) {
      connection.bind(socket);
    }
    return connection;
  }

  @Override
  public void bind(Socket socket) throws IOException {
    used = false;
    bind(new SocketHolder(socket));
  }

  @Override
  public void bind(SSLSocket sslSocket, Socket socket) throws IOException {
    used = false;
    bind(new SocketHolder(sslSocket, socket));
  }

  /**
   * Sends a head, unless the server has closed the connection since the last answer, or has said
   * more: that would be taken for the answer of this request.
   */
  @Override
  public void sendRequestHeader(ClassicHttpRequest request) throws HttpException, IOException {
    if (used && (isStale() || isDataAvailable(ONE_MILLI))) {
      close(CloseMode.IMMEDIATE);
      throw new StaleException();
    }
    used = true;
    connecting = Method.CONNECT.isSame(request.getMethod());
    super.sendRequestHeader(request);
  }

  /** Ends an attempt that a proxy refuses, with its body unread: it is no answer of the API. */
  @Override
  public ClassicHttpResponse receiveResponseHeader() throws HttpException, IOException {
    ClassicHttpResponse response = super.receiveResponseHeader();
    if (connecting && response.getCode() > 299) {
      close(CloseMode.IMMEDIATE);
      throw new ProxyException(response.getCode());
    }
    return response;
  }

  @Override
  protected void onRequestSubmitted(ClassicHttpRequest request) {
    // logs nothing
  }

  @Override
  protected void onResponseReceived(ClassicHttpResponse response) {
    // logs nothing
  }

  /** A proxy did not connect. */
  static final class ProxyException extends IOException {
    private static final long serialVersionUID = 1L;

    ProxyException(int status) {
      super("HTTP " + status);
    }
  }

  /** A connection was of no use any more; nothing was sent on it. */
  static final class StaleException extends IOException {
    private static final long serialVersionUID = 1L;
  }
}
