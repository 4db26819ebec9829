package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The contract, kept by the sender that docs/writing-a-sender.md shows. */
class NdjsonSenderTest extends BatchSenderContract {
  private static final Pattern ESCAPE = Pattern.compile("\\\\(?:u(....)|(.))");

  @Override
  protected BatchSender sender(InetSocketAddress server) {
    return new NdjsonSender(URI.create("http://127.0.0.1:" + server.getPort() + "/logs"));
  }

  @Override
  protected List<byte[]> receive(Connection connection) throws IOException {
    HttpRequest request = connection.readRequest();
    return request == null ? null : request.bodyText().lines().map(NdjsonSenderTest::line).toList();
  }

  /** Returns the line of an object such as {"line":"a \"b\" \u0009"}. */
  private static byte[] line(String object) {
    return ESCAPE
        .matcher(object.substring("{\"line\":\"".length(), object.length() - "\"}".length()))
        .replaceAll(escape -> Matcher.quoteReplacement(unescaped(escape)))
        .getBytes(UTF_8);
  }

  private static String unescaped(MatchResult escape) {
    String code = escape.group(1);
    return code == null ? escape.group(2) : Character.toString(Integer.parseInt(code, 16));
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
