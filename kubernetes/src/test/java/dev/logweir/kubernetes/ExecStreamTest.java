package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fabric8.kubernetes.client.http.WebSocket;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ExecStreamTest {
  private final ExecEnd closed = new ExecEnd(PodExecResult.Cause.CLOSED, "closed");
  private final AtomicInteger asked = new AtomicInteger();

  private final WebSocket socket =
      new WebSocket() {
        @Override
        public boolean send(ByteBuffer buffer) {
          return true;
        }

        @Override
        public boolean sendClose(int code, String reason) {
          return true;
        }

        @Override
        public long queueSize() {
          return 0;
        }

        @Override
        public void request() {
          asked.incrementAndGet();
        }
      };

  private ExecStream stream(boolean holdsThread) {
    ExecStream stream =
        new ExecStream(new KubernetesSerialization(), holdsThread, ExecStream.QUIET);
    stream.onOpen(socket);
    return stream;
  }

  private static ByteBuffer frame(int channel, String text) {
    return ByteBuffer.wrap(LogFile.utf8((char) channel + text));
  }

  /** A reader whose thread has failed comes back for nothing. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stderr_ends_whereTheReaderOfStdoutHasGone(boolean beforeTheEnd) throws Exception {
    ExecStream stream = stream(false);
    if (beforeTheEnd) {
      stream.stdout().close();
    }
    stream.onMessage(socket, frame(2, "error"));
    assertThat(new String(stream.stderr().readNBytes(5), StandardCharsets.UTF_8))
        .isEqualTo("error");
    CompletableFuture<Throwable> end = new CompletableFuture<>();
    Thread reader = new Thread(() -> end.complete(failure(stream.stderr())));
    reader.start();
    stream.close(closed);
    if (!beforeTheEnd) {
      stream.stdout().close();
    }
    assertThat(end.get()).isInstanceOf(SeveredException.class);
  }

  private static Throwable failure(InputStream stream) {
    try {
      return new AssertionError("read " + stream.read());
    } catch (IOException e) {
      return e;
    }
  }

  /** Nobody takes what comes for it, and the other stream comes behind it. */
  @Test
  void aStreamThatWasClosed_holdsNothingBack() throws Exception {
    ExecStream stream = stream(false);
    stream.onMessage(socket, frame(1, "held"));
    assertThat(asked).hasValue(0);
    stream.stdout().close();
    assertThat(asked).hasValue(1);
    stream.onMessage(socket, frame(1, "thrown away"));
    assertThat(asked).hasValue(2);
    stream.onMessage(socket, frame(2, "x"));
    assertThat(stream.stderr().read()).isEqualTo('x');
    assertThatExceptionOfType(IOException.class).isThrownBy(() -> stream.stdout().read());
  }

  @Test
  void aThreadThatIsHeld_isLetGo_whereTheReaderHasGone() throws Exception {
    ExecStream stream = stream(true);
    Thread webSocket = new Thread(() -> stream.onMessage(socket, frame(1, "held")));
    webSocket.start();
    while (!stream.isHeld()) {
      Thread.onSpinWait();
    }
    stream.stdout().close();
    webSocket.join();
    assertThat(asked).hasValue(1);
  }
}
