package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import dev.logweir.SendException.Kind;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class OpsLevelSenderTest {
  private static final Instant NOW = Instant.parse("2026-11-23T22:57:01.250Z");

  private FakeOpsLevel server;
  private OpsLevelClient client;
  private final List<Duration> pauses = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    client = build(server.client());
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  private OpsLevelClient build(OpsLevelClient.Builder builder) {
    builder.clock = Clock.fixed(NOW, ZoneOffset.UTC);
    builder.pauses = (call, pause) -> pauses.add(pause);
    return builder.build();
  }

  @Test
  void send_writesTheMutationAsDescribed() throws Exception {
    sender().send(List.of("first", "", "zweite Zeile: äöü €"));

    FakeOpsLevel.Request request = server.requests.get(0);
    assertThat(request.body())
        .isEqualTo(
            "{\"query\":\"mutation RunnerAppendJobLog($input:RunnerAppendJobLogInput!)"
                + "{runnerAppendJobLog(input: $input){errors{message,path}}}\","
                + "\"variables\":{\"input\":{\"runnerId\":\"Z2lkOi8vb3BzbGV2ZWwvUnVubmVycy84\","
                + "\"runnerJobId\":\"Z2lkOi8vb3BzbGV2ZWwvUnVubmVyczo6Sm9iUnVuLzIyNQ\","
                + "\"sentAt\":\"2026-11-23T22:57:01.250Z\","
                + "\"logChunk\":[\"Zmlyc3Q=\", \"\", \"endlaXRlIFplaWxlOiDDpMO2w7wg4oKs\"]}},"
                + "\"operationName\":\"RunnerAppendJobLog\"}");
    assertThat(request.headers()).containsEntry("user-agent", "logweir");
  }

  @Test
  void send_escapesIds() throws Exception {
    String odd = "a\"b\\cé";
    try (OpsLevelClient other = build(server.client().runnerId(odd))) {
      server.then(
          call -> {
            call.readHead();
            String body = new String(call.readBytes(call.contentLength()), UTF_8);
            assertThat(body).contains("\"runnerId\":\"a\\\"b\\\\cé\"");
            call.respond(200, FakeOpsLevel.ACCEPTED);
          });
      other.sender("x").send(List.of("line"));
    }
  }

  @Test
  void send_addsTheSuffixToTheUserAgent() throws Exception {
    try (OpsLevelClient other = build(server.client().userAgentSuffix("runner/1.2 (pod 7)"))) {
      other.sender(FakeOpsLevel.JOB).send(List.of("line"));
    }

    assertThat(server.requests.get(0).headers())
        .containsEntry("user-agent", "logweir runner/1.2 (pod 7)");
  }

  @Test
  void send_usesOneConnectionAgain() throws Exception {
    for (int i = 0; i < 5; i++) {
      sender().send(List.of("line " + i));
    }

    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_repeatsTheSameBytes() throws Exception {
    server.then(status(503), status(500));

    sender().send(List.of("one", "two"));

    assertThat(server.requests).hasSize(3);
    assertThat(server.requests.get(1).body()).isEqualTo(server.requests.get(0).body());
    assertThat(server.requests.get(2).body()).isEqualTo(server.requests.get(0).body());
  }

  @ParameterizedTest
  @ValueSource(ints = {408, 425, 429, 500, 501, 599})
  void send_triesFiveTimesWhatMayPass(int status) {
    server.otherwise(status(status));

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("job 225").hasMessageContaining("HTTP " + status);
    assertThat(server.requests).hasSize(5);
    assertThat(pauses).hasSize(4);
    for (int i = 0; i < pauses.size(); i++) {
      long nominal = 1000L << i;
      assertThat(pauses.get(i).toMillis()).isBetween(nominal / 2, nominal * 3 / 2);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 402, 403, 409, 422, 301, 302, 304, 307, 308})
  void send_doesNotRepeatWhatIsRefused(int status) {
    server.otherwise(status(status, "Location: " + server.url() + "/elsewhere"));

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(e.isUndelivered(0)).isTrue();
    assertThat(server.requests).hasSize(1);
    assertThat(pauses).isEmpty();
  }

  @Test
  void send_endsTheJobWhenThereIsNoSuchEndpoint() {
    server.otherwise(status(404));

    assertThat(failure().kind()).isEqualTo(Kind.JOB_GONE);
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void send_namesTheVariableWhenTheTokenIsRefused() {
    server.otherwise(status(401));

    assertThat(failure()).hasMessageContaining("OPSLEVEL_API_TOKEN").hasMessageContaining("401");
  }

  @Test
  void send_neverRepeatsErrorsOfThePayload() {
    server.otherwise(
        answer(
            "{\"data\":{\"runnerAppendJobLog\":{\"errors\":"
                + "[{\"message\":\"no such\\njob\",\"path\":[\"runnerJobId\"]}]}}}"));

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(e).hasMessageContaining("no such job");
    assertThat(server.requests).hasSize(1);
    assertThat(server.connections()).isEqualTo(1);
  }

  @Test
  void send_repeatsErrorsOfGraphQl() {
    server.otherwise(answer("{\"errors\":[{\"message\":\"timeout in resolver\"}],\"data\":null}"));

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("timeout in resolver");
    assertThat(server.requests).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "ok",
        "[]",
        "{}",
        "{\"data\":null}",
        "{\"data\":{}}",
        "{\"data\":{\"runnerAppendJobLog\":null}}",
        "{\"data\":{\"runnerAppendJobLog\":{}}}",
        "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}",
        "{\"data\":{\"runnerAppendJobLog\":{\"errors\":\"\"}}}",
        "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}} and more",
        "<html>502</html>",
      })
  void send_repeatsAnAnswerThatIsNone(String body) {
    server.otherwise(answer(body));

    assertThat(failure().kind()).isEqualTo(Kind.FAILED);
    assertThat(server.requests).hasSize(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}},\"extensions\":{\"a\":[1,{}]}}",
        "{\"data\":{\"other\":{\"errors\":[1]},\"runnerAppendJobLog\":{\"x\":1,\"errors\":null}}}",
        " {\"errors\":null,\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}\n",
        "{\"errors\":[],\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}",
      })
  void send_takesAnAnswerWithMoreInIt(String body) throws Exception {
    server.then(answer(body));

    sender().send(List.of("line"));

    assertThat(server.requests).hasSize(1);
  }

  @Test
  void send_readsNoMoreThan64KiBOfAnAnswer() {
    server.otherwise(
        call -> {
          call.read();
          call.head(200, Integer.MAX_VALUE);
          call.out.write('{');
          byte[] blanks = " ".repeat(1024).getBytes(UTF_8);
          // Ends when the client closes the connection.
          while (true) {
            call.out.write(blanks);
          }
        });

    SendException e = failure();

    assertThat(e).hasMessageContaining("over 64 KiB");
    assertThat(server.requests).hasSize(5);
    assertThat(client.transport().connectionCount()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "Mon, 23 Nov 2026 22:57:08 GMT"})
  void send_leavesTheServerAloneAsLongAsItAsks(String wish) throws Exception {
    server.then(status(429, "Retry-After: " + wish));

    sender().send(List.of("line"));

    assertThat(pauses).hasSize(1);
    assertThat(pauses.get(0)).isBetween(Duration.ofMillis(5750), Duration.ofSeconds(7));
  }

  @Test
  void send_repeatsAfterALostConnection() throws Exception {
    server.then(
        FakeOpsLevel.Call::reset,
        call -> {
          call.readHead();
          call.reset();
        },
        call -> {
          call.read();
          call.reset();
        },
        call -> {
          call.read();
          call.head(200, 100);
          call.out.write("{\"data\"".getBytes(UTF_8));
          call.socket.close();
        });

    sender().send(List.of("line"));

    assertThat(pauses).hasSize(4);
    assertThat(server.lines()).hasSize(3).allMatch(line -> new String(line, UTF_8).equals("line"));
    assertThat(server.connections()).isEqualTo(5);
  }

  @Test
  void send_countsWhereNobodyListensAndNothingIsTriedAgain() throws Exception {
    client.close();
    client = server.client().attempts(1).build();
    server.close();

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("no connection");
    assertThat(pauses).isEmpty();
  }

  @Test
  void send_saysWhenTheBodyIsWritten() throws Exception {
    // More than the buffers of both ends take, so that the end of the body waits for the server to
    // read.
    LogBatch raw = LogBatch.ofBytes(Collections.nCopies(32 * 1024, new byte[1024]));
    AtomicBoolean early = new AtomicBoolean();
    server.then(
        call -> {
          call.readHead();
          early.set(raw.call().isWritten());
          call.readBytes(call.contentLength());
          call.respond(200, FakeOpsLevel.ACCEPTED);
        });

    sender().send(raw);

    assertThat(early).isFalse();
    assertThat(raw.call().isWritten()).isTrue();
  }

  @Test
  void send_doesNotTryWithoutTimeLeft() throws Exception {
    LogBatch raw = LogBatch.ofBytes(List.of("line".getBytes(UTF_8)));
    raw.call().beginEnd(Duration.ZERO);

    SendException e = failure(raw);

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("no time left");
    assertThat(server.connections()).isZero();
  }

  @Test
  void send_endsWithTheOverallTimeout() throws Exception {
    long[] nanos = {0};
    OpsLevelClient.Builder builder =
        server
            .client()
            .attemptTimeout(Duration.ofSeconds(5))
            .overallTimeout(Duration.ofSeconds(5))
            .attempts(100);
    builder.nanoTime = () -> nanos[0];
    client = build(builder);
    client.close();
    builder.pauses =
        (call, pause) -> {
          pauses.add(pause);
          nanos[0] += pause.toNanos();
        };
    client = builder.build();
    server.otherwise(status(500));

    failure();

    assertThat(pauses.stream().reduce(Duration.ZERO, Duration::plus))
        .isLessThan(Duration.ofSeconds(5));
    assertThat(server.requests).hasSize(pauses.size() + 1);
  }

  @ParameterizedTest
  @EnumSource
  void reportOutcome_leavesOutVariablesWhenThereAreNone(JobOutcome outcome) throws Exception {
    sender().reportOutcome(outcome, Map.of());

    assertThat(server.requests.get(0).input())
        .containsEntry("outcome", outcome.value())
        .doesNotContainKey("outcomeVariables");
  }

  @Test
  void reportOutcome_sendsVariablesInTheirOrder() throws Exception {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("b", "2 \"quoted\" \u2028");
    variables.put("a", "");

    sender().reportOutcome(JobOutcome.SUCCESS, variables);

    assertThat(server.requests.get(0).input().get("outcomeVariables"))
        .isEqualTo(
            List.of(
                Map.of("key", "b", "value", "2 \"quoted\" \u2028"),
                Map.of("key", "a", "value", "")));
  }

  @Test
  void reportOutcome_repeatsLikeABatch() throws Exception {
    server.then(status(503), status(429));

    sender().reportOutcome(JobOutcome.FAILED, Map.of("k", "v"));

    assertThat(server.requests).hasSize(3);
    assertThat(pauses).hasSize(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT24H0.001S"})
  void reportOutcome_refusesALimitOutOfRange(Duration limit) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> sender().reportOutcome(JobOutcome.FAILED, Map.of(), limit))
        .withMessage("timeout must be from 1 ms to 24 h: " + limit);
  }

  @Test
  void reportOutcome_saysWhatWasRefused() {
    server.otherwise(
        answer(
            "{\"data\":{\"runnerReportJobOutcome\":{\"errors\":[{\"message\":\"done already\"}]}}}"));

    SendException e =
        catchThrowableOfType(
            SendException.class, () -> sender().reportOutcome(JobOutcome.FAILED, Map.of()));

    assertThat(e.kind()).isEqualTo(Kind.REFUSED);
    assertThat(e).hasMessageContaining("outcome of job 225").hasMessageContaining("done already");
    assertThat(server.requests).hasSize(1);
  }

  @Test
  void sender_sharesTheClientAndStatesItsOverhead() {
    OpsLevelSender sender = sender();

    assertThat(sender.client()).isSameAs(client);
    assertThat(sender.maxRetainedBytes()).isEqualTo(96 * 1024);
    assertThat(sender).hasToString("OpsLevelSender[job 225]");
    assertThat(client.sender("plain id")).hasToString("OpsLevelSender[job plain id]");
  }

  @Test
  void close_failsLaterSends() {
    client.close();

    SendException e = failure();

    assertThat(e.kind()).isEqualTo(Kind.FAILED);
    assertThat(e).hasMessageContaining("closed");
    assertThat(server.connections()).isZero();
    assertThat(pauses).isEmpty();
  }

  private OpsLevelSender sender() {
    return client.sender(FakeOpsLevel.JOB);
  }

  private SendException failure() {
    return failure(List.of("line"));
  }

  private SendException failure(List<String> lines) {
    SendException e = catchThrowableOfType(SendException.class, () -> sender().send(lines));
    assertThat(e).isNotNull();
    return e;
  }
}
