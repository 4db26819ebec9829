package dev.logweir.faktory;

import static dev.logweir.faktory.FakeFaktory.say;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import dev.logweir.sender.AttemptException;
import dev.logweir.testkit.Eventually;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.cumulative.CumulativeTimer;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.core.instrument.distribution.pause.PauseDetector;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a push when the server answers as it should not, or not at all. */
@Timeout(60)
class FaultsTest {
  private long descriptors;
  private FakeFaktory server;
  private FaktoryClient client;

  @BeforeEach
  void start() throws IOException {
    descriptors = Descriptors.count();
    server = new FakeFaktory();
    // What ends at once shall not seem to because a deadline has come.
    client =
        server
            .client()
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1))
            .build();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
    Descriptors.awaitAtMost(descriptors);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-ERR redis is away", "-SHUTDOWN in progress", "+NO", ":1", "$2\r\nOK"})
  void send_repeatsUnderTheSameJid(String reply) throws Exception {
    server.then(say(reply), say(reply));

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(3);
    assertThat(server.pushed).extracting(ReceivedJob::fields).containsOnly(first().fields());
    assertThat(server.connections()).isEqualTo(3);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-NOTUNIQUE Job not unique", "-THROTTLED by a rule"})
  void send_doesNotRepeatWhatTheServerRefuses(String reply) throws Exception {
    server.then(say(reply));
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    SendException e = failure(batch);

    assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(e).hasMessageContaining(reply);
    assertThat(server.pushed).hasSize(1);
    assertThat(batch.call().isWritten()).isFalse();
  }

  @Test
  void send_takesNotUniqueForItsOwnJobWhenAnAnswerWasLost() throws Exception {
    server.then(
        call -> {
          call.enqueue(call.readJob());
          call.reset();
        },
        say("-NOTUNIQUE Job not unique"));

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(2);
  }

  @Test
  void send_givesUpAfterItsAttempts() throws Exception {
    server.then(say("-ERR 1"), say("-ERR 2"), say("-ERR 3"), say("-ERR 4"), say("-ERR 5"));
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    SendException e = failure(batch);

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessage("log of job 1 not sent: the server could not take the job: -ERR 5");
    assertThat(server.pushed).hasSize(5);
    assertThat(batch.call().isWritten()).isFalse();
  }

  @Test
  void send_waitsForAServerThatShutsDown() throws Exception {
    client.close();
    client = server.client().build();
    for (int i = 0; i < 20; i++) {
      server.then(say("-SHUTDOWN in progress"));
    }

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(21);
  }

  /** Each push of it may have been taken. */
  @Test
  void send_givesUpWhatTheServerTakesAndNeverAnswers() throws Exception {
    client.close();
    client = server.client().build();
    for (int i = 0; i < 20; i++) {
      server.then(
          call -> {
            call.enqueue(call.readJob());
            call.reset();
          });
    }
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    SendException e = failure(batch);

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(server.pushed).hasSize(5);
    assertThat(batch.call().isWritten()).isTrue();
  }

  @Test
  void send_leavesUnconfirmedWhatWasWrittenAndNeverAnswered() throws Exception {
    server.then(
        call -> {
          call.readJob();
          call.reset();
        },
        say("-THROTTLED"));
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    failure(batch);

    assertThat(batch.call().isWritten()).isTrue();
  }

  /** Else a job cancelled at this moment would be said not to have arrived. */
  @Test
  void send_hasSaidThatItIsWrittenBeforeTheServerHasIt() throws Exception {
    FaktorySender sender = client.sender("1");
    for (int i = 0; i < 500; i++) {
      LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
      AtomicBoolean said = new AtomicBoolean();
      server.then(
          call -> {
            said.set(batch.call().isWritten());
            call.accept();
          });

      sender.send(batch);

      assertThat(said).isTrue();
    }
  }

  @Test
  void send_leavesUnconfirmedWhatGotNoProperAnswer() throws Exception {
    server.then(say("+WHAT"), say("-THROTTLED"));
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    failure(batch);

    assertThat(batch.call().isWritten()).isTrue();
  }

  @Test
  void send_takesAFreshConnectionAtOnceWhenTheIdleOneDied() throws Exception {
    client.close();
    client = server.client().attempts(1).build();
    client.sender("1").send(List.of("line"));
    // Not yet seen to be closed when it is borrowed.
    server.then(
        call -> {
          call.readJob();
          call.reset();
        });

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(3);
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void send_noticesThatTheServerHasClosedAnIdleConnection() throws Exception {
    server.then(
        call -> {
          call.accept();
          call.socket.close();
        });
    client.sender("1").send(List.of("line"));
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();

    FaktoryConnection next = client.pool().borrow(System.nanoTime() + 1_000_000_000L);
    assertThat(next.isOpened()).isFalse();
    client.pool().giveBack(next);
    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(2);
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void send_doesNotReuseAConnectionThatSaidTooMuch() throws Exception {
    server.then(say("+OK\r\n+OK"));

    client.sender("1").send(List.of("line"));
    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(3);
    assertThat(server.connections()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 400 Bad Request\r\n",
        "+HI",
        "+HI {",
        "+HI []",
        "+HI {\"v\":\"x\"}",
        "+HI {\"v\":2,\"i\":99999999,\"s\":\"x\"}",
        "+HI {\"v\":2}garbage",
        "+HI {\"v\":2}{}",
        "+HI {\"v\":2} 7",
        "+HI {\"v\":2,\"i\":5,\"s\":null}",
        "+HI {\"v\":2,\"i\":5,\"s\":7}",
        "+HI {\"v\":2,\"i\":5,\"s\":[\"x\"]}",
        "+HI {\"v\":2,\"i\":5.5,\"s\":\"x\"}",
        "+HI {\"v\":null}",
        "+HI {\"v\":2",
        "+HELLO {\"v\":2}",
        "\u0000"
      })
  void greeting_thatIsNoneIsSaid(String greeting) throws Exception {
    client.close();
    client = server.client().password("secret-word").attempts(2).build();
    FakeFaktory.Script garbage = call -> call.send(greeting);
    server.greet(garbage, garbage);

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e)
        .hasMessageContaining("the server does not speak Faktory's protocol")
        .hasMessageNotContaining("secret-word");
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void greeting_thatIsAnErrorIsShown() throws Exception {
    client.close();
    client = server.client().password("secret-word").attempts(1).build();
    server.greet(call -> call.send("-ERR busy with secret-word"));

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e)
        .hasMessage(
            "log of job 1 not sent: the server could not take the job: -ERR busy with **********");
  }

  @Test
  void hello_followedByAnErrorIsShown() throws Exception {
    client.close();
    client = server.client().attempts(1).build();
    server.greet(
        call -> {
          call.send("+HI {\"v\":2}");
          call.send("+OK\r\n-ERR too many connections");
          call.awaitEnd();
        });

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e)
        .hasMessage(
            "log of job 1 not sent: the server could not take the job: -ERR too many connections");
  }

  @Test
  void hello_followedByAnythingElseIsNone() throws Exception {
    client.close();
    client = server.client().attempts(1).build();
    server.greet(
        call -> {
          call.send("+HI {\"v\":2}");
          call.send("+OK\r\n+OK");
          call.awaitEnd();
        });

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e).hasMessageContaining("the server says more than it was asked");
  }

  @Test
  void greeting_ofAnotherVersionIsTaken() throws Exception {
    server.greet(
        call -> {
          call.send("+HI {\"v\":3,\"more\":{\"a\":[1]}}");
          call.hello();
        });

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(1);
  }

  @Test
  void deadline_holdsForSlowBytesToo() throws Exception {
    client.close();
    client = server.client().attempts(1).attemptTimeout(Duration.ofSeconds(2)).build();
    client.pool().giveBack(opened());
    CountDownLatch over = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          try {
            // A byte every 20 ms or so never lets a time-out of the socket come.
            while (!over.await(20, TimeUnit.MILLISECONDS)) {
              call.out.write('+');
            }
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        });
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));

    SendException e = failure(batch);
    over.countDown();

    assertThat(e).hasMessageContaining("no complete reply in time");
    assertThat(batch.call().isWritten()).isTrue();
  }

  @Test
  void deadline_holdsForAServerThatReadsNoMore() throws Exception {
    client.close();
    client =
        server
            .client()
            .attempts(1)
            .attemptTimeout(Duration.ofSeconds(2))
            .maxJobBytes(16 << 20)
            .build();
    FakeFaktory.Script deaf =
        call -> {
          call.greet();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
        };
    server.greet(deaf);
    client.pool().giveBack(opened());
    LogBatch batch = LogBatch.ofBytes(List.of(new byte[12_000_000]));

    SendException e = failure(batch);

    assertThat(e).hasMessageContaining("no complete reply in time");
    assertThat(batch.call().isWritten()).isFalse();
  }

  @Test
  void deadline_holdsForConnecting() throws Exception {
    client.close();
    client = server.client().attempts(1).connectTimeout(Duration.ofMillis(200)).build();
    server.greet(FakeFaktory.Call::awaitEnd);

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e).hasMessageContaining("no connection in time");
  }

  @Test
  void server_missingIsSaid() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      client.close();
      client =
          FaktoryClient.builder()
              .url("tcp://localhost:" + socket.getLocalPort())
              .attempts(1)
              .build();
    }

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("no connection to FaktoryClient[tcp://localhost:");
  }

  @Test
  void host_unknownIsSaid() throws Exception {
    client.close();
    client = FaktoryClient.builder().url("tcp://no-such-host.invalid").attempts(1).build();

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    assertThat(e).hasMessageContaining("no-such-host.invalid");
  }

  @Test
  void interrupt_endsACallAtOnce() throws Exception {
    client.close();
    SimpleMeterRegistry meters = new SimpleMeterRegistry();
    client =
        server
            .client()
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1))
            .metrics(FaktoryMetrics.register(meters))
            .build();
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          reached.countDown();
          call.awaitEnd();
        });

    Throwable failure = inThread(reached, Thread::interrupt);

    assertThat(failure).isInstanceOf(InterruptedException.class);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isEqualTo("PUSH");
    assertThat(client.pool().inUse()).isZero();
    assertThat(meters.get("logweir.faktory.push").tag("outcome", "failed").timer().count())
        .isEqualTo(1);
    assertThat(meters.get("logweir.faktory.push").tag("outcome", "accepted").timer().count())
        .isZero();
    assertThat(meters.get("logweir.faktory.enqueue.failed").functionCounter().count()).isEqualTo(1);
  }

  @Test
  void interrupt_endsTheWaitForAConnection() throws Exception {
    client.close();
    client = server.client().poolSize(1).build();
    FaktoryConnection held = client.pool().borrow(System.nanoTime() + 1_000_000_000L);
    CountDownLatch begun = new CountDownLatch(0);

    Throwable failure =
        inThread(
            begun,
            thread -> {
              Eventually.until(() -> client.pool().waiting() == 1);
              thread.interrupt();
            });

    client.pool().giveBack(held);
    assertThat(failure).isInstanceOf(InterruptedException.class);
  }

  @Test
  void wait_forAConnectionEndsAtTheDeadline() throws Exception {
    client.close();
    client = server.client().poolSize(1).attempts(1).attemptTimeout(Duration.ofMillis(100)).build();
    FaktoryConnection held = client.pool().borrow(System.nanoTime() + 1_000_000_000L);

    SendException e = failure(LogBatch.ofBytes(List.of(new byte[1])));

    client.pool().giveBack(held);
    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("all 1 connections were in use");
  }

  @Test
  void close_endsCallsUnderWay() throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          reached.countDown();
          call.awaitEnd();
        });

    Throwable failure = inThread(reached, thread -> client.close());

    assertThat(failure)
        .isInstanceOf(SendException.class)
        .hasMessageContaining("the client is closed");
  }

  @Test
  void close_endsThoseThatWaitForAConnection() throws Exception {
    client.close();
    client = server.client().poolSize(1).build();
    FaktoryConnection held = client.pool().borrow(System.nanoTime() + 1_000_000_000L);

    Throwable failure =
        inThread(
            new CountDownLatch(0),
            thread -> {
              Eventually.until(() -> client.pool().waiting() == 1);
              client.close();
            });

    client.pool().discard(held);
    assertThat(failure)
        .isInstanceOf(SendException.class)
        .hasMessageContaining("the client is closed");
  }

  @Test
  void close_endsAPauseBetweenAttempts() throws Exception {
    client.close();
    CountDownLatch pausing = new CountDownLatch(1);
    FaktoryClient.Builder builder = server.client();
    builder.pauses =
        (call, pause) -> {
          pausing.countDown();
          call.pause(Duration.ofHours(1));
        };
    client = builder.build();
    server.then(say("-ERR redis is away"));

    Throwable failure = inThread(pausing, thread -> client.close());

    assertThat(failure)
        .isInstanceOf(SendException.class)
        .hasMessage(
            "log of job 1 not sent: the client is closed; before: the server could not take the"
                + " job: -ERR redis is away");
    assertThat(((SendException) failure).kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void close_beforeAPauseLetsNoneBegin() throws Exception {
    client.close();
    FaktoryClient.Builder builder = server.client();
    AtomicBoolean paused = new AtomicBoolean();
    builder.pauses = (call, pause) -> paused.set(true);
    client = builder.build();
    server.then(
        call -> {
          call.readJob();
          client.attempts().close();
          call.send("-ERR redis is away");
        });

    Throwable failure = failureOf("1");

    assertThat(failure).hasMessageContaining("the client is closed; before: the server could not");
    assertThat(paused).isFalse();
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void close_saysEndToTheServer() throws Exception {
    client.sender("1").send(List.of("line"));

    client.close();

    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isEqualTo("END");
  }

  @Test
  void end_ofTheJobBoundsAnAttempt() throws Exception {
    server.then(FakeFaktory.Call::awaitEnd);
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
    batch.call().beginEnd(Duration.ofMillis(200));

    SendException e = failure(batch);

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("time");
  }

  @Test
  void outcome_isReportedWithinItsTime() {
    client.close();
    FaktoryClient.Builder builder = server.client();
    builder.nanoTime = System::nanoTime;
    client = builder.build();
    server.then(FakeFaktory.Call::awaitEnd);

    Throwable failure =
        catchThrowable(
            () ->
                client
                    .sender("1")
                    .reportOutcome(JobOutcome.SUCCESS, Map.of(), Duration.ofMillis(300)));

    assertThat(failure)
        .isInstanceOf(SendException.class)
        .hasMessageStartingWith("outcome of job 1 not reported: ");
  }

  @Test
  void idleConnection_isClosedWhenAnotherPushEnds() throws Exception {
    client.close();
    client = server.client().maxIdleTime(Duration.ofMillis(1)).build();
    client.sender("1").send(List.of("line"));
    Waiting.passMillis(2);

    client.sender("1").send(List.of("line"));

    assertThat(server.connections()).isEqualTo(2);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isEqualTo("END");
  }

  @Test
  void oldConnection_isNotUsedAgain() throws Exception {
    client.close();
    client = server.client().maxConnectionAge(Duration.ofMillis(1)).build();
    client.sender("1").send(List.of("line"));
    Waiting.passMillis(2);

    client.sender("1").send(List.of("line"));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void connection_tooOldToBeLentAgainMakesRoomForWhoWaits() throws Exception {
    client.close();
    client =
        server
            .client()
            .poolSize(1)
            .maxConnectionAge(Duration.ofMillis(1))
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1))
            .build();
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch second = new CountDownLatch(1);
    AtomicReference<Throwable> other = new AtomicReference<>();
    server.then(
        call -> {
          reached.countDown();
          try {
            second.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          call.accept();
        });

    Throwable failure =
        inThread(
            reached,
            thread -> {
              Thread next = new Thread(() -> other.set(failureOf("2")));
              next.start();
              Eventually.until(() -> client.pool().waiting() == 1);
              second.countDown();
              Eventually.until(() -> !next.isAlive());
            });

    assertThat(failure).isNull();
    assertThat(other.get()).isNull();
    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void interrupt_beforeACallLeavesNothingWritten() throws Exception {
    client.sender("1").send(List.of("line"));
    LogBatch batch = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
    Thread.currentThread().interrupt();

    Throwable failure = catchThrowable(() -> client.sender("1").send(batch));

    assertThat(failure).isInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isFalse();
    assertThat(batch.call().isWritten()).isFalse();
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();
    assertThat(server.pushed).hasSize(1);
  }

  @Test
  void batch_interruptedBeforeItsCommitLeavesTheLinesDelivered() throws Exception {
    server.enterprise = true;
    server.onBatch =
        (call, command) -> {
          if (command.startsWith("BATCH COMMIT")) {
            call.awaitEnd();
            return true;
          }
          return false;
        };
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicBoolean interrupted = new AtomicBoolean();
    Thread thread =
        new Thread(
            () -> {
              failure.set(catchThrowable(() -> client.sender("1", "b-1").send(List.of("line"))));
              interrupted.set(Thread.interrupted());
            });
    thread.start();
    Eventually.until(() -> server.batches.size() == 2);

    thread.interrupt();
    thread.join(50_000);

    assertThat(failure.get()).isInstanceOf(SendException.class);
    assertThat(((SendException) failure.get()).isUndelivered(0)).isFalse();
    assertThat(interrupted).isTrue();
  }

  @Test
  void send_isRepeatedOnAFreshConnectionWhenThePeerIsSilent() throws Exception {
    client.close();
    FaktoryClient.Builder builder =
        server
            .client()
            .poolSize(3)
            .attempts(2)
            .attemptTimeout(Duration.ofSeconds(50))
            .overallTimeout(Duration.ofSeconds(50));
    AtomicInteger asked = new AtomicInteger();
    // Leaves 1 s to the first attempt, and all to the second.
    builder.nanoTime = () -> asked.getAndIncrement() == 5 ? Duration.ofSeconds(49).toNanos() : 0;
    client = builder.build();
    threeIdle();
    server.then(FakeFaktory.Call::awaitEnd);

    client.sender("1").send(List.of("line"));

    assertThat(server.connections()).isEqualTo(4);
    assertThat(client.pool().idle()).isEqualTo(1);
  }

  @Test
  void send_trustsNoIdleConnectionOnceOneWasLost() throws Exception {
    client.close();
    client = server.client().poolSize(3).build();
    threeIdle();
    server.then(
        call -> {
          call.readJob();
          call.reset();
        });

    client.sender("1").send(List.of("line"));

    assertThat(server.connections()).isEqualTo(4);
    assertThat(client.pool().idle()).isEqualTo(1);
  }

  @Test
  void send_hasTheAttemptsTimeOnceItIsConnected() throws Exception {
    client.close();
    client = server.client().connectTimeout(Duration.ofSeconds(1)).build();
    CountDownLatch answered = new CountDownLatch(1);
    server.then(
        call -> {
          Waiting.passMillis(1_100);
          ReceivedJob job = call.readJob();
          answered.countDown();
          call.enqueue(job);
          call.send("+OK");
        });

    client.sender("1").send(List.of("line"));

    assertThat(answered.await(50, TimeUnit.SECONDS)).isTrue();
    assertThat(server.pushed).hasSize(1);
  }

  @Test
  void meter_thatThrowsCostsNoPush() throws Exception {
    client.close();
    SimpleMeterRegistry registry =
        new SimpleMeterRegistry() {
          @Override
          protected Timer newTimer(
              Meter.Id id, DistributionStatisticConfig config, PauseDetector detector) {
            return new CumulativeTimer(id, clock, config, detector, getBaseTimeUnit()) {
              @Override
              protected void recordNonNegative(long amount, TimeUnit unit) {
                throw new IllegalStateException("a meter at fault");
              }
            };
          }
        };
    client = server.client().metrics(FaktoryMetrics.register(registry)).build();

    client.sender("1").send(List.of("line"));

    assertThat(server.pushed).hasSize(1);
    assertThat(client.pool().inUse()).isZero();
  }

  @Test
  void connection_abortedBeforeItIsOpenedStaysClosed() throws Exception {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
    FaktoryConnection connection = client.pool().borrow(deadlineNanos);
    connection.abort();

    Throwable failure = catchThrowable(() -> connection.open(deadlineNanos));

    client.pool().discard(connection);
    assertThat(failure).isInstanceOf(IOException.class);
  }

  @Test
  void write_endsWhenItsThreadIsInterrupted() throws Exception {
    FaktoryConnection connection = opened();
    Thread.currentThread().interrupt();

    Throwable failure =
        catchThrowable(() -> connection.write("INFO", out -> out.write(new byte[100])));

    assertThat(Thread.interrupted()).isTrue();
    client.pool().discard(connection);
    assertThat(failure).isInstanceOf(InterruptedIOException.class);
  }

  @Test
  void idleConnections_areLookedAtSeldom() throws Exception {
    CountDownLatch idle = new CountDownLatch(1);
    server.greet(
        call -> {
          call.greet();
          try {
            idle.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          call.socket.close();
        });
    FaktoryConnection first = opened();
    FaktoryConnection second = opened();
    client.pool().giveBack(first);
    idle.countDown();
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isNotNull();

    client.pool().giveBack(second);

    // Reading from the first one would have told that it is dead.
    assertThat(client.pool().idle()).isEqualTo(2);
  }

  @Test
  void idleConnection_isClosedWhenAnotherIsGivenBack() throws Exception {
    client.close();
    client = server.client().maxIdleTime(Duration.ofMillis(1)).build();
    FaktoryConnection first = opened();
    FaktoryConnection second = opened();
    client.pool().giveBack(first);
    Waiting.passMillis(2);

    client.pool().giveBack(second);

    assertThat(client.pool().idle()).isEqualTo(1);
    assertThat(server.ended.poll(50, TimeUnit.SECONDS)).isEqualTo("END");
  }

  @Test
  void retry_keepsThePlaceThatItHasWaitedFor() throws Exception {
    client.close();
    CountDownLatch pausing = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    FaktoryClient.Builder builder =
        server
            .client()
            .poolSize(1)
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1));
    builder.pauses =
        (call, pause) -> {
          pausing.countDown();
          goOn.await();
        };
    client = builder.build();
    server.then(say("-ERR redis is away"));
    AtomicReference<Throwable> other = new AtomicReference<>();

    Throwable failure =
        inThread(
            pausing,
            thread -> {
              FaktoryConnection held = opened();
              goOn.countDown();
              Eventually.until(() -> client.pool().waiting() == 1);
              Thread next = new Thread(() -> other.set(failureOf("2")));
              next.start();
              Eventually.until(() -> client.pool().waiting() == 2);
              client.pool().giveBack(held);
              Eventually.until(() -> !next.isAlive());
            });

    assertThat(failure).isNull();
    assertThat(other.get()).isNull();
    assertThat(jobIds()).containsExactly("1", "1", "2");
    // One that failed, one taken by the retry in exchange for a fresh one, which the other used.
    assertThat(server.connections()).isEqualTo(3);
  }

  @Test
  void send_opensAnotherConnectionInThePlaceOfOneThatDied() throws Exception {
    client.close();
    client =
        server
            .client()
            .poolSize(1)
            .attempts(1)
            .attemptTimeout(Duration.ofHours(1))
            .overallTimeout(Duration.ofHours(1))
            .build();
    client.pool().giveBack(opened());
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch waiting = new CountDownLatch(1);
    server.then(
        call -> {
          call.readJob();
          reached.countDown();
          try {
            waiting.await();
          } catch (InterruptedException e) {
            throw new IOException(e);
          }
          call.reset();
        });
    AtomicReference<Throwable> other = new AtomicReference<>();

    Throwable failure =
        inThread(
            reached,
            thread -> {
              Thread next = new Thread(() -> other.set(failureOf("2")));
              next.start();
              Eventually.until(() -> client.pool().waiting() == 1);
              waiting.countDown();
              Eventually.until(() -> !next.isAlive());
            });

    assertThat(failure).isNull();
    assertThat(other.get()).isNull();
    assertThat(jobIds()).containsExactly("1", "1", "2");
    assertThat(server.connections()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-SHUTDOWN in progress", "-ERR busy"})
  void hello_refusedForNowIsRepeated(String reply) throws Exception {
    client.close();
    client = server.client().password("secret-word").attempts(2).build();
    server.greet(
        call -> {
          call.send("+HI {\"v\":2,\"i\":5,\"s\":\"x\"}");
          call.send(reply);
          call.awaitEnd();
        });

    client.sender("1").send(List.of("line"));

    assertThat(server.connections()).isEqualTo(2);
  }

  @Test
  void batch_isOpenedAndCommittedAroundEachPush() throws Exception {
    server.enterprise = true;

    FaktorySender sender = client.sender("1", "b-1");
    sender.send(List.of("line"));
    sender.reportOutcome(JobOutcome.FAILED, Map.of());

    assertThat(server.batches)
        .containsExactly(
            "BATCH OPEN b-1", "BATCH COMMIT b-1", "BATCH OPEN b-1", "BATCH COMMIT b-1");
    assertThat(server.pushed)
        .hasSize(2)
        .allMatch(job -> job.fields().get("custom").equals(Map.of("bid", "b-1")));
    assertThat(server.connections()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"$-1", "+another", "+OK", "$0\r\n", ":1"})
  void batch_whoseOpeningIsNotAnsweredWithItsIdIsNotPushed(String reply) throws Exception {
    client.close();
    client = server.client().attempts(1).build();
    server.enterprise = true;
    server.onBatch =
        (call, command) -> {
          call.send(reply);
          return true;
        };

    Throwable failure = catchThrowable(() -> client.sender("1", "1").send(List.of("line")));

    assertThat(failure).hasMessageContaining("the reply to BATCH OPEN is not the batch's id");
    assertThat(server.pushed).isEmpty();
  }

  @Test
  void batch_whoseCommitIsLostIsCommittedWithoutPushingAgain() throws Exception {
    server.enterprise = true;
    List<String> failing = new ArrayList<>(List.of("BATCH COMMIT b-1"));
    server.onBatch =
        (call, command) -> {
          if (failing.remove(command)) {
            call.reset();
            return true;
          }
          return false;
        };

    client.sender("1", "b-1").send(List.of("line"));

    assertThat(server.pushed).hasSize(1);
    assertThat(server.batches)
        .containsExactly("BATCH OPEN b-1", "BATCH COMMIT b-1", "BATCH COMMIT b-1");
  }

  @Test
  void batch_thatCannotBeCommittedLeavesTheLinesDelivered() throws Exception {
    server.enterprise = true;
    server.onBatch =
        (call, command) -> {
          if (command.startsWith("BATCH COMMIT")) {
            call.send("-ERR no such batch");
            return true;
          }
          return false;
        };

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> client.sender("1", "b-1").send(List.of("line")));

    assertThat(server.pushed).hasSize(1);
    assertThat(e.isUndelivered(0)).isFalse();
    assertThat(e).hasMessageContaining("no such batch");
  }

  /** Sends in a thread of its own, and does something to it once the server has been reached. */
  private Throwable inThread(CountDownLatch reached, Consumer<Thread> action)
      throws InterruptedException {
    AtomicReference<Throwable> failure = new AtomicReference<>();
    Thread thread = new Thread(() -> failure.set(failureOf("1")));
    thread.start();
    assertThat(reached.await(50, TimeUnit.SECONDS)).isTrue();
    action.accept(thread);
    thread.join(50_000);
    assertThat(thread.isAlive()).isFalse();
    return failure.get();
  }

  private void threeIdle() {
    List<FaktoryConnection> idle = List.of(opened(), opened(), opened());
    idle.forEach(client.pool()::giveBack);
  }

  private FaktoryConnection opened() {
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(50);
    try {
      FaktoryConnection connection = client.pool().borrow(deadlineNanos);
      connection.open(deadlineNanos);
      return connection;
    } catch (IOException | AttemptException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private List<Object> jobIds() {
    return server.pushed.stream().map(job -> job.input().get("runnerJobId")).toList();
  }

  private Throwable failureOf(String jobId) {
    return catchThrowable(() -> client.sender(jobId).send(List.of("line")));
  }

  private ReceivedJob first() {
    return server.pushed.get(0);
  }

  private SendException failure(LogBatch batch) {
    SendException e =
        catchThrowableOfType(SendException.class, () -> client.sender("1").send(batch));
    assertThat(e).isNotNull();
    return e;
  }
}
