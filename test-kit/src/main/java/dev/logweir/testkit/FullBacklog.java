package dev.logweir.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/**
 * A port at which no connection gets through: its queue is full, and connections are not accepted.
 */
final class FullBacklog implements AutoCloseable {
  private static final int MOST = 8;
  private static final int CONNECT_MILLIS = 100;

  private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
  private final List<Socket> waiting = new ArrayList<>();
  private final boolean full;

  FullBacklog() throws IOException {
    full = fill();
  }

  private boolean fill() throws IOException {
    for (int i = 0; i < MOST; i++) {
      Socket socket = new Socket();
      waiting.add(socket);
      try {
        socket.connect(address(), CONNECT_MILLIS);
      } catch (SocketTimeoutException e) {
        return true;
      }
    }
    return false;
  }

  InetSocketAddress address() {
    return new InetSocketAddress(listener.getInetAddress(), listener.getLocalPort());
  }

  /** Returns whether connecting hangs; there are kernels that let more in, or refuse. */
  boolean isFull() {
    return full;
  }

  @Override
  public void close() throws IOException {
    for (Socket socket : waiting) {
      socket.close();
    }
    listener.close();
  }
}
