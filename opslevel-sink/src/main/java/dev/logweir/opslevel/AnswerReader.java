package dev.logweir.opslevel;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the answer to one request from its connection: passes over interim answers, wherever they
 * come and in whatever pieces, and gives the final one (RFC 9110, section 15.2).
 */
final class AnswerReader {
  /** All of a head; those that services send have up to 4 KiB. */
  static final int MAX_HEAD_BYTES = 16 * 1024;

  private static final int BUFFER_BYTES = 2 * 1024;

  /** A chunk's size, with what else may stand in that line. */
  private static final int MAX_LINE_BYTES = 1024;

  private static final int MAX_TRAILERS = 100;

  private final HttpConnection connection;
  private byte[] buffer = new byte[BUFFER_BYTES];
  private int position;
  private int limit;

  /** No line end lies before this that ends the head. */
  private int searched;

  AnswerReader(HttpConnection connection) {
    this.connection = connection;
  }

  /**
   * Whether the final answer has begun to come, or something that is none. Waits for nothing.
   *
   * @throws IOException if the connection cannot be read
   */
  boolean hasFinalAnswer() throws IOException {
    while (true) {
      int end = headEnd();
      if (end >= 0) {
        if (!parse(end).isInterim()) {
          return true;
        }
        skipTo(end);
        continue;
      }
      if (limit - position >= MAX_HEAD_BYTES || isNoInterimAnswer()) {
        return true;
      }
      makeRoom();
      int count = connection.readWhatCame(buffer, limit, buffer.length - limit);
      if (count <= 0) {
        return false;
      }
      limit += count;
    }
  }

  /** Whether what has come of a status line tells already. */
  private boolean isNoInterimAnswer() {
    byte[] begin = {'H', 'T', 'T', 'P', '/', '1', '.', 0, ' ', '1'};
    for (int i = 0; i < begin.length && position + i < limit; i++) {
      if (begin[i] != 0 && buffer[position + i] != begin[i]) {
        return true;
      }
    }
    return false;
  }

  /** Reads the head of the final answer. */
  AnswerHead readHead() throws IOException {
    while (true) {
      for (int end = headEnd(); end >= 0; end = headEnd()) {
        AnswerHead head = parse(end);
        skipTo(end);
        if (!head.isInterim()) {
          return head;
        }
      }
      if (limit - position >= MAX_HEAD_BYTES) {
        throw new HttpFormatException("a head over 16 KiB");
      }
      fill();
    }
  }

  private AnswerHead parse(int end) throws HttpFormatException {
    return AnswerHead.parse(buffer, position, end);
  }

  private void skipTo(int end) {
    position = end;
    searched = end;
  }

  /** Returns the index behind the empty line that ends a head; -1 if it has not come. */
  private int headEnd() {
    for (int i = Math.max(searched, position); i < limit; i++) {
      if (buffer[i] == '\n') {
        int next = i + 1 < limit && buffer[i + 1] == '\r' ? i + 2 : i + 1;
        if (next >= limit) {
          break;
        }
        if (buffer[next] == '\n') {
          return next + 1;
        }
      }
      searched = i + 1;
    }
    return -1;
  }

  private void makeRoom() {
    if (position > 0) {
      System.arraycopy(buffer, position, buffer, 0, limit - position);
      searched = Math.max(0, searched - position);
      limit -= position;
      position = 0;
    }
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * limit);
    }
  }

  /** Waits for more. */
  private void fill() throws IOException {
    makeRoom();
    int count = connection.read(buffer, limit, buffer.length - limit);
    if (count < 0) {
      throw new LostException();
    }
    limit += count;
  }

  /** Whether more has come than was read. */
  boolean hasMore() {
    return position < limit;
  }

  /**
   * Returns the body of the answer, which ends where it ends.
   *
   * @throws HttpFormatException if the head does not tell where that is
   */
  Body body(AnswerHead head) throws HttpFormatException {
    long length = head.contentLength();
    if (length >= 0) {
      return new Body(length, false);
    }
    return head.isChunked() ? new Body(0, true) : new Body(Long.MAX_VALUE, false);
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      if (position == limit) {
        fill();
      }
      char c = (char) (buffer[position++] & 0xff);
      if (c == '\n') {
        int length = line.length();
        return length > 0 && line.charAt(length - 1) == '\r'
            ? line.substring(0, length - 1)
            : line.toString();
      }
      if (line.length() == MAX_LINE_BYTES) {
        throw new HttpFormatException("a line over 1 KiB within chunks");
      }
      line.append(c);
    }
  }

  /** The server closed the connection before the answer was complete. */
  static final class LostException extends IOException {
    private static final long serialVersionUID = 1L;

    LostException() {
      super("the server closed the connection");
    }
  }

  /** What an answer says, without its chunks. Reads nothing beyond it. */
  final class Body extends InputStream {
    private final boolean chunked;

    /** What is left of the chunk, or of all; the largest value without a known end. */
    private long left;

    private boolean atFirstChunk = true;
    private boolean ended;

    private Body(long length, boolean chunked) {
      this.chunked = chunked;
      left = length;
      ended = !chunked && length == 0;
    }

    /** Whether it was read to its end, so that the next answer comes next. */
    boolean isAtEnd() {
      return ended && left == 0;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      if (length == 0) {
        return 0;
      }
      if (chunked && left == 0 && !ended) {
        nextChunk();
      }
      if (ended) {
        return -1;
      }
      if (position == limit) {
        makeRoom();
        int count = connection.read(buffer, limit, buffer.length - limit);
        if (count < 0) {
          if (left < Long.MAX_VALUE) {
            throw new LostException();
          }
          ended = true;
          return -1;
        }
        limit += count;
      }
      int count = (int) Math.min(Math.min(length, limit - position), left);
      System.arraycopy(buffer, position, target, offset, count);
      position += count;
      if (left < Long.MAX_VALUE) {
        left -= count;
        ended = left == 0 && !chunked;
      }
      return count;
    }

    private void nextChunk() throws IOException {
      if (!atFirstChunk && !line().isEmpty()) {
        throw new HttpFormatException("a chunk longer than its size");
      }
      atFirstChunk = false;
      String line = line();
      int end = 0;
      while (end < line.length() && Character.digit(line.charAt(end), 16) >= 0) {
        end++;
      }
      String rest = line.substring(end).strip();
      if (end == 0 || end > 8 || !(rest.isEmpty() || rest.startsWith(";"))) {
        throw new HttpFormatException("no size of a chunk");
      }
      left = Long.parseLong(line.substring(0, end), 16);
      if (left == 0) {
        skipTrailers();
        ended = true;
      }
    }

    private void skipTrailers() throws IOException {
      for (int i = 0; !line().isEmpty(); i++) {
        if (i == MAX_TRAILERS) {
          throw new HttpFormatException("over " + MAX_TRAILERS + " trailers");
        }
      }
    }
  }
}
