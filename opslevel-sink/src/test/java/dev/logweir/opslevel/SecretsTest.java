package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
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

/** Looks for the token and the job's text in all that is logged at TRACE, thrown or shown. */
@Timeout(60)
class SecretsTest {
  private static final String TEXT = "what-the-job-wrote-0123456789";

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
  void token_isInNoText() throws Exception {
    try (FakeOpsLevel server = new FakeOpsLevel()) {
      String echo = "bad token " + FakeOpsLevel.TOKEN + " for " + TEXT;
      server.then(
          FakeOpsLevel.Call::accept,
          status(401, "WWW-Authenticate: Bearer realm=\"x\"", "Set-Cookie: a=b"),
          status(302, "Location: " + server.url() + "/graphql"),
          answer("{\"errors\":[{\"message\":\"" + echo + "\"}]}"),
          answer(
              "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\"" + echo + "\"}]}}}"),
          answer(echo),
          FakeOpsLevel.Call::reset,
          FakeOpsLevel.Call::accept);
      OpsLevelClient.Builder builder = server.client().attempts(1);
      show(builder);
      OpsLevelClient client = builder.build();
      show(client);
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      show(sender);
      show(client.transport());
      show(client.retries());
      for (int i = 0; i < 7; i++) {
        show(catchThrowable(() -> sender.send(List.of(TEXT))));
      }
      show(catchThrowable(() -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of("key", TEXT))));
      client.close();
      show(catchThrowable(() -> sender.send(List.of(TEXT))));
    }

    assertThat(seen).anyMatch(line -> line.startsWith("org.apache.hc"));
    assertThat(seen).noneMatch(line -> line.contains(FakeOpsLevel.TOKEN));
    assertThat(seen)
        .noneMatch(
            line ->
                line.contains(
                    Base64.getEncoder().encodeToString(TEXT.getBytes(UTF_8)).substring(0, 20)));
  }

  private void show(Object object) {
    seen.add(String.valueOf(object));
    if (object instanceof Throwable e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      seen.add(trace.toString());
    }
  }
}
