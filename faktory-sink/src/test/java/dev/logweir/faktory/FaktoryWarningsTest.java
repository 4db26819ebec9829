package dev.logweir.faktory;

import static dev.logweir.faktory.FakeFaktory.say;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What is said of failures, and how often. */
@Timeout(60)
class FaktoryWarningsTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(FaktoryClient.class);
  private final ListAppender<ILoggingEvent> said = new ListAppender<>();
  private final Level before = logger.getLevel();
  private FakeFaktory server;

  @BeforeEach
  void start() throws IOException {
    server = new FakeFaktory();
    said.start();
    logger.setLevel(Level.DEBUG);
    logger.addAppender(said);
  }

  @AfterEach
  void stop() throws IOException {
    logger.detachAppender(said);
    logger.setLevel(before);
    server.close();
  }

  @Test
  void failures_areWarnedOfOnceUntilTheRecovery() throws Exception {
    server.then(say("-ERR 1"), say("-ERR 2"), say("-ERR 3"));

    try (FaktoryClient client = server.client().build()) {
      client.sender("1").send(List.of("line"));
      client.sender("1").send(List.of("line"));
    }

    assertThat(said.list)
        .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
        .containsExactly(
            "WARN attempt failed: the server could not take the job: -ERR 1",
            "DEBUG attempt failed",
            "DEBUG attempt failed: the server could not take the job: -ERR 2",
            "DEBUG attempt failed: the server could not take the job: -ERR 3",
            "INFO Faktory accepts requests again");
  }

  @Test
  void version_thatIsAnotherIsWarnedOfOnce() throws Exception {
    FakeFaktory.Script newer =
        call -> {
          call.send("+HI {\"v\":3}");
          call.hello();
        };
    server.greet(newer, newer);

    try (FaktoryClient client = server.client().build()) {
      server.then(say("+OK\r\n+OK"));
      client.sender("1").send(List.of("line"));
    }

    assertThat(server.connections()).isEqualTo(2);
    assertThat(said.list)
        .filteredOn(event -> event.getFormattedMessage().contains("version"))
        .extracting(event -> event.getLevel() + " " + event.getFormattedMessage())
        .containsExactly(
            "WARN the server at tcp://127.0.0.1:%d speaks version 3 of the protocol, not 2"
                .formatted(server.port()));
  }
}
