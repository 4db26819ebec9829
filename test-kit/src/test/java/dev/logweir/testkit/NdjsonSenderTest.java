package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import java.net.URI;
import java.util.List;

/** The contract, kept by the sender that docs/writing-a-sender.md shows. */
class NdjsonSenderTest extends HttpSenderContract {
  @Override
  protected BatchSender sender(URI server) {
    return new NdjsonSender(server.resolve("/logs"));
  }

  @Override
  protected List<byte[]> lines(HttpRequest request) {
    return request.bodyText().lines().map(NdjsonSenderTest::line).toList();
  }

  private static byte[] line(String object) {
    return ((String) Json.object(object.getBytes(UTF_8)).get("line")).getBytes(UTF_8);
  }
}
