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

/** What every sender must do, asked of the one for Faktory. */
class FaktorySenderContractTest extends BatchSenderContract {
  private static final String PASSWORD = "faktory-password-31ab";
  private final List<FaktoryClient> clients = new ArrayList<>();

  @Override
  protected BatchSender sender(InetSocketAddress server) {
    FaktoryClient client =
        FaktoryClient.builder()
            .url("tcp://127.0.0.1:" + server.getPort())
            .password(PASSWORD)
            .connectTimeout(Duration.ofSeconds(60))
            .build();
    clients.add(client);
    return client.sender("job");
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
