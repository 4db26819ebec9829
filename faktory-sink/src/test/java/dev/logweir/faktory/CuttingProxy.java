package dev.logweir.faktory;

import dev.logweir.testkit.LoopbackServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicLong;

/** Stands before a server and cuts a connection when so many bytes have gone one way. */
final class CuttingProxy implements AutoCloseable {
  private final int port;
  private final LoopbackServer server;

  /** Bytes until the cut, of all connections together; negative for none. */
  final AtomicLong toServer = new AtomicLong(-1);

  final AtomicLong toClient = new AtomicLong(-1);

  /** Bytes that have gone through. */
  final AtomicLong sentToServer = new AtomicLong();

  final AtomicLong sentToClient = new AtomicLong();

  CuttingProxy(int port) throws IOException {
    this.port = port;
    server = new LoopbackServer("cutting-proxy", LoopbackServer.listen());
    server.start(this::serve);
  }

  String url() {
    return "tcp://127.0.0.1:" + server.port();
  }

  private void serve(Socket client) {
    try (client) {
      Socket target = new Socket(InetAddress.getLoopbackAddress(), port);
      server.closeWithIt(target);
      client.setTcpNoDelay(true);
      target.setTcpNoDelay(true);
      server.execute(() -> pass(target, client, toClient, sentToClient));
      pass(client, target, toServer, sentToServer);
    } catch (IOException ignored) {
      // one of them is gone
    }
  }

  private static void pass(Socket from, Socket to, AtomicLong untilCut, AtomicLong sent) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[4096];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        long left = untilCut.get();
        int part = left < 0 ? count : (int) Math.min(left, count);
        boolean cut = part == left;
        // All told before the client can see the bytes and go on.
        sent.addAndGet(part);
        if (left >= 0) {
          untilCut.set(cut ? -1 : left - part);
        }
        out.write(buffer, 0, part);
        if (cut) {
          return;
        }
      }
    } catch (IOException ignored) {
      // one of them is gone, and so is the other
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
