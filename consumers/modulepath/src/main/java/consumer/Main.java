package consumer;

import com.sun.net.httpserver.HttpServer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.kubernetes.PodExec;
import dev.logweir.opslevel.OpsLevelClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Ships a line through each sink to a server of its own, from a program that is all modules. */
public final class Main {
  private static final byte[] LINE = "hello from a module".getBytes(StandardCharsets.UTF_8);
  private static final String ENCODED = Base64.getEncoder().encodeToString(LINE);

  private Main() {}

  /** Exits with 0 if the line arrived at both. */
  public static void main(String[] args) throws Exception {
    for (Class<?> type : List.of(Main.class, LogStreamer.class, PodExec.class)) {
      if (!type.getModule().isNamed()) {
        throw new IllegalStateException("not on the module path: " + type);
      }
    }
    int arrived = opsLevel() + faktory();
    if (arrived != 2) {
      System.err.println("arrived " + arrived + " times");
      System.exit(1);
    }
    System.out.println("consumer: ok");
  }

  private static int opsLevel() throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/graphql",
        exchange -> {
          String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          arrived.addAndGet(body.contains(ENCODED) ? 1 : 0);
          byte[] answer = "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}".getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().set("Content-Type", "application/json");
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    String url = "http://localhost:" + server.getAddress().getPort();
    try (OpsLevelClient client = OpsLevelClient.builder().apiUrl(url).token("token").runnerId("1").build()) {
      try (LogStreamer log = LogStreamer.builder(client.sender("1")).start()) {
        ship(log);
      }
    } finally {
      server.stop(0);
    }
    return arrived.get();
  }

  private static int faktory() throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> serve(server, arrived));
      thread.setDaemon(true);
      thread.start();
      String url = "tcp://localhost:" + server.getLocalPort();
      try (FaktoryClient client = FaktoryClient.builder().url(url).build()) {
        try (LogStreamer log = LogStreamer.builder(client.sender("1")).start()) {
          ship(log);
        }
      }
    }
    return arrived.get();
  }

  private static void ship(LogStreamer log) {
    log.stdout().write(LINE, 0, LINE.length);
    LogReport report = log.finish(Duration.ofSeconds(10));
    if (!report.isComplete()) {
      throw new IllegalStateException(report.toString());
    }
  }

  private static void serve(ServerSocket server, AtomicInteger arrived) {
    try (Socket socket = server.accept();
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
      OutputStream out = socket.getOutputStream();
      out.write("+HI {\"v\":2}\r\n".getBytes(StandardCharsets.UTF_8));
      for (String line = in.readLine(); line != null && !line.equals("END"); line = in.readLine()) {
        arrived.addAndGet(line.startsWith("PUSH ") && line.contains(ENCODED) ? 1 : 0);
        out.write("+OK\r\n".getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      System.err.println("server: " + e);
    }
  }
}
