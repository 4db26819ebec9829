package dev.logweir.faktory;

import static dev.logweir.faktory.FakeFaktory.say;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import dev.logweir.JobOutcome;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Looks for the password and the job's text in all that is logged at TRACE, thrown or shown. */
@Timeout(60)
class FaktorySecretsTest {
  private static final String TEXT = "what-the-job-wrote-0123456789";
  private static final String PASSWORD = "pass-word-of-the-test";

  private final Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
  private final Level level = root.getLevel();
  private final ConcurrentLinkedQueue<String> seen = new ConcurrentLinkedQueue<>();
  private final AppenderBase<ILoggingEvent> appender =
      new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
          seen.add(event.getLoggerName() + ": " + event.getFormattedMessage());
          for (IThrowableProxy e = event.getThrowableProxy(); e != null; e = e.getCause()) {
            seen.add(e.getClassName() + ": " + e.getMessage());
          }
        }
      };

  @BeforeEach
  void listen() {
    appender.setContext(root.getLoggerContext());
    appender.start();
    root.addAppender(appender);
    root.setLevel(Level.TRACE);
  }

  @AfterEach
  void stop() {
    root.detachAppender(appender);
    root.setLevel(level);
  }

  @Test
  void neitherPasswordNorTextIsSeenAnywhere() throws Exception {
    try (FakeFaktory server = new FakeFaktory(PASSWORD);
        FaktoryClient client = server.client().attempts(2).build()) {
      FaktorySender sender = client.sender("1");
      show(client, sender, FaktoryClient.builder().password(PASSWORD));
      sender.send(List.of(TEXT));
      server.then(
          say("-ERR no " + PASSWORD + " for you"),
          say("-DENIED " + PASSWORD),
          say("+" + PASSWORD),
          say(PASSWORD));
      show(catchThrowable(() -> sender.send(List.of(TEXT))));
      show(catchThrowable(() -> sender.send(List.of(TEXT))));
      show(catchThrowable(() -> client.sender("1", "b").send(List.of(TEXT))));
      show(catchThrowable(() -> client.sender("2", "b").send(List.of(TEXT))));
      assertThat(seen.stream().filter(text -> text.contains("nothing is pushed through a batch")))
          .hasSize(1);
      server.then(say("-ERR 1"), say("-ERR 2"));
      show(catchThrowable(() -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of("key", TEXT))));
    }
    try (FakeFaktory server = new FakeFaktory("another");
        FaktoryClient client = server.client().password(PASSWORD).build()) {
      server.greet(
          call -> {
            call.send("+HI {\"v\":2,\"i\":5,\"s\":\"x\"}");
            call.send("-ERR Invalid password " + PASSWORD);
          });
      show(catchThrowable(() -> client.sender("1").send(List.of(TEXT))));
      show(catchThrowable(() -> client.sender("1").send(List.of(TEXT))));
    }

    assertThat(seen).hasSizeGreaterThan(10);
    String base64 = Base64.getEncoder().encodeToString(TEXT.getBytes(UTF_8));
    assertThat(seen)
        .noneMatch(text -> text.contains(PASSWORD))
        .noneMatch(text -> text.contains(TEXT))
        .noneMatch(text -> text.contains(base64.substring(0, 20)));
  }

  private void show(Object... objects) {
    for (Object object : objects) {
      assertThat(object).isNotNull();
      seen.add(object.toString());
      if (object instanceof Throwable e) {
        StringWriter trace = new StringWriter();
        e.printStackTrace(new PrintWriter(trace));
        seen.add(trace.toString());
      }
    }
  }
}
