package dev.logweir.faktory;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.concurrent.TimeUnit;

/**
 * A TCP connection on which every wait, for connecting, reading or writing, ends at a deadline, at
 * an interruption of its thread, or when it is closed.
 *
 * <p>The deadline is one for all that follows until the next is set, so that neither slow bytes nor
 * a server that stops reading can draw it out; no second thread has to watch. Used by one thread at
 * a time; {@link #close} may be called from any.
 */
final class Wire implements Closeable {
  /** The JDK copies what is written to memory of its own, of the size of the largest write. */
  private static final int MAX_PART_BYTES = 16 * 1024;

  private final SocketChannel channel;
  private final Selector selector;
  private final SelectionKey key;
  private long deadlineNanos = System.nanoTime();

  private final InputStream in = new In();
  private final OutputStream out = new Out();

  /** Makes a wire that is not connected yet. */
  Wire() throws IOException {
    channel = SocketChannel.open();
    try {
      channel.configureBlocking(false);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
      selector = Selector.open();
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    try {
      key = channel.register(selector, 0);
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /** Connects; after a failure only closing is left. */
  void connect(InetSocketAddress address) throws IOException {
    boolean connected;
    try {
      connected = channel.connect(address);
    } catch (UnresolvedAddressException | UnsupportedAddressTypeException e) {
      // An address of a protocol that this JVM has not, for instance.
      IOException failure = new ConnectException("no such address can be connected: " + address);
      failure.initCause(e);
      throw failure;
    }
    while (!connected) {
      await(SelectionKey.OP_CONNECT);
      connected = channel.finishConnect();
    }
  }

  /** Sets when waiting ends, on {@link System#nanoTime}. */
  void setDeadline(long nanos) {
    deadlineNanos = nanos;
  }

  InputStream in() {
    return in;
  }

  OutputStream out() {
    return out;
  }

  SocketChannel channel() {
    return channel;
  }

  /**
   * Whether the peer has neither closed nor said anything, as far as is known without waiting. Only
   * for a wire that is idle: what it reads is lost.
   */
  boolean isQuiet() {
    try {
      return channel.read(ByteBuffer.allocate(1)) == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Closes at once, without a word to the peer, and ends a wait under way. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException ignored) {
      // the descriptor is gone all the same
    }
    try {
      // The channel stays open in the system until its selector lets go of it.
      selector.close();
    } catch (IOException ignored) {
      // as above
    }
  }

  private void await(int operation) throws IOException {
    try {
      key.interestOps(operation);
      long left = deadlineNanos - System.nanoTime();
      if (left <= 0) {
        throw new SocketTimeoutException("the time is up");
      }
      selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left + 999_999)));
      selector.selectedKeys().clear();
    } catch (ClosedSelectorException | CancelledKeyException e) {
      ClosedChannelException closed = new ClosedChannelException();
      closed.initCause(e);
      throw closed;
    }
    requireNotInterrupted();
  }

  private static void requireNotInterrupted() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("interrupted");
    }
  }

  private final class In extends InputStream {
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
      ByteBuffer buffer = ByteBuffer.wrap(target, offset, Math.min(length, MAX_PART_BYTES));
      int count = channel.read(buffer);
      while (count == 0) {
        await(SelectionKey.OP_READ);
        count = channel.read(buffer);
      }
      return count;
    }

    @Override
    public void close() {
      Wire.this.close();
    }
  }

  private final class Out extends OutputStream {
    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int length) throws IOException {
      int at = offset;
      int end = offset + length;
      while (at < end) {
        requireNotInterrupted();
        int count = channel.write(ByteBuffer.wrap(source, at, Math.min(end - at, MAX_PART_BYTES)));
        at += count;
        if (count == 0) {
          await(SelectionKey.OP_WRITE);
        }
      }
    }

    @Override
    public void close() {
      Wire.this.close();
    }
  }
}
