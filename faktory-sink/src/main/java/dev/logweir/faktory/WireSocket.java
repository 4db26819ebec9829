package dev.logweir.faktory;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketAddress;

/**
 * A {@link Wire} as a socket, for the JDK's TLS to stand on: so reading, writing and shaking hands
 * through TLS end by the same deadline. The time-out of a socket itself is not used.
 */
final class WireSocket extends Socket {
  private final Wire wire;

  WireSocket(Wire wire) {
    this.wire = wire;
  }

  @Override
  public InputStream getInputStream() {
    return wire.in();
  }

  @Override
  public OutputStream getOutputStream() {
    return wire.out();
  }

  @Override
  public boolean isConnected() {
    return true;
  }

  @Override
  public boolean isBound() {
    return true;
  }

  @Override
  public boolean isClosed() {
    return !wire.channel().isOpen();
  }

  @Override
  public boolean isInputShutdown() {
    return isClosed();
  }

  @Override
  public boolean isOutputShutdown() {
    return isClosed();
  }

  @Override
  public InetAddress getInetAddress() {
    return wire.channel().socket().getInetAddress();
  }

  @Override
  public int getPort() {
    return wire.channel().socket().getPort();
  }

  @Override
  public SocketAddress getRemoteSocketAddress() {
    return wire.channel().socket().getRemoteSocketAddress();
  }

  // Those of the superclass would open a descriptor of their own.

  @Override
  public int getSoTimeout() {
    return 0;
  }

  @Override
  public void setSoTimeout(int millis) {
    // the wire has a deadline
  }

  @Override
  public int getSoLinger() {
    return -1;
  }

  @Override
  public void setSoLinger(boolean on, int seconds) {
    // as the system has it
  }

  @Override
  public void shutdownInput() {
    // closing does both
  }

  @Override
  public void shutdownOutput() {
    // closing does both
  }

  /** May be called from any thread, as that of the wire. */
  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized")
  public void close() {
    wire.close();
  }
}
