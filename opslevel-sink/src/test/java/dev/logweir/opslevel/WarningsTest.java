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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What a person is told, and how often. */
@Timeout(60)
class WarningsTest {
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
    builder.pauses = (batch, pause) -> {};
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
    server.then(status(503), status(500), status(503), status(429), FakeOpsLevel.Call::accept);
    fail("a");
    fail("b");
    client.sender(FakeOpsLevel.JOB).send(List.of("c"));

    assertThat(warnings()).hasSize(1);
    assertThat(messages(Level.INFO)).containsExactly("OpsLevel accepts requests again");
  }

  @Test
  void endOfAJobThatIsGone_isToldOnce() throws Exception {
    server.otherwise(
        answer(
            "{\"data\":{\"runnerAppendJobLog\":{\"errors\":"
                + "[{\"message\":\"unknown\",\"path\":[\"input\",\"runnerJobId\"]}]}}}"));
    SinkReport report;
    try (LogStreamer log =
        LogStreamer.builder(client.sender(FakeOpsLevel.JOB))
            .maxSize(4 << 10)
            .markers(false)
            .start()) {
      for (int i = 0; i < 60; i++) {
        log.stdout().write(("line " + i + "x".repeat(500) + "\n").getBytes(UTF_8));
        log.drain();
      }
      report = log.finish(Duration.ofSeconds(50)).sink();
    }

    assertThat(report.shipped().isZero()).isTrue();
    assertThat(server.requests).hasSize(3);
    assertThat(appender.list)
        .filteredOn(event -> event.getLevel() == Level.WARN && event.getThrowableProxy() != null)
        .filteredOn(event -> event.getThrowableProxy().getMessage().contains("nor what follows"))
        .hasSize(1);
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
