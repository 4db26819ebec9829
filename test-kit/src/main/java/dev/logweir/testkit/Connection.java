package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.time.Duration;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.GZIPOutputStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * A connection that a client has made to a {@link HostileServer}: what its script does, step by
 * step. For the thread of its script alone.
 */
public final class Connection {
  /** How a connection ends or hangs in the middle of a step. */
  public enum End {
    /** Neither reads nor sends anything more, until the server is closed. */
    HANG,
    /** Closes the connection. */
    CLOSE,
    /** Ends the connection with a reset, as a crashed server or a firewall does. */
    RESET,
    /** Sends nothing more, reads on until the client closes the connection. */
    HALF_CLOSE
  }

  private final Socket socket;
  private final HostileServer server;
  private final @Nullable SSLContext tls;

  /** What is read and written: the socket, or TLS above it once hands were shaken. */
  private @Nullable Socket top;

  private @Nullable InputStream in;
  private @Nullable OutputStream out;
  private long bytesRead;
  private long readLeft = Long.MAX_VALUE;
  private long writeLeft = Long.MAX_VALUE;
  private @Nullable End atRead;
  private @Nullable End atWrite;
  private Duration pauseRead = Duration.ZERO;
  private Duration pauseWrite = Duration.ZERO;

  /**
   * Creates a connection.
   *
   * @param tls null for none
   */
  Connection(Socket socket, HostileServer server, @Nullable SSLContext tls) {
    this.socket = socket;
    this.server = server;
    this.tls = tls;
  }

  // --- what will happen ---

  /**
   * Lets the connection end so once so many bytes more were read from the client, wherever the
   * script is then; the script fails. Returns this.
   */
  public Connection endAfterReading(long bytes, End end) {
    readLeft = notNegative(bytes);
    atRead = Objects.requireNonNull(end, "end");
    return this;
  }

  /**
   * Lets the connection end so once so many bytes more were sent to the client, wherever the script
   * is then; the script fails. Returns this.
   */
  public Connection endAfterSending(long bytes, End end) {
    writeLeft = notNegative(bytes);
    atWrite = Objects.requireNonNull(end, "end");
    return this;
  }

  /** Lets the server read at most 4 KiB at a time, and pause after each. Returns this. */
  public Connection readSlowly(Duration pause) {
    pauseRead = Objects.requireNonNull(pause, "pause");
    return this;
  }

  /** Lets the server send byte by byte, and pause after each. Returns this. */
  public Connection sendSlowly(Duration pause) {
    pauseWrite = Objects.requireNonNull(pause, "pause");
    return this;
  }

  // --- bytes ---

  /**
   * Shakes hands, where the server speaks TLS, and waits for the end of that; does nothing where it
   * does not, or hands were shaken. Returns this.
   */
  public Connection handshake() throws IOException {
    top();
    return this;
  }

  private Socket top() throws IOException {
    Socket its = top;
    if (its == null) {
      its = tls == null ? socket : secured(tls);
      top = its;
    }
    return its;
  }

  /** Above the socket, so that a reset or a close is one of the socket, and waits for no lock. */
  private SSLSocket secured(SSLContext context) throws IOException {
    SSLSocket secured =
        (SSLSocket)
            context.getSocketFactory().createSocket(socket, "127.0.0.1", socket.getPort(), true);
    secured.setUseClientMode(false);
    secured.startHandshake();
    return secured;
  }

  /** Returns what the client sends. Its reads count for {@link #endAfterReading}. */
  public InputStream in() throws IOException {
    InputStream stream = in;
    if (stream == null) {
      stream = new BufferedInputStream(new Reads(top().getInputStream()), 4_096);
      in = stream;
    }
    return stream;
  }

  /** Returns what goes to the client. Its writes count for {@link #endAfterSending}. */
  public OutputStream out() throws IOException {
    OutputStream stream = out;
    if (stream == null) {
      stream = new Writes(top().getOutputStream());
      out = stream;
    }
    return stream;
  }

  /**
   * Reads so many bytes.
   *
   * @throws EOFException if the client closed the connection before
   */
  public byte[] read(int bytes) throws IOException {
    byte[] read = in().readNBytes(bytes);
    if (read.length < bytes) {
      throw new EOFException("closed after " + read.length + " of " + bytes + " bytes");
    }
    return read;
  }

  /**
   * Reads a line and returns it without its line end, {@code \n} or {@code \r\n}; null if the
   * client closed the connection instead of beginning one.
   */
  public @Nullable String readLine() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = in().read(); b != '\n'; b = in().read()) {
      if (b == -1) {
        if (line.size() == 0) {
          return null;
        }
        throw new EOFException("closed within a line");
      }
      line.write(b);
    }
    String text = line.toString(ISO_8859_1);
    return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
  }

  /**
   * Reads a request of HTTP/1.1 with its body; null if the client closed the connection instead.
   *
   * @throws IOException if it breaks off or is not one
   */
  public @Nullable HttpRequest readRequest() throws IOException {
    return HttpRequest.read(this);
  }

  /** Sends bytes. Returns this. */
  public Connection send(byte[] bytes) throws IOException {
    out().write(bytes);
    out().flush();
    return this;
  }

  /** Sends a text in UTF-8. Returns this. */
  public Connection send(String text) throws IOException {
    return send(text.getBytes(UTF_8));
  }

  /** Sends random bytes, the same for the same seed. Returns this. */
  public Connection sendGarbage(int bytes, long seed) throws IOException {
    byte[] garbage = new byte[bytes];
    new Random(seed).nextBytes(garbage);
    return send(garbage);
  }

  /** Answers a request of HTTP with a body of JSON. Returns this. */
  public Connection answer(int status, String body) throws IOException {
    return answer(status, "", body.getBytes(UTF_8));
  }

  /** Answers a request of HTTP with a body of JSON that is compressed. Returns this. */
  public Connection answerCompressed(int status, String body) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (GZIPOutputStream zip = new GZIPOutputStream(compressed)) {
      zip.write(body.getBytes(UTF_8));
    }
    return answer(status, "Content-Encoding: gzip\r\n", compressed.toByteArray());
  }

  /** Sends an interim answer of HTTP, such as 100 or 103; the answer is still to come. */
  public Connection interim(int status) throws IOException {
    return send("HTTP/1.1 " + status + " Interim\r\n\r\n");
  }

  private Connection answer(int status, String headers, byte[] body) throws IOException {
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    answer.writeBytes(
        ("HTTP/1.1 "
                + status
                + " Status\r\nContent-Type: application/json\r\n"
                + headers
                + "Content-Length: "
                + body.length
                + "\r\n\r\n")
            .getBytes(ISO_8859_1));
    answer.writeBytes(body);
    return send(answer.toByteArray());
  }

  // --- ends ---

  /**
   * Neither reads nor sends anything more until the server is closed or closes its connections.
   * Such a server does not notice that its client went away; {@link #readToEnd} hangs and notices
   * it.
   */
  public void hang() throws IOException {
    end(End.HANG);
  }

  /** Ends the connection with a reset. */
  public void reset() throws IOException {
    end(End.RESET);
  }

  /** Sends nothing more, and reads on until the client closes the connection. */
  public void halfClose() throws IOException {
    end(End.HALF_CLOSE);
  }

  /** Reads and forgets what comes, until the client closes the connection. */
  public void readToEnd() throws IOException {
    byte[] buffer = new byte[4_096];
    while (in().read(buffer) != -1) {
      // It is not needed.
    }
  }

  private void end(End end) throws IOException {
    switch (end) {
      case HANG -> server.hold(this);
      case CLOSE -> socket.close();
      case RESET -> {
        socket.setSoLinger(true, 0);
        socket.close();
      }
      case HALF_CLOSE -> {
        top().shutdownOutput();
        readLeft = Long.MAX_VALUE;
        readToEnd();
      }
    }
  }

  void closeQuietly() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone anyway.
    }
  }

  /** Returns how many bytes were taken from the socket. */
  long bytesRead() {
    return bytesRead;
  }

  boolean isClosed() {
    return socket.isClosed();
  }

  private IOException ended(End end) throws IOException {
    end(end);
    return new EOFException("the script has ended this connection");
  }

  private static long notNegative(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes must not be negative: " + bytes);
    }
    return bytes;
  }

  private static void sleep(Duration pause) {
    LockSupport.parkNanos(pause.toNanos());
  }

  /** What is read from the client, up to where the connection is to end. */
  private final class Reads extends InputStream {
    private static final int SLOW_BYTES = 4_096;
    private final InputStream from;

    Reads(InputStream from) {
      this.from = from;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) == -1 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      if (atRead != null && readLeft == 0) {
        throw ended(atRead);
      }
      int most = (int) Math.min(length, readLeft);
      if (!pauseRead.isZero()) {
        most = Math.min(most, SLOW_BYTES);
        sleep(pauseRead);
      }
      int read = from.read(buffer, offset, most);
      bytesRead += Math.max(0, read);
      if (atRead != null) {
        readLeft -= Math.max(0, read);
      }
      return read;
    }
  }

  /** What is sent to the client, up to where the connection is to end. */
  private final class Writes extends OutputStream {
    private final OutputStream to;

    Writes(OutputStream to) {
      this.to = to;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      int most = (int) Math.min(length, writeLeft);
      if (pauseWrite.isZero()) {
        to.write(bytes, offset, most);
      } else {
        for (int i = 0; i < most; i++) {
          to.write(bytes[offset + i]);
          to.flush();
          sleep(pauseWrite);
        }
      }
      if (atWrite == null) {
        return;
      }
      writeLeft -= most;
      if (writeLeft == 0) {
        to.flush();
        throw ended(atWrite);
      }
    }

    @Override
    public void flush() throws IOException {
      to.flush();
    }
  }
}
