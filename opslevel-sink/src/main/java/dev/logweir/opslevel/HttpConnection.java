package dev.logweir.opslevel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the server, through TLS and a proxy or not. Used by one thread at a time; {@link
 * #close} may come from any.
 */
final class HttpConnection {
  private final HttpSocket wire;
  private final InputStream in;
  private final OutputStream out;
  private final boolean secured;
  private final long opened = System.nanoTime();
  private long idleSince = opened;
  private long maxIdleNanos;

  /**
   * Creates a connection.
   *
   * @param secured whether the streams are those of TLS above the socket
   */
  HttpConnection(HttpSocket wire, InputStream in, OutputStream out, boolean secured) {
    this.wire = wire;
    this.in = in;
    this.out = out;
    this.secured = secured;
  }

  HttpSocket wire() {
    return wire;
  }

  /** Returns how many bytes were read; -1 at the end. Waits for the first. */
  int read(byte[] target, int offset, int length) throws IOException {
    return in.read(target, offset, length);
  }

  /**
   * Returns how many bytes were read of what has come: 0 if nothing has, -1 at the end. Waits for
   * nothing.
   */
  int readWhatCame(byte[] target, int offset, int length) throws IOException {
    if (wire.getInputStream().available() == 0 && !(secured && in.available() > 0)) {
      return 0;
    }
    wire.looking(true);
    try {
      return in.read(target, offset, length);
    } catch (SocketTimeoutException partOfARecord) {
      return 0;
    } finally {
      wire.looking(false);
    }
  }

  /** Writes all bytes to the socket, or remembers why it could not: see {@link #broken}. */
  void write(byte[] source, int offset, int length) throws IOException {
    out.write(source, offset, length);
  }

  void flush() throws IOException {
    out.flush();
  }

  /**
   * Returns why a write broke; null if none did. An answer may be there to be read all the same.
   */
  @Nullable IOException broken() {
    return wire.broken();
  }

  /**
   * Whether the server has neither closed this connection since its last answer nor said more,
   * which would be taken for the answer of the next request. Waits for nothing.
   */
  boolean isFresh() {
    byte[] one = new byte[1];
    try {
      while (wire.getInputStream().available() > 0) {
        // Below TLS, it may be a ticket for a later session.
        if (!secured || readWhatCame(one, 0, 1) != 0) {
          return false;
        }
      }
      return wire.probe() == 0;
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * Whether the server, or what stands before it, leaves this connection open for a while, as long
   * as nothing is asked.
   */
  boolean staysOpen(long millis) throws IOException {
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    long left = millis;
    while (left > 0) {
      wire.awaitInput(left);
      if (!isFresh()) {
        return false;
      }
      // What came was of TLS alone.
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
    return true;
  }

  boolean wasUsed() {
    return idleSince != opened;
  }

  /** Closes at once. Idempotent. */
  void close() {
    wire.close();
  }

  void beginsIdle(long nanos, long maxNanos) {
    idleSince = nanos;
    maxIdleNanos = maxNanos;
  }

  boolean isExpired(long now, long maxAgeNanos) {
    return now - idleSince >= maxIdleNanos || now - opened >= maxAgeNanos;
  }
}
