package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.JobOutcome;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.OutcomeVariables;
import dev.logweir.SecretMasker;
import dev.logweir.sender.OutcomeJson;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** What {@link SecretGuard} does not get to see by itself: exceptions, texts of objects, meters. */
@Timeout(60)
class OpsLevelSecretsTest {
  private static final String SHOWS = "bad " + FakeOpsLevel.TOKEN + ", bad " + FakeOpsLevel.TOKEN;

  @Test
  void guard_findsWhatIsLogged() {
    long before = SecretGuard.searched();
    LoggerFactory.getLogger("any").trace("says {}", "x", new Exception("a", new Exception("b")));
    assertThat(SecretGuard.searched()).isGreaterThanOrEqualTo(before + 3);
    SecretGuard.assertNoLeak();

    LoggerFactory.getLogger("any").trace("says {}", FakeOpsLevel.TOKEN);
    assertThatThrownBy(SecretGuard::assertNoLeak).hasMessageContaining("shown by any");
    LoggerFactory.getLogger("any")
        .trace("says", new Exception("outside", new Exception(SecretGuard.MASKED)));
    assertThatThrownBy(SecretGuard::assertNoLeak).hasMessageContaining("shown by any");
    SecretGuard.assertNoLeak();
  }

  @Test
  void token_isInNoExceptionTextOrMeter() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    long before = SecretGuard.searched();
    try (FakeOpsLevel server = new FakeOpsLevel()) {
      server.then(
          FakeOpsLevel.Call::accept,
          status(401, "WWW-Authenticate: Bearer realm=\"x\"", "Set-Cookie: a=b"),
          status(302, "Location: " + server.url() + "/graphql?" + FakeOpsLevel.TOKEN),
          answer("{\"errors\":[{\"message\":\"" + SHOWS + "\"}]}"),
          answer(
              "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\"" + SHOWS + "\"}]}}}"),
          answer("{\"errors\":[{\"message\":\"request too large: " + SHOWS + "\"}]}"),
          answer(SHOWS),
          answer("{\"" + SHOWS + "\":" + SHOWS),
          call -> {
            call.read();
            call.out.write((SHOWS + "\r\n\r\n").getBytes(UTF_8));
            call.socket.close();
          },
          call -> {
            call.read();
            call.out.write(
                ("HTTP/1.1 200 OK\r\nContent-Length: " + SHOWS + "\r\n\r\n").getBytes(UTF_8));
            call.socket.close();
          },
          call -> {
            call.read();
            call.out.write(
                ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + SHOWS + "\r\n")
                    .getBytes(UTF_8));
            call.socket.close();
          },
          FakeOpsLevel.Call::reset,
          FakeOpsLevel.Call::accept);
      OpsLevelClient.Builder builder =
          server.client().attempts(1).metrics(OpsLevelMetrics.register(registry));
      show(builder);
      OpsLevelClient client = builder.build();
      OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
      for (int i = 0; i < 12; i++) {
        show(catchThrowable(() -> sender.send(List.of(SecretGuard.MASKED))));
      }
      show(
          catchThrowable(
              () -> sender.reportOutcome(JobOutcome.SUCCESS, Map.of("key", SecretGuard.MASKED))));
      client.close();
      show(catchThrowable(() -> sender.send(List.of(SecretGuard.MASKED))));
      for (Object object :
          List.of(
              client,
              sender,
              client.transport(),
              client.attempts(),
              client.circuit(),
              new OutcomeJson(JobOutcome.FAILED, Map.of("key", SecretGuard.MASKED)))) {
        show(object);
      }
    }
    registry.getMeters().forEach(meter -> show(meter.getId()));

    assertThat(SecretGuard.searched()).isGreaterThan(before + 100);
    SecretGuard.assertNoLeak();
  }

  @Test
  void refusals_doNotShowTheToken() {
    for (String token : List.of(FakeOpsLevel.TOKEN + "\n", FakeOpsLevel.TOKEN + " x")) {
      show(catchThrowable(() -> OpsLevelClient.builder().token(token)));
      show(
          catchThrowable(
              () ->
                  OpsLevelClient.fromEnvironment(
                      name -> name.equals("OPSLEVEL_API_TOKEN") ? token : null)));
    }
    String user = "https://user:" + FakeOpsLevel.TOKEN + "@host";
    show(catchThrowable(() -> OpsLevelClient.builder().apiUrl(user)));
    show(catchThrowable(() -> OpsLevelClient.builder().apiUrl(user + "/ x")));
    show(catchThrowable(() -> OpsLevelClient.builder().proxy(user)));

    SecretGuard.assertNoLeak();
  }

  @Test
  void maskedValue_reachesNeitherTheServerNorAText() throws Exception {
    try (FakeOpsLevel server = new FakeOpsLevel()) {
      server.then(status(503), status(500), status(429, "Retry-After: 0"));
      OpsLevelClient.Builder builder = server.client();
      builder.pauses = (call, pause) -> {};
      try (OpsLevelClient client = builder.build()) {
        OpsLevelSender sender = client.sender(FakeOpsLevel.JOB);
        SecretMasker masker = SecretMasker.of(List.of(SecretGuard.MASKED));
        OutcomeVariables variables = OutcomeVariables.maskedBy(masker);
        LogStreamer log =
            LogStreamer.builder(sender)
                .processor(variables)
                .processor(masker)
                .afterLog(r -> sender.reportOutcome(JobOutcome.SUCCESS, variables.variables()))
                .start();
        for (String line :
            List.of(
                "before " + SecretGuard.MASKED + " after",
                "::set-outcome-var key=" + SecretGuard.MASKED,
                "the last " + SecretGuard.MASKED)) {
          log.stdout().write((line + "\n").getBytes(UTF_8));
        }
        LogReport report = log.finish(Duration.ofSeconds(50));
        show(report);
        show(log);
        log.recentLines().forEach(this::show);

        assertThat(report.isComplete()).isTrue();
      }
      assertThat(server.lines()).noneMatch(line -> SecretGuard.hasSecret(new String(line, UTF_8)));
      assertThat(server.requests).noneMatch(r -> SecretGuard.hasSecret(r.body()));
      assertThat(server.requests.get(server.requests.size() - 1).body()).contains("**********");
    }
    SecretGuard.assertNoLeak();
  }

  private void show(Object object) {
    SecretGuard.search("a text", String.valueOf(object));
    if (object instanceof Throwable e) {
      StringWriter trace = new StringWriter();
      e.printStackTrace(new PrintWriter(trace));
      SecretGuard.search("an exception", trace.toString());
    }
  }
}
