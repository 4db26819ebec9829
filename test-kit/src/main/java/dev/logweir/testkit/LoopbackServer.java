package dev.logweir.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The base of a fake server: listens on loopback, and serves each connection on a thread of its
 * own. To script each connection in a test, use {@link HostileServer}.
 *
 * <pre>{@code
 * LoopbackServer server = new LoopbackServer("fake-archive", LoopbackServer.listen());
 * server.start(this::serve);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class LoopbackServer implements AutoCloseable {
  private static final int BACKLOG = 200;

  private final ServerSocket listener;
  private final ExecutorService threads;
  private final List<Socket> accepted = new CopyOnWriteArrayList<>();
  private final List<Socket> others = new CopyOnWriteArrayList<>();
  private final CountDownLatch deaf = new CountDownLatch(1);
  private volatile boolean started;

  /** Serves one connection. */
  @FunctionalInterface
  public interface Session {
    /** Serves it to its end, without closing it. Called on a thread of its own. */
    void serve(Socket socket);
  }

  /**
   * Creates a server that does not take connections yet.
   *
   * @param name of its threads
   * @param listener listens already; with TLS, or at a certain port, as it was made
   * @throws NullPointerException if an argument is null
   */
  public LoopbackServer(String name, ServerSocket listener) {
    Objects.requireNonNull(name, "name");
    this.listener = Objects.requireNonNull(listener, "listener");
    threads = Executors.newCachedThreadPool(task -> new Thread(task, name));
  }

  /**
   * Returns a socket that listens on loopback, at any port that is free.
   *
   * @throws IOException if there is none
   */
  public static ServerSocket listen() throws IOException {
    return new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  }

  /**
   * Serves each connection from now on. To be called once.
   *
   * @throws NullPointerException if {@code session} is null
   */
  public void start(Session session) {
    Objects.requireNonNull(session, "session");
    started = true;
    execute(() -> accept(session));
  }

  private void accept(Session session) {
    try {
      while (true) {
        Socket socket = listener.accept();
        accepted.add(socket);
        execute(() -> session.serve(socket));
      }
    } catch (IOException closed) {
      deaf.countDown();
    }
  }

  /** Returns the port at which it listens. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Returns how many connections were made so far. */
  public int connections() {
    return accepted.size();
  }

  /** Runs something on a thread that ends with the server, such as the other way of a proxy. */
  public void execute(Runnable task) {
    threads.execute(task);
  }

  /** Closes a connection with the server, such as that of a proxy to where it leads. */
  public void closeWithIt(Socket socket) {
    others.add(socket);
  }

  /**
   * Refuses connections from here on; those that are there stay. The port is taken as long as a
   * thread waits at it, also after its close, and that is waited for.
   *
   * @throws AssertionError if it takes more than a minute
   */
  public void refuse() throws IOException {
    listener.close();
    try {
      if (started && !deaf.await(1, TimeUnit.MINUTES)) {
        throw new AssertionError("the server still listens");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Refuses connections, closes those that are there, interrupts the threads and waits for their
   * end.
   *
   * @throws AssertionError if it takes more than a minute
   */
  @Override
  public void close() throws IOException {
    refuse();
    for (Socket socket : accepted) {
      socket.close();
    }
    for (Socket socket : others) {
      socket.close();
    }
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(1, TimeUnit.MINUTES)) {
        throw new AssertionError("the server's threads do not end");
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
