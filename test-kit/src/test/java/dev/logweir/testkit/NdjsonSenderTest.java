package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The contract, kept by the sender that docs/writing-a-sender.md shows. */
class NdjsonSenderTest extends BatchSenderContract {
  private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-f]{4})");

  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return new NdjsonSender(URI.create("http://127.0.0.1:" + server.getPort() + "/logs"));
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    HttpRequest request = connection.readRequest();
    if (request == null) {
      return null;
    }
    List<byte[]> lines = new ArrayList<>();
    for (String object : request.bodyText().lines().toList()) {
      String escaped = object.substring("{\"line\":\"".length(), object.length() - "\"}".length());
      String line =
          ESCAPE
              .matcher(escaped)
              .replaceAll(
                  e ->
                      Matcher.quoteReplacement(
                          Character.toString(Integer.parseInt(e.group(1), 16))));
      lines.add(line.getBytes(UTF_8));
    }
    return lines;
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
