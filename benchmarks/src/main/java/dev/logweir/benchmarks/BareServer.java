package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.opslevel.OpsLevelClient;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A server on loopback that reads what comes and accepts it all, in a process of its own, so that
 * its CPU is not counted: HTTP, or Faktory's protocol.
 */
final class BareServer implements AutoCloseable {
  private static final int BACKLOG = 2_048;
  private static final int BUFFER_BYTES = 64 << 10;
  private static final byte[] ACCEPTED =
      "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}".getBytes(UTF_8);
  private static final byte[] HEAD =
      ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
              + ACCEPTED.length
              + "\r\n\r\n")
          .getBytes(ISO_8859_1);
  private static final byte[] HI = "+HI {\"v\":2}\r\n".getBytes(ISO_8859_1);
  private static final byte[] OK = "+OK\r\n".getBytes(ISO_8859_1);

  /** What a server speaks. */
  enum Protocol {
    /** Accepts each request of the OpsLevel sink. */
    HTTP,
    /** Says OK to each command. */
    FAKTORY
  }

  private final Process process;
  private final int port;

  private BareServer(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  static BareServer start(Protocol protocol) throws IOException {
    Process process =
        new ProcessBuilder(ChildJvm.command(List.of(), BareServer.class, List.of(protocol.name())))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      BufferedReader out =
          new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
      return new BareServer(process, Integer.parseInt(out.readLine()));
    } catch (IOException | NumberFormatException e) {
      process.destroy();
      throw new IOException("the server did not start", e);
    }
  }

  int port() {
    return port;
  }

  /** Returns a client of one that speaks HTTP. */
  static OpsLevelClient client(int port) {
    return OpsLevelClient.builder()
        .apiUrl("http://127.0.0.1:" + port)
        .token("token")
        .runnerId("runner")
        .build();
  }

  /** Returns the CPU time that it has taken so far, in milliseconds; 0 where nobody can tell. */
  long cpuMillis() {
    return process.info().totalCpuDuration().map(time -> time.toMillis()).orElse(0L);
  }

  @Override
  public void close() {
    process.destroy();
  }

  /** Is the server. */
  public static void main(String[] args) throws IOException {
    Protocol protocol = Protocol.valueOf(args[0]);
    ServerSocket server = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
    System.out.println(server.getLocalPort());
    while (true) {
      Socket socket = server.accept();
      Thread thread = new Thread(() -> serve(protocol, socket));
      thread.setDaemon(true);
      thread.start();
    }
  }

  private static void serve(Protocol protocol, Socket socket) {
    try (socket) {
      socket.setTcpNoDelay(true);
      if (protocol == Protocol.HTTP) {
        serveHttp(socket);
      } else {
        serveFaktory(socket);
      }
    } catch (IOException ignored) {
      // the client has gone
    }
  }

  private static void serveHttp(Socket socket) throws IOException {
    InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER_BYTES);
    byte[] answer = Arrays.copyOf(HEAD, HEAD.length + ACCEPTED.length);
    System.arraycopy(ACCEPTED, 0, answer, HEAD.length, ACCEPTED.length);
    while (true) {
      in.skipNBytes(contentLength(in));
      socket.getOutputStream().write(answer);
    }
  }

  /** Reads a head. */
  private static long contentLength(InputStream in) throws IOException {
    long length = -1;
    StringBuilder line = new StringBuilder();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("the end");
      }
      if (b != '\n') {
        line.append((char) b);
        continue;
      }
      String text = line.toString().strip().toLowerCase(Locale.ROOT);
      if (text.isEmpty()) {
        return length;
      }
      if (text.startsWith("content-length:")) {
        length = Long.parseLong(text.substring(15).strip());
      }
      line.setLength(0);
    }
  }

  private static void serveFaktory(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    out.write(HI);
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer)) {
      for (int i = 0; i < bytes; i++) {
        if (buffer[i] == '\n') {
          out.write(OK);
        }
      }
    }
  }
}
