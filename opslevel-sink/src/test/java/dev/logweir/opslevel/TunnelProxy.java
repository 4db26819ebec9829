package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.logweir.testkit.LoopbackServer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP proxy on loopback that connects to where it is told to, passes plain requests on, or
 * refuses.
 */
final class TunnelProxy implements AutoCloseable {
  private final LoopbackServer server;
  final List<String> heads = new CopyOnWriteArrayList<>();
  volatile boolean refuses;

  /** With which it refuses. The body that it announces does not come. */
  volatile int status = 502;

  volatile long bodyBytes = 2_000_000_000;

  /** In pieces of how many bytes it passes on what the server says; 0 for as it comes. */
  volatile int pieceBytes;

  TunnelProxy() throws IOException {
    server = new LoopbackServer("tunnel-proxy", LoopbackServer.listen());
    server.start(this::serve);
  }

  int port() {
    return server.port();
  }

  private void serve(Socket client) {
    try (client) {
      String head = head(client.getInputStream());
      heads.add(head);
      if (refuses) {
        client
            .getOutputStream()
            .write(
                ("HTTP/1.1 "
                        + status
                        + " No\r\nConnection: close\r\nContent-Length: "
                        + bodyBytes
                        + "\r\n\r\n")
                    .getBytes(ISO_8859_1));
        if (bodyBytes == 0) {
          client.shutdownOutput();
        }
        // To close with something unread would be a reset, before the answer is read.
        client.getInputStream().transferTo(OutputStream.nullOutputStream());
        return;
      }
      boolean tunnel = head.startsWith("CONNECT ");
      String asked = head.split(" ", 3)[1];
      URI target = URI.create(tunnel ? "tcp://" + asked : asked);
      try (Socket there = new Socket(target.getHost(), target.getPort())) {
        server.closeWithIt(there);
        if (tunnel) {
          client.getOutputStream().write("HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1));
        } else {
          // One request for each connection: the server must close it.
          there
              .getOutputStream()
              .write(head.replace(asked, target.getRawPath()).getBytes(ISO_8859_1));
        }
        server.execute(() -> copy(there, client));
        client.getInputStream().transferTo(there.getOutputStream());
      }
    } catch (IOException ignored) {
      // one of the ends is gone
    }
  }

  private void copy(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      if (pieceBytes > 0) {
        to.setTcpNoDelay(true);
        byte[] piece = new byte[pieceBytes];
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          to.getOutputStream().write(piece, 0, count);
        }
      }
      in.transferTo(to.getOutputStream());
    } catch (IOException ignored) {
      // one of the ends is gone
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException();
      }
      head.append((char) b);
    }
    return head.toString();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
