package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A request of HTTP/1.1 that a {@link Connection} has read. Immutable. */
public final class HttpRequest {
  private static final int MAX_HEADERS = 200;

  private final String method;
  private final String target;
  private final List<String[]> headers;
  private final byte[] body;

  private HttpRequest(String method, String target, List<String[]> headers, byte[] body) {
    this.method = method;
    this.target = target;
    this.headers = headers;
    this.body = body;
  }

  static @Nullable HttpRequest read(Connection connection) throws IOException {
    String first = connection.readLine();
    if (first == null) {
      return null;
    }
    String[] parts = first.split(" ", -1);
    if (parts.length != 3 || !parts[2].startsWith("HTTP/1.")) {
      throw new IOException("not a request of HTTP/1.1: " + first);
    }
    List<String[]> headers = new ArrayList<>();
    for (String line = line(connection); !line.isEmpty(); line = line(connection)) {
      int colon = line.indexOf(':');
      if (colon <= 0 || headers.size() == MAX_HEADERS) {
        throw new IOException("not a header: " + line);
      }
      headers.add(new String[] {line.substring(0, colon), line.substring(colon + 1).strip()});
    }
    HttpRequest head = new HttpRequest(parts[0], parts[1], headers, new byte[0]);
    if (head.header("Expect").isPresent()) {
      connection.interim(100);
    }
    boolean chunked =
        head.header("Transfer-Encoding")
            .map(value -> value.equalsIgnoreCase("chunked"))
            .orElse(false);
    byte[] body =
        chunked
            ? chunks(connection)
            : connection.read(head.header("Content-Length").map(Integer::parseInt).orElse(0));
    return new HttpRequest(parts[0], parts[1], headers, body);
  }

  private static String line(Connection connection) throws IOException {
    String line = connection.readLine();
    if (line == null) {
      throw new EOFException("closed within a request");
    }
    return line;
  }

  private static byte[] chunks(Connection connection) throws IOException {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    while (true) {
      int size = Integer.parseInt(line(connection).split(";", 2)[0].strip(), 16);
      if (size == 0) {
        while (!line(connection).isEmpty()) {
          // Trailers tell nothing of the body.
        }
        return body.toByteArray();
      }
      body.writeBytes(connection.read(size));
      line(connection);
    }
  }

  /** Returns the method, such as {@code POST}. */
  public String method() {
    return method;
  }

  /** Returns the target, such as {@code /graphql}. */
  public String target() {
    return target;
  }

  /** Returns the first value of a header, whatever the case of its name. */
  public Optional<String> header(String name) {
    String wanted = name.toLowerCase(Locale.ROOT);
    return headers.stream()
        .filter(header -> header[0].toLowerCase(Locale.ROOT).equals(wanted))
        .map(header -> header[1])
        .findFirst();
  }

  /** Returns a copy of the body, with no transfer encoding; empty if there is none. */
  public byte[] body() {
    return body.clone();
  }

  /** Returns the body read as UTF-8. */
  public String bodyText() {
    return new String(body, UTF_8);
  }

  @Override
  public String toString() {
    return method + " " + target + ", " + body.length + " bytes";
  }
}
