package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;

/** The contract, kept by the sender that docs/writing-a-sender.md shows. */
class NdjsonSenderTest extends BatchSenderContract {
  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return new NdjsonSender(URI.create("http://127.0.0.1:" + server.getPort() + "/logs"));
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    HttpRequest request = connection.readRequest();
    return request == null ? null : request.bodyText().lines().map(NdjsonSenderTest::line).toList();
  }

  private static byte[] line(String object) {
    return ((String) Json.object(object.getBytes(UTF_8)).get("line")).getBytes(UTF_8);
  }

  @Override
  protected void accept(Connection connection) throws IOException {
    connection.answer(200, "");
  }

  @Override
  protected boolean carriesAnyBytes() {
    return false; // JSON is text
  }
}
