package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.testkit.Connection;
import dev.logweir.testkit.HttpRequest;
import dev.logweir.testkit.HttpSenderContract;
import dev.logweir.testkit.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;

/** What every sender must do, asked of the one for OpsLevel. */
class OpsLevelSenderContractTest extends HttpSenderContract {
  private static final String TOKEN = "opslevel-token-8c1d";
  private final List<OpsLevelClient> clients = new ArrayList<>();

  @Override
  protected BatchSender sender(URI server) {
    return client(builder(server)).sender("job");
  }

  @Override
  protected List<BatchSender> sendersOfOneClient(InetSocketAddress server, int jobs) {
    OpsLevelClient.Builder builder = builder(uri(server));
    builder.maxConnections = 1;
    OpsLevelClient client = client(builder);
    List<BatchSender> senders = new ArrayList<>();
    for (int job = 0; job < jobs; job++) {
      senders.add(client.sender("job-" + job));
    }
    return senders;
  }

  private OpsLevelClient.Builder builder(URI server) {
    OpsLevelClient.Builder builder =
        OpsLevelClient.builder()
            .apiUrl(server.toString())
            .token(TOKEN)
            .runnerId("runner")
            .connectTimeout(Duration.ofSeconds(60));
    SSLContext tls = tls();
    return tls == null ? builder : builder.sslContext(tls);
  }

  private OpsLevelClient client(OpsLevelClient.Builder builder) {
    OpsLevelClient client = builder.build();
    clients.add(client);
    return client;
  }

  @Override
  protected List<byte[]> lines(HttpRequest request) {
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
  protected boolean carriesAnyBytes() {
    return true; // as Base64
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
