package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A server in a process of its own, so that nothing of it is on the heap that a test measures:
 * accepts small requests, and stops reading within a large one. Uses the JDK alone.
 *
 * <p>Prints its port, a line, then one byte for each request that it has stopped to read.
 */
final class StalledServer {
  private static final int LARGE_BYTES = 1_000_000;
  private static final String ACCEPTED = "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}";

  private StalledServer() {}

  /** Serves until its process is ended; a key store as argument makes it speak TLS. */
  public static void main(String[] args) throws Exception {
    ServerSocket server =
        args.length == 0
            ? new ServerSocket()
            : tls(Path.of(args[0]), args[1]).getServerSocketFactory().createServerSocket();
    server.setReceiveBufferSize(16 * 1024);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
    System.out.println(server.getLocalPort());
    while (true) {
      Socket socket = server.accept();
      new Thread(() -> serve(socket)).start();
    }
  }

  private static SSLContext tls(Path store, String password) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, password.toCharArray());
    }
    KeyManagerFactory its = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    its.init(keys, password.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(its.getKeyManagers(), null, null);
    return context;
  }

  private static void serve(Socket socket) {
    try (socket) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      for (int length = contentLength(in); length < LARGE_BYTES; length = contentLength(in)) {
        in.skipNBytes(length);
        String head = "HTTP/1.1 200 OK\r\nContent-Length: " + ACCEPTED.length() + "\r\n\r\n";
        socket.getOutputStream().write((head + ACCEPTED).getBytes(ISO_8859_1));
      }
      in.skipNBytes(1_000);
      System.out.write('x');
      System.out.flush();
      new CountDownLatch(1).await();
    } catch (IOException | InterruptedException ignored) {
      // the client is gone
    }
  }

  private static int contentLength(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the end");
      }
      head.append((char) b);
    }
    String rest = head.toString().toLowerCase(Locale.ROOT).split("content-length: ", 2)[1];
    return Integer.parseInt(rest.substring(0, rest.indexOf('\r')));
  }
}
