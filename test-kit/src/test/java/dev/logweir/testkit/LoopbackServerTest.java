package dev.logweir.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LoopbackServerTest {
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();

  /** Says what it hears, until there is nothing more. */
  private void serve(Socket socket) {
    threads.add(Thread.currentThread());
    try {
      socket.getInputStream().transferTo(socket.getOutputStream());
    } catch (IOException ignored) {
      // closed by the server
    }
  }

  private Socket connect(int port) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private static void isServed(Socket socket, int b) throws IOException {
    socket.getOutputStream().write(b);
    assertThat(socket.getInputStream().read()).isEqualTo(b);
  }

  @Test
  void server_servesEachConnectionOnAThreadAndClosesWhatIsLeft() throws Exception {
    LoopbackServer server = new LoopbackServer("echo", LoopbackServer.listen());
    server.start(this::serve);
    try (Socket one = connect(server.port());
        Socket other = connect(server.port());
        Socket beyond = new Socket()) {
      isServed(one, 'a');
      isServed(other, 'b');
      isServed(one, 'c');
      assertThat(server.connections()).isEqualTo(2);
      assertThat(threads).hasSize(2).allMatch(thread -> thread.getName().equals("echo"));
      server.closeWithIt(beyond);

      server.refuse();
      assertThatThrownBy(() -> connect(server.port())).isInstanceOf(ConnectException.class);
      isServed(other, 'd');

      server.close();
      assertThat(one.getInputStream().read()).isEqualTo(-1);
      assertThat(beyond.isClosed()).isTrue();
      Eventually.until(() -> threads.stream().noneMatch(Thread::isAlive));
    }
  }

  @Test
  void serverThatWasNotStarted_closes() throws Exception {
    LoopbackServer server = new LoopbackServer("echo", LoopbackServer.listen());

    server.close();

    assertThatThrownBy(() -> connect(server.port())).isInstanceOf(ConnectException.class);
  }
}
