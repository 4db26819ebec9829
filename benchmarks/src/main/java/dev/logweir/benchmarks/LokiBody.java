package dev.logweir.benchmarks;

import java.nio.ByteBuffer;

/**
 * Takes the lines out of a request to Loki, which has one stream: {@code
 * {"streams":[{"stream":{…},"values":[["time","line"],["time","line"]]}]}}.
 */
final class LokiBody {
  private static final String VALUES = "\"values\":[";

  private final LineSink sink;
  private byte[] body = new byte[0];
  private byte[] line = new byte[0];
  private int at;
  private int length;

  LokiBody(LineSink sink) {
    this.sink = sink;
  }

  /** Hands all lines to the sink and returns their number. */
  int read(ByteBuffer request) {
    int bytes = request.remaining();
    if (body.length < bytes) {
      body = new byte[2 * bytes];
      line = new byte[2 * bytes];
    }
    request.get(body, 0, bytes);
    at = VALUES.length();
    while (!isAfterValues()) {
      at++;
    }
    int lines = 0;
    while (body[at] == '[') {
      at += 2;
      while (body[at] != '"') {
        at++;
      }
      at += 3;
      text();
      sink.line(line, 0, length);
      lines++;
      at += 2;
      if (body[at] == ',') {
        at++;
      }
    }
    sink.sent();
    return lines;
  }

  private boolean isAfterValues() {
    for (int i = 0; i < VALUES.length(); i++) {
      if (body[at - VALUES.length() + i] != VALUES.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Reads up to the quote at the text's end, and leaves the index there. */
  private void text() {
    byte[] source = body;
    byte[] target = line;
    int from = at;
    int to = 0;
    byte next = source[from];
    while (next != '"') {
      if (next == '\\') {
        from++;
        next = unescape(source[from], from);
        from += source[from] == 'u' ? 4 : 0;
      }
      target[to++] = next;
      next = source[++from];
    }
    at = from;
    length = to;
  }

  private byte unescape(byte kind, int index) {
    return switch (kind) {
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> (byte) (hex(body[index + 3]) << 4 | hex(body[index + 4]));
      default -> kind;
    };
  }

  private static int hex(byte digit) {
    return Character.digit(digit, 16);
  }
}
