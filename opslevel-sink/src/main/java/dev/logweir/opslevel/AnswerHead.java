package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The status line and the headers of an answer (RFC 9112, sections 4 and 5). */
final class AnswerHead {
  private static final int MAX_HEADERS = 100;

  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.([01]) ([1-9]\\d\\d)( .*)?");
  private static final Pattern NAME = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+");

  private final int status;
  private final boolean oldVersion;
  private final List<Header> headers;

  /** A name in lower case, and its value. */
  private record Header(String name, String value) {}

  private AnswerHead(int status, boolean oldVersion, List<Header> headers) {
    this.status = status;
    this.oldVersion = oldVersion;
    this.headers = headers;
  }

  /**
   * Reads a head.
   *
   * @param bytes from the status line to the empty line
   * @throws HttpFormatException if it is none
   */
  static AnswerHead parse(byte[] bytes, int from, int to) throws HttpFormatException {
    String[] lines = new String(bytes, from, to - from, ISO_8859_1).split("\r?\n", -1);
    Matcher first = STATUS_LINE.matcher(lines[0]);
    if (!first.matches()) {
      throw new HttpFormatException("no status line");
    }
    List<Header> headers = new ArrayList<>();
    for (int i = 1; i < lines.length && !lines[i].isEmpty(); i++) {
      if (i > MAX_HEADERS) {
        throw new HttpFormatException("over " + MAX_HEADERS + " headers");
      }
      headers.add(header(lines[i]));
    }
    return new AnswerHead(Integer.parseInt(first.group(2)), first.group(1).equals("0"), headers);
  }

  private static Header header(String line) throws HttpFormatException {
    int colon = line.indexOf(':');
    // A line that goes on with the one before it, which is obsolete, has a space here.
    if (colon <= 0 || !NAME.matcher(line.substring(0, colon)).matches()) {
      throw new HttpFormatException("no header");
    }
    return new Header(
        line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
  }

  int status() {
    return status;
  }

  boolean isInterim() {
    return status < 200;
  }

  /** Returns the first value of a header; null if there is none. */
  @Nullable String value(String name) {
    for (Header header : headers) {
      if (header.name.equals(name)) {
        return header.value;
      }
    }
    return null;
  }

  /** Whether one of a header's comma-separated values is the one given, in either case. */
  boolean hasValue(String name, String wanted) {
    for (Header header : headers) {
      if (header.name.equals(name)) {
        for (String value : header.value.split(",", -1)) {
          if (value.strip().equalsIgnoreCase(wanted)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether the server keeps the connection open after this answer. */
  boolean isPersistent() {
    return oldVersion
        ? hasValue("connection", "keep-alive")
        : !hasValue("connection", "close") && !(isChunked() && value("content-length") != null);
  }

  boolean isChunked() {
    return value("transfer-encoding") != null;
  }

  /**
   * Returns the length of the body; -1 if it is not given.
   *
   * @throws HttpFormatException if it is no number, there are two that differ, or the body comes in
   *     a coding other than chunks
   */
  long contentLength() throws HttpFormatException {
    if (status == 204 || status == 304) {
      return 0;
    }
    if (isChunked()) {
      if (headers.stream().filter(header -> header.name.equals("transfer-encoding")).count() != 1
          || !"chunked".equalsIgnoreCase(value("transfer-encoding"))) {
        throw new HttpFormatException("an unknown transfer coding");
      }
      return -1;
    }
    String length = null;
    for (Header header : headers) {
      if (header.name.equals("content-length")) {
        if (!header.value.matches("\\d{1,18}")
            || (length != null && !length.equals(header.value))) {
          throw new HttpFormatException("no content length");
        }
        length = header.value;
      }
    }
    return length == null ? -1 : Long.parseLong(length);
  }
}
