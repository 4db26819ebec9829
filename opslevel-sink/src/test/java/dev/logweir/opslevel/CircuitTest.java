package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import dev.logweir.sender.Pauses;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class CircuitTest {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final AtomicLong nanos = new AtomicLong();
  private final Semaphore paused = new Semaphore(0);
  private final List<Duration> pauses = new ArrayList<>();
  private volatile Pauses pause = this::pass;
  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder =
        server.client().attempts(5).metrics(OpsLevelMetrics.register(registry));
    builder.nanoTime = nanos::get;
    builder.pauses = (call, duration) -> pause.pause(call, duration);
    client = builder.build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void circuit_opensWhenHalfOfTheLastAttemptsFailed() throws Exception {
    server.otherwise(status(500));
    assertThat(send()).isInstanceOf(SendException.class);
    assertThat(client.circuit().isShut()).isFalse();

    assertThat(send()).isInstanceOf(SendException.class);

    assertThat(client.circuit().isShut()).isTrue();
    assertThat(server.requests).hasSize(10);
  }

  @Test
  void circuit_opensWithAnAttemptCutByTheOverallTimeout() throws Exception {
    ManualTimer timer = new ManualTimer();
    OpsLevelClient.Builder builder =
        server
            .client()
            .attempts(2)
            .attemptTimeout(Duration.ofSeconds(61))
            .overallTimeout(Duration.ofSeconds(61));
    builder.nanoTime = nanos::get;
    builder.pauses = (call, duration) -> nanos.addAndGet(Duration.ofSeconds(1).toNanos());
    builder.timers = () -> timer;
    client.close();
    client = builder.build();
    for (int i = 0; i < 9; i++) {
      server.then(status(500));
    }
    server.otherwise(
        call -> {
          call.read();
          timer.fire(Duration.ofSeconds(60));
          call.awaitEnd();
        });

    for (int i = 0; i < 5; i++) {
      assertThat(send()).isInstanceOf(SendException.class);
    }

    assertThat(server.requests).hasSize(10);
    assertThat(client.circuit().isShut()).isTrue();
  }

  @Test
  void circuit_staysClosedWhileTheServerRefuses() throws Exception {
    server.otherwise(status(400));
    for (int i = 0; i < 30; i++) {
      assertThat(send()).isInstanceOf(SendException.class);
    }

    assertThat(client.circuit().isShut()).isFalse();
    assertThat(server.requests).hasSize(30);
  }

  @Test
  void circuit_isProbedAfterPausesThatGrow_andClosesWithOneAnswer() throws Exception {
    open();
    pauses.clear();
    server.then(status(503), status(503), status(503));
    server.otherwise(FakeOpsLevel.Call::accept);

    assertThat(send()).isNull();

    assertThat(client.circuit().isShut()).isFalse();
    // Probes use up no attempt and add no pause of their own.
    assertThat(pauses).hasSize(4);
    for (int i = 0; i < 4; i++) {
      long nominal = Math.min(1000L << i, Circuit.LONGEST_OPEN.toMillis());
      assertThat(pauses.get(i).toMillis()).isBetween(nominal / 2, nominal * 3 / 2 + 1);
    }
  }

  /** An outage of hours, seen by one job: it spends neither its attempts nor its time. */
  @Test
  void serverThatIsAway_isWaitedFor() throws Exception {
    int port = server.port();
    server.close();
    pause =
        (call, duration) -> {
          pass(call, duration);
          if (pauses.size() == 1_000) {
            reopen(port);
          }
        };

    assertThat(send()).isNull();

    assertThat(pauses).hasSize(1_000);
    assertThat(server.requests).hasSize(1);
    assertThat(Duration.ofNanos(nanos.get())).isGreaterThan(Duration.ofMinutes(30));
    assertThat(pauses).allMatch(pause -> pause.compareTo(Circuit.LONGEST_OPEN.multipliedBy(2)) < 0);
    assertThat(client.circuit().isShut()).isFalse();
  }

  /** Behind a gateway an API that is away still gets an answer, which is not its own. */
  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504})
  void apiThatIsAwayBehindAGateway_isWaitedFor(int status) throws Exception {
    for (int i = 0; i < 100; i++) {
      server.then(status(status));
    }

    assertThat(send()).isNull();

    assertThat(server.requests).hasSize(101);
    assertThat(pauses).allMatch(pause -> pause.compareTo(Circuit.LONGEST_OPEN.multipliedBy(2)) < 0);
    assertThat(client.circuit().isShut()).isFalse();
  }

  /** Fast or slow: what it may have taken each time, its own time bounds. */
  @Test
  void gatewayThatGivesUpOnABatch_isAskedAsLongAsItsAnswersMayTake() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          nanos.addAndGet(Duration.ofMinutes(1).toNanos());
          call.respond(504, "");
        });

    assertThat(send()).isInstanceOf(SendException.class).hasMessageContaining("HTTP 504");

    assertThat(server.requests).hasSize(10);
  }

  /** One that takes a request and is gone before it answers, again and again. */
  @Test
  void serverThatIsGoneInBetween_isWaitedFor() throws Exception {
    int port = server.port();
    AtomicInteger taken = new AtomicInteger();
    AtomicInteger pausesSince = new AtomicInteger();
    FakeOpsLevel.Script takeAndGo =
        call -> {
          call.read();
          taken.incrementAndGet();
          pausesSince.set(0);
          server.refuseConnections();
          call.reset();
        };
    server.otherwise(takeAndGo);
    pause =
        (call, duration) -> {
          pass(call, duration);
          // One of them may be for the circuit: so that one attempt at least is refused in between.
          if (pausesSince.incrementAndGet() == 3) {
            reopen(port);
            server.otherwise(taken.get() < 10 ? takeAndGo : FakeOpsLevel.Call::accept);
          }
        };

    assertThat(send()).isNull();

    assertThat(taken).hasValue(10);
  }

  private void reopen(int port) {
    try {
      server.close();
      server = new FakeOpsLevel(new ServerSocket(port, 200, InetAddress.getLoopbackAddress()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void serverThatComesBackAndFails_isTriedAsOftenAsAnyOther() throws Exception {
    int port = server.port();
    server.close();
    pause =
        (call, duration) -> {
          pass(call, duration);
          if (pauses.size() == 6) {
            reopen(port);
            failForTheInput();
          }
        };

    assertThat(send()).isInstanceOf(SendException.class);

    assertThat(server.requests).hasSize(5);
  }

  private void failForTheInput() {
    server.otherwise(answer("{\"errors\":[{\"message\":\"no\"}]}"));
  }

  @Test
  void circuit_doesNotLetOneBatchProbeForEver() throws Exception {
    open();
    int before = server.requests.size();

    assertThat(send()).isInstanceOf(SendException.class);

    assertThat(server.requests).hasSize(before + 5 + 5);
  }

  @Test
  void circuit_holdsBackAllButOneAndWakesThemWithTheFirstAnswer() throws Exception {
    open();
    int before = server.requests.size();
    server.otherwise(FakeOpsLevel.Call::accept);
    pause = this::hold;
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      calls.add(new Call(LogBatch.of(List.of("waits"))));
    }
    assertThat(paused.tryAcquire(20, 50, TimeUnit.SECONDS)).isTrue();
    assertThat(server.requests).hasSize(before);

    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThat(send()).isNull();

    for (Call call : calls) {
      assertThat(call.end()).isNull();
    }
    assertThat(server.requests).hasSize(before + 21);
  }

  @Test
  void circuit_goesOnWhenTheProbeIsInterrupted() throws Exception {
    open();
    CountDownLatch hung = new CountDownLatch(1);
    server.then(
        call -> {
          call.read();
          hung.countDown();
          call.awaitEnd();
        });
    server.otherwise(FakeOpsLevel.Call::accept);
    pause = this::hold;
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    Call probe = new Call(LogBatch.of(List.of("probe")));
    assertThat(hung.await(50, TimeUnit.SECONDS)).isTrue();
    Call waits = new Call(LogBatch.of(List.of("waits")));
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    probe.thread.interrupt();

    assertThat(probe.end()).isInstanceOf(InterruptedException.class);
    assertThat(waits.end()).isNull();
    assertThat(client.circuit().isShut()).isFalse();
  }

  @Test
  void circuit_staysOpenWhenALargeBodyIsLostTwice() throws Exception {
    open();
    server.otherwise(
        call -> {
          call.readHead();
          call.reset();
        });

    LogBatch large = LogBatch.ofBytes(List.of(new byte[20_000_000]));
    Throwable failure = catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(large));

    assertThat(failure).isInstanceOf(SendException.class).hasMessageContaining("twice running");
    assertThat(client.circuit().isShut()).isTrue();
    assertThat(
            registry
                .get("logweir.opslevel.attempts")
                .tag("outcome", "lost_writing")
                .functionCounter()
                .count())
        .isEqualTo(2);
  }

  @Test
  void circuit_letsAJobTryAtItsEnd() throws Exception {
    open();
    server.otherwise(FakeOpsLevel.Call::accept);
    pause = this::hold;
    LogBatch last = LogBatch.ofBytes(List.of(new byte[] {1}));
    Call call = new Call(last);
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    last.call().beginEnd(Duration.ofSeconds(50));

    assertThat(call.end()).isNull();
    assertThat(client.circuit().isShut()).isFalse();
  }

  @Test
  void circuit_lacksNoPauseBetweenTheTriesAtAJobsEnd() throws Exception {
    open();
    int before = server.requests.size();
    pauses.clear();
    pause = (call, duration) -> pauses.add(duration);
    LogBatch last = LogBatch.ofBytes(List.of(new byte[] {1}));
    last.call().beginEnd(Duration.ofSeconds(50));
    for (int i = 0; i < 8; i++) {
      server.then(status(503));
    }
    server.otherwise(FakeOpsLevel.Call::accept);

    client.sender(FakeOpsLevel.JOB).send(last);

    assertThat(server.requests).hasSize(before + 9);
    assertThat(pauses).hasSize(8).allMatch(pause -> pause.toMillis() >= 500);
  }

  @Test
  void reportOutcome_doesNotWaitForTheApiWhenItHasALimit() throws Exception {
    open();
    int before = server.requests.size();
    pauses.clear();
    OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);

    Throwable failure =
        catchThrowable(
            () -> sender.reportOutcome(JobOutcome.FAILED, Map.of(), Duration.ofMillis(800)));

    assertThat(failure).isInstanceOf(SendException.class);
    assertThat(server.requests).hasSize(before + 8);
    assertThat(pauses).hasSize(7).containsOnly(Duration.ofMillis(100));
  }

  @Test
  void wakeThatComesWithTheLeave_leavesTheNextPauseAlone() throws Exception {
    LogBatch raw = LogBatch.ofBytes(List.of(new byte[] {1}));
    List<Duration> waited = new ArrayList<>();
    pause =
        (call, duration) -> {
          long begun = System.nanoTime();
          call.pause(Duration.ofMillis(20));
          waited.add(Duration.ofNanos(System.nanoTime() - begun));
        };
    raw.call().wake();
    server.then(status(503));
    server.otherwise(FakeOpsLevel.Call::accept);

    client.sender(FakeOpsLevel.JOB).send(raw);

    assertThat(waited).hasSize(1);
    assertThat(waited.get(0)).isGreaterThanOrEqualTo(Duration.ofMillis(20));
  }

  @Test
  void close_endsWhatWaits() throws Exception {
    open();
    pause = this::hold;
    Call call = new Call(LogBatch.of(List.of("waits")));
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    client.close();

    assertThat(call.end()).isInstanceOf(SendException.class).hasMessageContaining("closed");
  }

  @Test
  void close_endsAPauseBetweenAttempts() throws Exception {
    server.otherwise(status(429, "Retry-After: 120"));
    CountDownLatch pausing = new CountDownLatch(1);
    pause =
        (call, duration) -> {
          assertThat(duration).isEqualTo(Duration.ofMinutes(2));
          pausing.countDown();
          call.pause(Duration.ofHours(1));
        };
    LogBatch raw = LogBatch.ofBytes(List.of(new byte[] {1}));
    Call call = new Call(raw);
    assertThat(pausing.await(50, TimeUnit.SECONDS)).isTrue();

    client.close();

    assertThat(call.end()).isInstanceOf(SendException.class).hasMessageContaining("closed");
    assertThat(server.requests).hasSize(1);
    assertThat(raw.call().isWritten()).isFalse();
  }

  @Test
  void close_thatComesJustBeforeAPauseEndsItToo() throws Exception {
    server.otherwise(
        call -> {
          call.read();
          client.circuit().close();
          call.respond(503, "");
        });
    pause = this::hold;
    Call call = new Call(LogBatch.of(List.of("line")));

    assertThat(call.end()).isInstanceOf(SendException.class).hasMessageContaining("closed");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void circuit_leavesThePausesBetweenAttemptsAlone() throws Exception {
    server.then(status(503));
    server.otherwise(FakeOpsLevel.Call::accept);
    pause = this::hold;
    Call call = new Call(LogBatch.of(List.of("pauses")));
    assertThat(paused.tryAcquire(50, TimeUnit.SECONDS)).isTrue();

    open();
    server.otherwise(FakeOpsLevel.Call::accept);
    nanos.addAndGet(Duration.ofSeconds(2).toNanos());
    assertThat(send()).isNull();

    assertThat(call.thread.isAlive()).isTrue();
    client.close();
    assertThat(call.end()).isInstanceOf(SendException.class).hasMessageContaining("closed");
  }

  private void open() throws Exception {
    pause = this::pass;
    server.otherwise(status(500));
    send();
    send();
    assertThat(client.circuit().isShut()).isTrue();
  }

  private Throwable send() {
    return catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(List.of("line")));
  }

  /** Time passes at once. */
  private void pass(SendCall call, Duration duration) {
    pauses.add(duration);
    nanos.addAndGet(duration.toNanos());
  }

  /** Time does not pass: only a wake or the end of the job goes on. */
  private void hold(SendCall call, Duration duration) throws InterruptedException {
    paused.release();
    call.pause(Duration.ofHours(1));
  }

  private final class Call {
    private final Thread thread;
    private volatile Throwable failure;

    Call(LogBatch batch) {
      thread =
          new Thread(
              () -> failure = catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(batch)));
      thread.start();
    }

    Throwable end() throws InterruptedException {
      thread.join(50_000);
      assertThat(thread.isAlive()).isFalse();
      return failure;
    }
  }
}
