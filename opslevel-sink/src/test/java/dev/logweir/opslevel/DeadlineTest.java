package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DeadlineTest {
  private static final Duration ATTEMPT = Duration.ofSeconds(61);

  private final ManualTimer timer = new ManualTimer();
  private final CountDownLatch reached = new CountDownLatch(1);
  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    ServerSocket socket = new ServerSocket();
    socket.setReceiveBufferSize(16 * 1024);
    socket.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    server = new FakeOpsLevel(socket);
    OpsLevelClient.Builder builder = server.client().attemptTimeout(ATTEMPT).attempts(1);
    builder.timers = () -> timer;
    client = builder.build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void deadline_endsAnAnswerThatTrickles() throws Exception {
    server.then(
        call -> {
          call.read();
          call.head(200, 1_000_000);
          call.out.write("{\"data\"".getBytes(UTF_8));
          while (true) {
            call.out.write(' ');
            call.out.flush();
            reached.countDown();
          }
        });

    assertTimesOut(List.of("line"));
  }

  @Test
  void deadline_endsAHeadThatTrickles() throws Exception {
    server.then(
        call -> {
          call.read();
          call.out.write("HTTP/1.1 200 OK\r\nX-Long: ".getBytes(UTF_8));
          call.out.flush();
          reached.countDown();
          call.awaitEnd();
        });

    assertTimesOut(List.of("line"));
  }

  @Test
  void deadline_endsAnAnswerThatNeverComes() throws Exception {
    server.then(this::hang);

    assertTimesOut(List.of("line"));
  }

  @Test
  void deadline_endsABodyThatIsNotTaken() throws Exception {
    server.then(this::takeNothing);

    assertTimesOut(large());
  }

  @Test
  void deadline_isCutToTheTimeLeft() throws Exception {
    LogBatch raw = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
    raw.call().beginEnd(Duration.ofSeconds(50));
    AtomicReference<List<Duration>> pending = new AtomicReference<>();
    server.then(
        call -> {
          pending.set(timer.pending());
          call.accept();
        });

    client.sender(FakeOpsLevel.JOB).send(raw);

    assertThat(pending.get()).hasSize(1);
    assertThat(pending.get().get(0)).isLessThanOrEqualTo(Duration.ofSeconds(50));
  }

  @Test
  void deadline_isDroppedAfterTheAnswer() throws Exception {
    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(timer.pending()).doesNotContain(ATTEMPT);
  }

  @Test
  void interrupt_endsAHungCallAtOnce() throws Exception {
    server.then(this::hang);

    assertInterruptEnds(List.of("line"));
  }

  @Test
  void interrupt_endsABodyThatIsNotTaken() throws Exception {
    server.then(this::takeNothing);

    assertInterruptEnds(large());
  }

  @Test
  void interrupt_endsAnAnswerThatTrickles() throws Exception {
    server.then(
        call -> {
          call.read();
          call.head(503, 1_000);
          call.out.write(' ');
          call.out.flush();
          reached.countDown();
          call.awaitEnd();
        });

    assertInterruptEnds(List.of("line"));
  }

  @Test
  void interrupt_beforeTheCallSendsNothing() throws Exception {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> client.sender(FakeOpsLevel.JOB).send(List.of("line")))
        .isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(server.requests).isEmpty();
    assertThat(client.transport().connectionCount()).isZero();
  }

  @Test
  void interrupt_ofOneCallLeavesOthersAlone() throws Exception {
    client.sender(FakeOpsLevel.JOB).send(List.of("before"));
    server.then(this::hang);
    assertInterruptEnds(List.of("hung"));

    client.sender(FakeOpsLevel.JOB).send(List.of("after"));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void close_endsCallsUnderWay() throws Exception {
    server.then(this::hang);
    Call call = new Call(List.of("line"));
    await(reached);

    client.close();

    call.join();
    assertThat(call.failure).isInstanceOf(SendException.class).hasMessageContaining("closed");
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void close_leavesNoThread() throws Exception {
    OpsLevelClient other = server.client().build();
    other.sender(FakeOpsLevel.JOB).send(List.of("line"));
    Thread deadlines =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> thread.getName().equals("logweir-opslevel-deadline"))
            .findAny()
            .orElseThrow();

    other.close();

    deadlines.join(50_000);
    assertThat(deadlines.isAlive()).isFalse();
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
  }

  private void hang(FakeOpsLevel.Call call) throws java.io.IOException {
    call.read();
    reached.countDown();
    call.awaitEnd();
  }

  private void takeNothing(FakeOpsLevel.Call call) throws java.io.IOException {
    call.readHead();
    reached.countDown();
    // Held open without being read: only the client can end this.
    try {
      await(gone);
    } catch (InterruptedException e) {
      throw new java.io.IOException(e);
    }
  }

  private final CountDownLatch gone = new CountDownLatch(1);

  private void assertTimesOut(List<String> lines) throws Exception {
    Call call = new Call(lines);
    await(reached);

    timer.fire(ATTEMPT);

    call.join();
    assertThat(call.failure)
        .isInstanceOf(SendException.class)
        .hasMessageContaining("no complete answer within 61000 ms");
    assertGone();
  }

  private void assertInterruptEnds(List<String> lines) throws Exception {
    Call call = new Call(lines);
    await(reached);

    call.thread.interrupt();

    call.join();
    assertThat(call.failure).isInstanceOf(InterruptedException.class);
    assertGone();
  }

  private void assertGone() throws Exception {
    assertThat(client.transport().connectionCount()).isZero();
    assertThat(timer.pending()).doesNotContain(ATTEMPT);
    gone.countDown();
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
  }

  private static List<String> large() {
    return Collections.nCopies(32 * 1024, "x".repeat(1024));
  }

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(50, TimeUnit.SECONDS)).isTrue();
  }

  /** A send on a thread of its own. */
  private final class Call {
    private final Thread thread;
    private volatile Throwable failure;

    Call(List<String> lines) {
      thread =
          new Thread(
              () -> {
                try {
                  client.sender(FakeOpsLevel.JOB).send(lines);
                } catch (Throwable e) {
                  failure = e;
                }
              });
      thread.start();
    }

    void join() throws InterruptedException {
      thread.join(50_000);
      assertThat(thread.isAlive()).isFalse();
    }
  }
}
