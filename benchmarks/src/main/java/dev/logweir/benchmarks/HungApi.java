package dev.logweir.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * A server on loopback that takes every connection and neither reads nor answers, ever. Prints its
 * port, and runs until it is ended.
 */
final class HungApi {
  private static final int BACKLOG = 1024;

  /** Held, so that none is closed for being garbage. */
  private static final List<SocketChannel> TAKEN = new ArrayList<>();

  private HungApi() {}

  /** Runs. */
  public static void main(String[] args) throws IOException {
    try (ServerSocketChannel server = ServerSocketChannel.open()) {
      server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), BACKLOG);
      System.out.println(((InetSocketAddress) server.getLocalAddress()).getPort());
      while (true) {
        TAKEN.add(server.accept());
      }
    }
  }
}
