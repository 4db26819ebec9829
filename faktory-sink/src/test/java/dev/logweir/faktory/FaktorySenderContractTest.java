package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.testkit.BatchSenderContract;
import dev.logweir.testkit.Connection;
import dev.logweir.testkit.Json;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;

/** What every sender must do, asked of the one for Faktory. */
class FaktorySenderContractTest extends BatchSenderContract {
  private static final String PASSWORD = "faktory-password-31ab";
  private final List<FaktoryClient> clients = new ArrayList<>();

  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return client(builder(server)).sender("job");
  }

  @Override
  protected List<BatchSender> sendersOfOneClient(InetSocketAddress server, int jobs) {
    FaktoryClient client = client(builder(server).poolSize(1));
    List<BatchSender> senders = new ArrayList<>();
    for (int job = 0; job < jobs; job++) {
      senders.add(client.sender("job-" + job));
    }
    return senders;
  }

  private FaktoryClient.Builder builder(InetSocketAddress server) {
    SSLContext tls = tls();
    FaktoryClient.Builder builder =
        FaktoryClient.builder()
            .url((tls == null ? "tcp" : "tcp+tls") + "://127.0.0.1:" + server.getPort())
            .password(PASSWORD)
            .maxJobBytes(maxJobBytes())
            .connectTimeout(Duration.ofSeconds(60));
    return tls == null ? builder : builder.sslContext(tls);
  }

  int maxJobBytes() {
    return 64 << 10; // the default
  }

  private FaktoryClient client(FaktoryClient.Builder builder) {
    FaktoryClient client = builder.build();
    clients.add(client);
    return client;
  }

  @Override
  protected void greet(Connection connection) throws IOException {
    connection.send("+HI {\"v\":2,\"i\":3,\"s\":\"5a17\"}\r\n");
    String hello = connection.readLine();
    if (hello == null || !hello.startsWith("HELLO ")) {
      throw new EOFException("no hello");
    }
    connection.send("+OK\r\n");
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    String command = connection.readLine();
    if (command == null || command.equals("END")) {
      return null;
    }
    byte[] job = command.substring("PUSH ".length()).getBytes(UTF_8);
    return new ReceivedJob(Json.object(job)).lines();
  }

  @Override
  protected void accept(Connection connection) throws IOException {
    connection.send("+OK\r\n");
  }

  @Override
  protected void release() {
    clients.forEach(FaktoryClient::close);
    clients.clear();
  }

  @Override
  protected List<String> secrets() {
    return List.of(PASSWORD);
  }
}
