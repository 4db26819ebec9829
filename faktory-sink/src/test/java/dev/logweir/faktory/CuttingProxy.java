package dev.logweir.faktory;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Stands before a server and cuts a connection when so many bytes have gone one way. */
final class CuttingProxy implements AutoCloseable {
  private final int port;
  private final ServerSocket server = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();

  /** Bytes until the cut, of all connections together; negative for none. */
  final AtomicLong toServer = new AtomicLong(-1);

  final AtomicLong toClient = new AtomicLong(-1);

  /** Bytes that have gone through. */
  final AtomicLong sentToServer = new AtomicLong();

  final AtomicLong sentToClient = new AtomicLong();

  CuttingProxy(int port) throws IOException {
    this.port = port;
    threads.execute(this::accept);
  }

  String url() {
    return "tcp://127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    while (true) {
      try {
        Socket client = server.accept();
        Socket target = new Socket(InetAddress.getLoopbackAddress(), port);
        client.setTcpNoDelay(true);
        target.setTcpNoDelay(true);
        sockets.addAll(List.of(client, target));
        threads.execute(() -> pass(client, target, toServer, sentToServer));
        threads.execute(() -> pass(target, client, toClient, sentToClient));
      } catch (IOException closed) {
        return;
      }
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
    for (Socket socket : sockets) {
      socket.close();
    }
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new AssertionError("the proxy's threads do not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
