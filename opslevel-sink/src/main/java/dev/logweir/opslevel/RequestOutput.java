package dev.logweir.opslevel;

import java.io.IOException;
import java.io.OutputStream;

/**
 * Writes one request. What is small is gathered, what is large goes past the buffer. Every 32 KiB
 * it looks whether the answer has come already, without waiting for it.
 *
 * <p>Its body is made with an {@link EncodingPermit}, which is given back while bytes go to the
 * socket and to the meters. Used by one thread.
 */
final class RequestOutput extends OutputStream {
  /** A call of the system costs as much as to encode some KB. */
  static final int BUFFER_BYTES = 16 * 1024;

  private static final int BYTES_BETWEEN_LOOKS = 32 * 1024;

  private final HttpConnection connection;
  private final AnswerReader answer;
  private final OpsLevelMetrics metrics;
  private final EncodingPermit permit = new EncodingPermit();
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int filled;
  private int sinceLook;

  /** The bytes of the body that the meters have not counted yet. */
  private int uncounted;

  private boolean inBody;

  RequestOutput(HttpConnection connection, AnswerReader answer, OpsLevelMetrics metrics) {
    this.connection = connection;
    this.answer = answer;
    this.metrics = metrics;
  }

  /** Writes the body, which the meters count, and sends what is left of the request. */
  void writeBody(HttpTransport.Body body) throws IOException {
    inBody = true;
    permit.acquire();
    try {
      body.writeTo(this);
    } finally {
      permit.release();
    }
    flush();
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
    if (inBody) {
      uncounted += length;
    }
    if (length >= BUFFER_BYTES) {
      send(source, offset, length);
    } else {
      System.arraycopy(source, offset, buffer, filled, length);
      filled += length;
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
    boolean had = permit.release();
    try {
      sendFreely(source, offset, length);
    } finally {
      if (had) {
        permit.acquire();
      }
    }
  }

  private void sendFreely(byte[] source, int offset, int length) throws IOException {
    if (sinceLook >= BYTES_BETWEEN_LOOKS) {
      sinceLook = 0;
      if (answer.hasFinalAnswer()) {
        throw new EarlyAnswerException();
      }
    }
    sinceLook += length;
    int counted = uncounted;
    uncounted = 0;
    metrics.written(counted);
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
