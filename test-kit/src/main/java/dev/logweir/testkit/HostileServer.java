package dev.logweir.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A server on loopback that does to each connection what a test says, for HTTP and for any other
 * protocol over a socket.
 *
 * <pre>{@code
 * try (HostileServer server = HostileServer.start()) {
 *   server.then(c -> c.reset());                               // the first connection
 *   server.then(c -> c.endAfterReading(100, Connection.End.HANG).readRequest());
 *   server.always(c -> { c.readRequest(); c.answer(200, "{}"); }); // all others
 *   ...
 * }
 * }</pre>
 *
 * <p>Each script runs on a thread of its own; when it returns or fails, its connection is closed. A
 * connection without a script is closed at once. Thread-safe.
 */
public final class HostileServer implements AutoCloseable {
  /** Guards all that changes. */
  private final Monitor monitor = new Monitor();

  private final @Nullable SSLContext tls;
  private final Deque<Script> scripts = new ArrayDeque<>();
  private final List<Connection> open = new ArrayList<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final InetSocketAddress address;
  private @Nullable Script always;
  private @Nullable ServerSocket listener;
  private @Nullable Thread acceptor;
  private int accepted;
  private boolean closed;

  /** What is done to one connection. */
  @FunctionalInterface
  public interface Script {
    /**
     * Runs once the connection is there.
     *
     * @throws Exception ends the script and closes the connection; an {@link IOException} is what a
     *     client causes that goes away, anything else is kept for {@link #failures}
     */
    void run(Connection connection) throws Exception;
  }

  private HostileServer(@Nullable SSLContext tls) throws IOException {
    this.tls = tls;
    ServerSocket socket = listen(0);
    listener = socket;
    address = new InetSocketAddress(socket.getInetAddress(), socket.getLocalPort());
    start(socket);
  }

  /**
   * Starts a server for plain sockets.
   *
   * @throws IOException if there is no port for it
   */
  public static HostileServer start() throws IOException {
    return new HostileServer(null);
  }

  /**
   * Starts a server that speaks TLS. A connection shakes hands when its script first reads or
   * sends, or by {@link Connection#handshake}: one whose script does none of these hangs within
   * that. What is counted is what TLS carries. A connection is closed without a word of TLS, as by
   * a server that dies; {@link Connection#halfClose} says goodbye.
   *
   * @param context has its key and certificate
   * @throws IOException if there is no port for it
   * @throws NullPointerException if {@code context} is null
   */
  public static HostileServer startTls(SSLContext context) throws IOException {
    return new HostileServer(Objects.requireNonNull(context, "context"));
  }

  /** Returns where it listens. */
  public InetSocketAddress address() {
    return address;
  }

  /** Returns the port at which it listens. */
  public int port() {
    return address.getPort();
  }

  /** Sets what is done to the next connection that no script was given for yet; returns this. */
  public HostileServer then(Script script) {
    Objects.requireNonNull(script, "script");
    monitor.run(() -> scripts.add(script));
    return this;
  }

  /** Sets what is done to every connection that has no script of its own; returns this. */
  public HostileServer always(Script script) {
    Objects.requireNonNull(script, "script");
    monitor.run(() -> always = script);
    return this;
  }

  /**
   * From now on no connection can be made, as with a server that is down; those that are there
   * stay.
   */
  public void refuse() throws IOException {
    ServerSocket socket = monitor.get(() -> listener);
    Thread accepting = monitor.get(() -> acceptor);
    if (socket != null) {
      socket.close();
    }
    if (accepting != null) {
      try {
        accepting.join(
            TimeUnit.SECONDS.toMillis(
                Monitor.LIMIT_SECONDS)); // until then the kernel takes connections still
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Takes connections again after {@link #refuse}, at the same port. */
  public void listenAgain() throws IOException {
    ServerSocket socket = listen(address.getPort());
    monitor.run(() -> listener = socket);
    start(socket);
  }

  /** Closes all connections that are there; takes new ones as before. */
  public void closeConnections() {
    monitor.get(() -> List.copyOf(open)).forEach(Connection::closeQuietly);
    monitor.run(() -> {}); // each that is held looks again
  }

  /** Keeps a connection as it is until it, or the server, is closed. */
  void hold(Connection connection) {
    monitor.awaitUninterruptibly(() -> closed || connection.isClosed());
  }

  /** Returns how many connections were made so far. */
  public int connections() {
    return monitor.get(() -> accepted);
  }

  /** Returns what scripts failed with, other than connections that ended. */
  public List<Throwable> failures() {
    return monitor.get(() -> List.copyOf(failures));
  }

  /**
   * Waits until so many connections were made.
   *
   * @throws AssertionError if they are not within 30 s
   */
  public void awaitConnections(int count) throws InterruptedException {
    monitor.awaitAtLeast("connections made", () -> accepted, count);
  }

  /**
   * Waits until at most so many connections are open.
   *
   * @throws AssertionError if more are after 30 s
   */
  public void awaitOpenAtMost(int count) throws InterruptedException {
    monitor.awaitAtMost("connections open", open::size, count);
  }

  @Override
  public void close() throws IOException {
    monitor.run(() -> closed = true);
    refuse();
    closeConnections();
  }

  int open() {
    return monitor.get(() -> open.size());
  }

  private static ServerSocket listen(int port) throws IOException {
    return new ServerSocket(port, 64, InetAddress.getLoopbackAddress());
  }

  private void start(ServerSocket socket) {
    Thread thread = daemon("hostile-server", () -> acceptAll(socket));
    monitor.run(() -> acceptor = thread);
  }

  private void acceptAll(ServerSocket socket) {
    while (true) {
      Socket client;
      try {
        client = socket.accept();
      } catch (IOException e) {
        return;
      }
      Connection connection = new Connection(client, this, tls);
      Script script =
          monitor.get(
              () -> {
                accepted++;
                open.add(connection);
                return scripts.isEmpty() ? always : scripts.remove();
              });
      daemon("hostile-server-connection", () -> run(script, connection));
    }
  }

  private void run(@Nullable Script script, Connection connection) {
    try {
      if (script != null) {
        script.run(connection);
      }
    } catch (IOException e) {
      // The client, or the script's own end, closed it.
    } catch (Exception | AssertionError e) {
      monitor.run(() -> failures.add(e));
    } finally {
      connection.closeQuietly();
      monitor.run(() -> open.remove(connection));
    }
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
