package dev.logweir.opslevel;

import java.io.IOException;
import java.net.Proxy;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import org.apache.hc.client5.http.io.DetachedSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * Makes sockets whose blocking calls end at once when their thread is interrupted.
 *
 * <p>A plain {@link Socket} ignores an interruption on a platform thread. The socket of a {@link
 * SocketChannel} does not: connecting, reading (also through TLS) and writing close the channel and
 * throw {@link java.nio.channels.ClosedByInterruptException}. So a call needs no second thread that
 * watches it.
 */
final class ChannelSockets implements DetachedSocketFactory {
  @Override
  public Socket create(@Nullable Proxy proxy) throws IOException {
    return proxy == null ? SocketChannel.open().socket() : new Socket(proxy);
  }
}
