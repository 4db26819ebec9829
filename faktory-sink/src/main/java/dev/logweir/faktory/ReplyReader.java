package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;

/**
 * Reads replies in the form that Faktory uses of RESP: {@code +status}, {@code -CODE message},
 * {@code :number}, {@code $length} with so many bytes, {@code $-1}; each line ends in CRLF.
 *
 * <p>Accepts exactly that, with lines of at most 64 KiB, of which the first 8 KiB are kept, and
 * bulks of at most 16 KiB; memory grows with what has come in, not with what was announced. After a
 * failure the stream is of no more use. Not thread-safe.
 */
final class ReplyReader {
  static final int MAX_LINE_BYTES = 64 * 1024;
  static final int KEPT_LINE_BYTES = 8 * 1024;

  /** A producer gets none but the id of a batch. */
  static final int MAX_BULK_BYTES = 16 * 1024;

  private static final int BUFFER_BYTES = 1024;
  private static final int MAX_LENGTH_DIGITS = 5;
  private static final int MAX_NUMBER_CHARS = 20;

  private final InputStream in;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int next;
  private int end;

  ReplyReader(InputStream in) {
    this.in = in;
  }

  /**
   * Reads one reply.
   *
   * @throws ProtocolException if there is anything else
   * @throws EOFException if the stream ends before the reply's end
   */
  Reply read() throws IOException {
    int type = readByte();
    return switch (type) {
      case '+' -> new Reply(Reply.Kind.STATUS, line(), "");
      case '-' -> error(line());
      case ':' -> new Reply(Reply.Kind.NUMBER, number(line()), "");
      case '$' -> bulk(line());
      default -> throw new ProtocolException("no reply begins with byte 0x%02x".formatted(type));
    };
  }

  /** Whether bytes have come that no reply read so far had. */
  boolean hasMore() {
    return next < end;
  }

  private static Reply error(String line) throws ProtocolException {
    int space = line.indexOf(' ');
    String code = space < 0 ? line : line.substring(0, space);
    if (code.isEmpty() || !code.chars().allMatch(c -> c > ' ' && c <= '~')) {
      throw new ProtocolException("an error has no code");
    }
    return new Reply(Reply.Kind.ERROR, line.substring(space < 0 ? line.length() : space + 1), code);
  }

  private static String number(String digits) throws ProtocolException {
    int begin = digits.startsWith("-") ? 1 : 0;
    if (digits.length() > MAX_NUMBER_CHARS || !isDigits(digits, begin)) {
      throw new ProtocolException("a number is none");
    }
    return digits;
  }

  private Reply bulk(String digits) throws IOException {
    if (digits.equals("-1")) {
      return new Reply(Reply.Kind.BULK, null, "");
    }
    if (digits.length() > MAX_LENGTH_DIGITS || !isDigits(digits, 0)) {
      throw new ProtocolException("a bulk's length is none of 0 to " + MAX_BULK_BYTES);
    }
    int length = Integer.parseInt(digits);
    if (length > MAX_BULK_BYTES) {
      throw new ProtocolException("a bulk must be of at most " + MAX_BULK_BYTES + ": " + length);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(Math.min(length, BUFFER_BYTES));
    while (bytes.size() < length) {
      fill();
      int part = Math.min(length - bytes.size(), end - next);
      bytes.write(buffer, next, part);
      next += part;
    }
    if (readByte() != '\r' || readByte() != '\n') {
      throw new ProtocolException("a bulk does not end where its length says");
    }
    return new Reply(Reply.Kind.BULK, bytes.toString(UTF_8), "");
  }

  private static boolean isDigits(String text, int begin) {
    return text.length() > begin
        && text.chars().skip(begin).allMatch(c -> c >= '0' && c <= '9')
        && (text.charAt(begin) != '0' || text.length() == begin + 1);
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream(64);
    int bytes = 0;
    for (int b = readByte(); b != '\r'; b = readByte()) {
      if (b == '\n') {
        throw new ProtocolException("a line ends without a carriage return");
      }
      if (++bytes > MAX_LINE_BYTES) {
        throw new ProtocolException("a line must be of at most " + MAX_LINE_BYTES + " bytes");
      }
      if (bytes <= KEPT_LINE_BYTES) {
        line.write(b);
      }
    }
    if (readByte() != '\n') {
      throw new ProtocolException("a carriage return ends no line");
    }
    return line.toString(UTF_8);
  }

  private int readByte() throws IOException {
    fill();
    return buffer[next++] & 0xff;
  }

  private void fill() throws IOException {
    if (next == end) {
      int count = in.read(buffer, 0, buffer.length);
      if (count <= 0) {
        throw new EOFException("the server has closed the connection");
      }
      next = 0;
      end = count;
    }
  }
}
