package dev.logweir.opslevel;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import org.jspecify.annotations.Nullable;

/**
 * The TCP socket of a connection, below TLS where there is any. Used by one thread at a time;
 * {@link #close} may come from any.
 *
 * <p>It differs from a plain socket in three ways. It is a channel's, so an interruption ends each
 * of its calls at once. A look reads what has come and waits for nothing. And a write that breaks
 * is remembered instead of thrown: TLS would end the connection for it, and with that the answer
 * that may lie there to be read.
 */
@SuppressWarnings("UnsynchronizedOverridesSynchronized") // a close must not wait for a lock
final class HttpSocket extends Socket {
  private final SocketChannel channel;
  private final Socket socket;
  private final InputStream in = new Input();
  private final OutputStream out = new Output();
  private @Nullable IOException broken;
  private boolean looking;

  private HttpSocket(SocketChannel channel) {
    this.channel = channel;
    socket = channel.socket();
  }

  static HttpSocket open() throws IOException {
    return new HttpSocket(SocketChannel.open());
  }

  /** Returns why a write broke; null if none did. */
  @Nullable IOException broken() {
    return broken;
  }

  /** From here on a read waits for nothing, but throws {@link SocketTimeoutException}. */
  void looking(boolean now) {
    looking = now;
  }

  /**
   * Reads the one byte that may be there, or the end, waiting for neither. What it reads is lost.
   *
   * @return as {@link SocketChannel#read}
   */
  int probe() throws IOException {
    channel.configureBlocking(false);
    try {
      return channel.read(ByteBuffer.allocate(1));
    } finally {
      channel.configureBlocking(true);
    }
  }

  /** Waits until something has come, or the end, at most for a time; or for an interruption. */
  void awaitInput(long millis) throws IOException {
    channel.configureBlocking(false);
    try (Selector selector = channel.provider().openSelector()) {
      channel.register(selector, SelectionKey.OP_READ);
      selector.select(Math.max(1, millis));
    }
    channel.configureBlocking(true);
  }

  @Override
  public void connect(SocketAddress address, int timeoutMillis) throws IOException {
    socket.connect(address, timeoutMillis);
  }

  @Override
  public InputStream getInputStream() {
    return in;
  }

  @Override
  public OutputStream getOutputStream() {
    return out;
  }

  /** Closes at once: also what another thread waits for ends. Idempotent. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException ignored) {
      // It is of no use any more, and the system's part is freed.
    }
  }

  @Override
  public boolean isConnected() {
    return socket.isConnected();
  }

  @Override
  public boolean isBound() {
    return socket.isBound();
  }

  @Override
  public boolean isClosed() {
    return !channel.isOpen();
  }

  @Override
  public void shutdownInput() throws IOException {
    socket.shutdownInput();
  }

  @Override
  public void shutdownOutput() throws IOException {
    socket.shutdownOutput();
  }

  @Override
  public boolean isInputShutdown() {
    return socket.isInputShutdown();
  }

  @Override
  public boolean isOutputShutdown() {
    return socket.isOutputShutdown();
  }

  @Override
  public @Nullable InetAddress getInetAddress() {
    return socket.getInetAddress();
  }

  @Override
  public InetAddress getLocalAddress() {
    return socket.getLocalAddress();
  }

  @Override
  public int getPort() {
    return socket.getPort();
  }

  @Override
  public int getLocalPort() {
    return socket.getLocalPort();
  }

  @Override
  public @Nullable SocketAddress getRemoteSocketAddress() {
    return socket.getRemoteSocketAddress();
  }

  @Override
  public @Nullable SocketAddress getLocalSocketAddress() {
    return socket.getLocalSocketAddress();
  }

  @Override
  public void setTcpNoDelay(boolean on) throws SocketException {
    socket.setTcpNoDelay(on);
  }

  @Override
  public void setSoTimeout(int millis) throws SocketException {
    socket.setSoTimeout(millis);
  }

  @Override
  public int getSoTimeout() throws SocketException {
    return socket.getSoTimeout();
  }

  @Override
  public String toString() {
    return "WireSocket[" + channel + "]";
  }

  private final class Input extends InputStream {
    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      InputStream source = socket.getInputStream();
      if (looking && length > 0 && source.available() == 0) {
        throw new SocketTimeoutException("nothing has come");
      }
      return source.read(target, offset, length);
    }

    @Override
    public int available() throws IOException {
      return socket.getInputStream().available();
    }

    @Override
    public void close() {
      HttpSocket.this.close();
    }
  }

  private final class Output extends OutputStream {
    @Override
    public void write(int b) {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      if (broken != null) {
        return;
      }
      try {
        socket.getOutputStream().write(source, offset, length);
      } catch (IOException e) {
        broken = e;
      }
    }

    @Override
    public void close() {
      HttpSocket.this.close();
    }
  }
}
