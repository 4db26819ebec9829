package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.testkit.BatchSenderContract;
import dev.logweir.testkit.Connection;
import dev.logweir.testkit.HttpRequest;
import dev.logweir.testkit.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** What every sender must do, asked of the one for OpsLevel. */
class OpsLevelSenderContractTest extends BatchSenderContract {
  private static final String TOKEN = "opslevel-token-8c1d";
  private final List<OpsLevelClient> clients = new ArrayList<>();

  @Override
  protected BatchSender sender(InetSocketAddress server) {
    OpsLevelClient client =
        OpsLevelClient.builder()
            .apiUrl("http://127.0.0.1:" + server.getPort())
            .token(TOKEN)
            .runnerId("runner")
            .connectTimeout(Duration.ofSeconds(60))
            .build();
    clients.add(client);
    return client.sender("job");
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    HttpRequest request = connection.readRequest();
    if (request == null) {
      return null;
    }
    Map<?, ?> root = (Map<?, ?>) Json.parse(request.bodyText().getBytes(UTF_8));
    Map<?, ?> input = (Map<?, ?>) ((Map<?, ?>) root.get("variables")).get("input");
    List<byte[]> lines = new ArrayList<>();
    for (Object line : (List<?>) input.get("logChunk")) {
      lines.add(Base64.getDecoder().decode((String) line));
    }
    return lines;
  }

  @Override
  protected void accept(Connection connection) throws IOException {
    connection.answer(200, "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}");
  }

  @Override
  protected void release() {
    clients.forEach(OpsLevelClient::close);
    clients.clear();
  }

  @Override
  protected List<String> secrets() {
    return List.of(TOKEN);
  }
}
