package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.logweir.LogStreamer;
import dev.logweir.SinkReport;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What a person is told, and how often. */
@Timeout(60)
class OpsLevelWarningsTest {
  private static final String LOST =
      "job-N: N of N bytes of a batch were not delivered: log of job 225 not sent: ";
  private static final String GONE =
      "job-N: N of N bytes of a batch were not delivered: log of job 225 not sent, nor what follows: ";

  private final Logger logger = (Logger) LoggerFactory.getLogger("dev.logweir");
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    appender.start();
    logger.addAppender(appender);
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder = server.client().attempts(2);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
  }

  @AfterEach
  void stop() throws Exception {
    logger.detachAppender(appender);
    client.close();
    server.close();
  }

  @Test
  void refusedToken_isToldOnceAClientAndAgainAfterItWasTaken() throws Exception {
    server.otherwise(status(401));
    for (int i = 0; i < 20; i++) {
      fail("job " + i);
    }
    assertThat(warnings())
        .containsExactly("the server refused the token, see OPSLEVEL_API_TOKEN (HTTP 401)");

    server.then(FakeOpsLevel.Call::accept);
    client.sender(FakeOpsLevel.JOB).send(List.of("is taken"));
    fail("another");

    assertThat(warnings()).hasSize(2);
  }

  @Test
  void refusedToken_isToldInTheMiddleOfAnOutage() {
    server.then(status(503), status(503)).otherwise(status(401));
    fail("a");
    fail("b");

    assertThat(warnings()).hasSize(2).last().asString().contains("OPSLEVEL_API_TOKEN");
  }

  @Test
  void streakOfFailures_isToldOnceAndItsEndToo() throws Exception {
    server.then(status(500), status(500), status(500), status(429), FakeOpsLevel.Call::accept);
    fail("a");
    fail("b");
    client.sender(FakeOpsLevel.JOB).send(List.of("c"));

    assertThat(warnings()).hasSize(1);
    assertThat(messages(Level.INFO)).containsExactly("OpsLevel accepts requests again");
  }

  @Test
  void streaksOfFailures_areToldOnceAMinute() throws Exception {
    AtomicLong now = new AtomicLong();
    OpsLevelClient.Builder builder = server.client().attempts(2);
    builder.pauses = (call, pause) -> {};
    builder.nanoTime = now::get;
    try (OpsLevelClient timed = builder.build()) {
      OpsLevelSender sender = timed.sender(FakeOpsLevel.JOB);
      for (int streak = 0; streak < 3; streak++) {
        server.then(status(500), FakeOpsLevel.Call::accept);
        sender.send(List.of("line"));
        assertThat(warnings()).hasSize(1);
      }
      assertThat(messages(Level.INFO)).hasSize(1);

      now.addAndGet(Duration.ofMinutes(1).toNanos());
      server.then(status(500), FakeOpsLevel.Call::accept);
      sender.send(List.of("line"));

      assertThat(warnings()).hasSize(2);
      assertThat(messages(Level.INFO)).hasSize(2);
    }
  }

  @Test
  void refusedToken_isToldOnceByTheClientAndOnceByEachJob() throws Exception {
    server.otherwise(status(401));

    SinkReport first = ship();
    SinkReport second = ship();

    assertThat(server.requests).hasSizeGreaterThan(4);
    assertThat(first.shipped().plus(second.shipped()).isZero()).isTrue();
    assertThat(told())
        .containsExactly(
            "the server refused the token, see OPSLEVEL_API_TOKEN (HTTP 401)",
            LOST + "the server refused the token, see OPSLEVEL_API_TOKEN (HTTP 401)",
            LOST + "the server refused the token, see OPSLEVEL_API_TOKEN (HTTP 401)");
  }

  @Test
  void endOfAJobThatIsGone_isToldOnce() throws Exception {
    server.otherwise(
        answer(
            "{\"data\":{\"runnerAppendJobLog\":{\"errors\":"
                + "[{\"message\":\"unknown\",\"path\":[\"input\",\"runnerJobId\"]}]}}}"));

    assertThat(ship().shipped().isZero()).isTrue();

    assertThat(server.requests).hasSize(3);
    assertThat(told())
        .containsExactly(
            LOST + "the server refused the input: unknown",
            GONE + "the server refused the input: unknown");
  }

  @Test
  void endpointThatIsNotThere_isToldOnce() throws Exception {
    server.otherwise(status(404));

    assertThat(ship().shipped().isZero()).isTrue();

    assertThat(server.requests).hasSize(1);
    assertThat(told())
        .containsExactly(
            GONE
                + "there is no such endpoint, see OPSLEVEL_API_URL (HTTP 404): {\"error\":\"no\"}");
  }

  @Test
  void outage_isToldOnceByTheClientAndOnceByTheJob_andItsEndByBoth() throws Exception {
    AtomicInteger requests = new AtomicInteger();
    server.otherwise(
        call -> {
          if (requests.incrementAndGet() <= 4) {
            call.read();
            call.respond(500, "");
          } else {
            call.accept();
          }
        });

    ship();

    assertThat(told())
        .containsExactly(
            "attempt failed: the server failed (HTTP 500)", LOST + "the server failed (HTTP 500)");
    assertThat(messages(Level.INFO))
        .hasSize(2)
        .contains("OpsLevel accepts requests again")
        .anyMatch(text -> text.contains(": sending goes on; "));
  }

  /** Ships more than three batches, each when the one before was sent. */
  private SinkReport ship() throws Exception {
    WatchedSender sender = new WatchedSender(client.sender(FakeOpsLevel.JOB));
    try (LogStreamer log = LogStreamer.builder(sender).maxSize(4 << 10).markers(false).start()) {
      for (int i = 0; i < 60; i++) {
        log.stdout().write(("line " + i + "x".repeat(500) + "\n").getBytes(UTF_8));
        assertThat(log.drain()).isTrue();
      }
      sender.awaitFirst();
      return log.finish(Duration.ofSeconds(50)).sink();
    }
  }

  /** Each warning, which has what caused it and no stack trace; those of jobs without numbers. */
  private List<String> told() {
    assertThat(appender.list)
        .filteredOn(event -> event.getLevel() == Level.WARN)
        .allMatch(event -> event.getThrowableProxy() == null);
    return warnings().stream()
        .map(text -> text.replaceFirst("^job-\\d+: \\d+ of \\d+ bytes", "job-N: N of N bytes"))
        .toList();
  }

  private void fail(String line) {
    assertThat(catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(List.of(line))))
        .isNotNull();
  }

  private List<String> warnings() {
    return messages(Level.WARN);
  }

  private List<String> messages(Level level) {
    return List.copyOf(appender.list).stream()
        .filter(event -> event.getLevel() == level)
        .map(ILoggingEvent::getFormattedMessage)
        .toList();
  }
}
