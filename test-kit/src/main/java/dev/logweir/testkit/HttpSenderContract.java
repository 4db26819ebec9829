package dev.logweir.testkit;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What every sender that talks HTTP/1.1 must do: {@link BatchSenderContract} for one that posts a
 * batch and takes 200 as success.
 *
 * <pre>{@code
 * class LineSenderTest extends HttpSenderContract {
 *   protected BatchSender sender(URI server) {
 *     return new LineSender(server.resolve("/logs"));
 *   }
 *
 *   protected List<byte[]> lines(HttpRequest request) {
 *     return linesOf(request.body());
 *   }
 * }
 * }</pre>
 */
public abstract class HttpSenderContract extends BatchSenderContract {
  /** For subclasses. */
  protected HttpSenderContract() {}

  /**
   * Makes a sender, of a job of its own.
   *
   * @param server where it sends to, such as {@code http://127.0.0.1:40123}; {@code https} with
   *     {@link #tls}
   */
  protected abstract BatchSender sender(URI server) throws Exception;

  /**
   * Returns the lines in a request, without line ends, on the side of the server.
   *
   * @throws IOException if it is none of the sender's: closes the connection
   */
  protected abstract List<byte[]> lines(HttpRequest request) throws IOException;

  @Override
  protected final BatchSender sender(InetSocketAddress server) throws Exception {
    return sender(uri(server));
  }

  /** Returns the URI of a server of {@link #sendersOfOneClient}. */
  protected final URI uri(InetSocketAddress server) {
    return URI.create((tls() == null ? "http" : "https") + "://127.0.0.1:" + server.getPort());
  }

  @Override
  protected final @Nullable List<byte[]> receive(Connection connection) throws IOException {
    HttpRequest request = connection.readRequest();
    return request == null ? null : lines(request);
  }

  /** Answers 200 without a body; to override if the server accepts in another way. */
  @Override
  protected void accept(Connection connection) throws IOException {
    connection.answer(200, "");
  }

  /** Sends an interim answer, 103. */
  @Override
  protected final boolean defer(Connection connection) throws IOException {
    connection.interim(103);
    return true;
  }

  /** False: most bodies are text. A sender of bytes overrides it. */
  @Override
  protected boolean carriesAnyBytes() {
    return false;
  }
}
