package dev.logweir.opslevel;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes one request. What is small is gathered, what is large goes past the buffer. Every 32 KiB
 * it looks whether the answer has come already, without waiting for it.
 */
final class RequestOutput extends OutputStream {
  private static final int BUFFER_BYTES = 4 * 1024;
  private static final int BYTES_BETWEEN_LOOKS = 32 * 1024;

  private final HttpConnection connection;
  private final AnswerReader answer;
  private final OpsLevelMetrics metrics;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private int sinceLook;
  private boolean inBody;

  RequestOutput(HttpConnection connection, AnswerReader answer, OpsLevelMetrics metrics) {
    this.connection = connection;
    this.answer = answer;
    this.metrics = metrics;
  }

  /** From here on what is written is the body, which the meters count. */
  void beginsBody() {
    inBody = true;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    if (length > BUFFER_BYTES - filled) {
      send();
    }
    if (length >= BUFFER_BYTES) {
      send(source, offset, length);
    } else {
      System.arraycopy(source, offset, buffer, filled, length);
      filled += length;
    }
    if (inBody) {
      metrics.written(length);
    }
  }

  /** Sends what was gathered. */
  @Override
  public void flush() throws IOException {
    send();
    connection.flush();
  }

  private void send() throws IOException {
    int bytes = filled;
    filled = 0;
    if (bytes > 0) {
      send(buffer, 0, bytes);
    }
  }

  private void send(byte[] source, int offset, int length) throws IOException {
    if (sinceLook >= BYTES_BETWEEN_LOOKS) {
      sinceLook = 0;
      if (answer.hasFinalAnswer()) {
        throw new EarlyAnswerException();
      }
    }
    sinceLook += length;
    connection.write(source, offset, length);
    IOException broken = connection.broken();
    if (broken != null) {
      throw broken;
    }
  }

  /** The server has answered before the request was written. */
  static final class EarlyAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    EarlyAnswerException() {
      super("the server answered before the request was written");
    }
  }
}
