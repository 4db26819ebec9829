package dev.logweir.examples;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EmbeddedEndpointTest {
  private static final String APPEND =
      "mutation RunnerAppendJobLog($input:RunnerAppendJobLogInput!)"
          + "{runnerAppendJobLog(input: $input){errors{message,path}}}";
  private static final String OUTCOME =
      "mutation RunnerReportJobOutcome($input:RunnerReportJobOutcomeInput!)"
          + "{runnerReportJobOutcome(input: $input){errors{message,path}}}";
  private static final String RUNNER = Ids.runner(1);
  private static final String NO_ERRORS = "{\"data\":{\"runnerAppendJobLog\":{\"errors\":[]}}}";

  private final HttpClient client = HttpClient.newHttpClient();
  @TempDir private Path folder;

  @Test
  void append_writesBytesAndALineEndEach() throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      byte[] binary = {(byte) 0xff, 0, '\r', (byte) 0xc3};
      String lines = base64("grün") + "," + base64("") + "," + base64(binary);

      HttpResponse<String> answer = post(endpoint, append(7, lines));

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(NO_ERRORS);
      assertThat(answer.headers().firstValue("Content-Type"))
          .hasValueSatisfying(type -> assertThat(type).startsWith("application/json"));
      byte[] expected = bytes("grün\n\n", binary, "\n");
      assertThat(folder.resolve("job-7.log")).hasBinaryContent(expected);
      assertThat(endpoint.received(7)).isEqualTo(new ReceivedLog.Sums(1, 3, expected.length, null));
      assertThat(endpoint.problems()).isEmpty();
      assertNoStagedFile();
    }
  }

  @Test
  void append_takesFieldsInAnyOrder() throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String body =
          """
          {"operationName":"RunnerAppendJobLog","variables":{"input":{"logChunk":[%s],
          "sentAt":"2026-11-23T22:57:01.123456789Z","runnerJobId":"%s","runnerId":"%s"}},"query":"%s"}
          """
              .formatted(base64("a"), Ids.job(7), RUNNER, APPEND);

      assertThat(post(endpoint, body).body()).isEqualTo(NO_ERRORS);
      assertThat(folder.resolve("job-7.log")).hasContent("a\n");
    }
  }

  @Test
  void append_withoutFolder_counts() throws Exception {
    try (EmbeddedEndpoint endpoint =
        EmbeddedEndpoint.start(RUNNER, "token", EndpointFaults.NONE, null)) {
      endpoint.addJob(7);

      assertThat(post(endpoint, append(7, base64("abc"))).body()).isEqualTo(NO_ERRORS);

      assertThat(endpoint.received(7)).isEqualTo(new ReceivedLog.Sums(1, 1, 4, null));
      assertThat(endpoint.receivedBytes()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "POST, /other, Bearer token, application/json, internal, 404",
    "POST, /graphql?x=1, Bearer token, application/json, internal, 404",
    "POST, /graphql/, Bearer token, application/json, internal, 404",
    "PUT, /graphql, Bearer token, application/json, internal, 405",
    "POST, /graphql, Bearer other, application/json, internal, 401",
    "POST, /graphql, token, application/json, internal, 401",
    "POST, /graphql, , application/json, internal, 401",
    "POST, /graphql, Bearer token, text/plain, internal, 415",
    "POST, /graphql, Bearer token, application/json, public, 400",
    "POST, /graphql, Bearer token, application/json, , 400",
  })
  void head_wrong_isAnsweredWithItsStatus(
      String method, String path, String authorization, String type, String visibility, int status)
      throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      HttpRequest.Builder request =
          HttpRequest.newBuilder(endpoint.url().resolve(path))
              .header("Content-Type", type)
              .method(method, HttpRequest.BodyPublishers.ofString(append(7, base64("a"))));
      if (authorization != null) {
        request.header("Authorization", authorization);
      }
      if (visibility != null) {
        request.header("GraphQL-Visibility", visibility);
      }

      HttpResponse<String> answer =
          client.send(request.build(), HttpResponse.BodyHandlers.ofString());

      assertThat(answer.statusCode()).isEqualTo(status);
      assertThat(answer.body()).startsWith("{\"errors\":[{\"message\":\"");
      assertThat(endpoint.problems()).hasSize(1);
      assertThat(endpoint.received(7).requests()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{\"query\":",
        "VALID x",
        "VALID {}",
        "{\"query\":\"%Q\",\"operationName\":\"RunnerAppendJobLog\"}",
        "{\"query\":\"%Q\",\"operationName\":\"RunnerAppendJobLog\",\"variables\":{}}",
        "{\"query\":\"%Q\",\"operationName\":\"RunnerAppendJobLog\",\"variables\":{\"in\":{}}}",
        "{\"query\":\"%Q\",\"variables\":{\"input\":%I}}",
        "{\"query\":\"%Q\",\"operationName\":\"Other\",\"variables\":{\"input\":%I}}",
        "{\"query\":\"%Q \",\"operationName\":\"RunnerAppendJobLog\",\"variables\":{\"input\":%I}}",
        "{\"query\":\"%Q\",\"operationName\":\"RunnerReportJobOutcome\",\"variables\":{\"input\":%I}}",
        "{\"extra\":1,\"query\":\"%Q\",\"operationName\":\"RunnerAppendJobLog\",\"variables\":{\"input\":%I}}",
        "{\"query\":\"%Q\",\"query\":\"%Q\",\"operationName\":\"RunnerAppendJobLog\",\"variables\":{\"input\":%I}}",
        "FIELD {\"runnerId\":\"%R\",\"runnerJobId\":\"%J\",\"sentAt\":\"2026-11-23T22:57:01Z\"}",
        "FIELD {\"runnerId\":\"%R\",\"runnerJobId\":\"%J\",\"logChunk\":[\"YQ==\"]}",
        "FIELD {\"runnerId\":\"%R\",\"runnerJobId\":null,\"sentAt\":\"2026-11-23T22:57:01Z\",\"logChunk\":[\"YQ==\"]}",
        "FIELD {\"runnerId\":\"%R\",\"runnerJobId\":\"%J\",\"sentAt\":\"2026-11-23T22:57:01Z\",\"logChunk\":\"YQ==\"}",
        "FIELD {\"runnerId\":\"%R\",\"runnerJobId\":\"%J\",\"sentAt\":\"2026-11-23T22:57:01Z\",\"logChunk\":[1]}",
        "FIELD {\"x\":\"\",\"runnerId\":\"%R\",\"runnerJobId\":\"%J\",\"sentAt\":\"2026-11-23T22:57:01Z\",\"logChunk\":[\"YQ==\"]}",
      })
  void body_ofAnotherShape_is400AndLeavesNothing(String template) throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String body =
          template
              .replace("VALID", append(7, base64("a")))
              .replace("%Q", APPEND)
              .replace("%I", input(7, base64("a")))
              .replace("%R", RUNNER)
              .replace("%J", Ids.job(7));
      if (body.startsWith("FIELD ")) {
        body = call(APPEND, "RunnerAppendJobLog", body.substring(6));
      }

      assertThat(post(endpoint, body).statusCode()).isEqualTo(400);

      assertThat(endpoint.received(7).requests()).isZero();
      assertThat(folder.resolve("job-7.log")).isEmptyFile();
      assertNoStagedFile();
    }
  }

  @Test
  void body_notUtf8_is400() throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String body = append(7, base64("a")).replace("input", "inpüt");

      assertThat(post(endpoint, body, ISO_8859_1).statusCode()).isEqualTo(400);
      assertThat(endpoint.problems()).containsExactly("not UTF-8");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"YQ\"", // no padding
        "\"YR==\"", // left-over bits
        "\"YQ==\\n\"",
        "\"-_8=\"", // the URL-safe alphabet
        "\"YQo=\"", // decodes to a line end
        "\"YQ==\",\"*\"",
        "",
      })
  void append_lineThatIsNotOneInBase64_isAPayloadError(String lines) throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      HttpResponse<String> answer = post(endpoint, append(7, lines));

      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body())
          .startsWith("{\"data\":{\"runnerAppendJobLog\":{\"errors\":[{\"message\":\"logChunk: ")
          .contains("\"path\":[\"logChunk\"]");
      assertThat(folder.resolve("job-7.log")).isEmptyFile();
      assertThat(endpoint.problems()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "runnerId, x, job, 2026-11-23T22:57:01Z",
    "runnerJobId, runner, x, 2026-11-23T22:57:01Z",
    "sentAt, runner, job, 2026-11-23 22:57:01",
    "sentAt, runner, job, 2026-11-23T22:57:01+01:00",
    "sentAt, runner, job, now",
  })
  void append_valueThatIsRefused_isAPayloadError(
      String field, String runner, String job, String sentAt) throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String body =
          append(7, base64("a"))
              .replace(RUNNER, runner.equals("runner") ? RUNNER : runner)
              .replace(Ids.job(7), job.equals("job") ? Ids.job(7) : job)
              .replace("2026-11-23T22:57:01Z", sentAt);

      assertThat(post(endpoint, body).body()).contains("\"path\":[\"" + field + "\"]");
      assertThat(endpoint.received(7).requests()).isZero();
    }
  }

  @Test
  void outcome_isWrittenAndEndsTheLog() throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String outcome =
          outcome(
              "\"outcome\":\"success\",\"outcomeVariables\":[{\"key\":\"k\",\"value\":\"a\\nb\"}]");

      assertThat(post(endpoint, outcome).body())
          .isEqualTo("{\"data\":{\"runnerReportJobOutcome\":{\"errors\":[]}}}");
      assertThat(folder.resolve("outcomes.jsonl"))
          .hasContent("{\"job\":7,\"outcome\":\"success\",\"variables\":{\"k\":\"a\\nb\"}}\n");
      assertThat(endpoint.received(7).outcome()).isEqualTo("success");
      assertThat(post(endpoint, append(7, base64("late"))).body()).contains("has ended");
      assertThat(post(endpoint, outcome("\"outcome\":\"failed\"")).body()).contains("already");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"outcome\":\"fine\"",
        "\"outcome\":\"success\",\"outcomeVariables\":[]",
        "\"outcome\":\"success\",\"outcomeVariables\":"
            + "[{\"key\":\"k\",\"value\":\"\"},{\"key\":\"k\",\"value\":\"\"}]",
      })
  void outcome_valueThatIsRefused_isAPayloadError(String fields) throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      assertThat(post(endpoint, outcome(fields)).body()).contains("\"message\":\"outcome");
      assertThat(endpoint.received(7).outcome()).isNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"outcome\":\"success\",\"outcomeVariables\":[{\"key\":\"k\"}]",
        "\"outcome\":\"success\",\"outcomeVariables\":[{\"key\":\"k\",\"value\":\"\",\"x\":\"\"}]",
        "\"outcome\":\"success\",\"outcomeVariables\":[\"k\"]",
        "\"outcome\":\"success\",\"logChunk\":[]",
      })
  void outcome_ofAnotherShape_is400(String fields) throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      assertThat(post(endpoint, outcome(fields)).statusCode()).isEqualTo(400);
    }
  }

  @Test
  void request_brokenOff_leavesNothing() throws Exception {
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      String body = append(7, base64("a") + "," + base64("b"));
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), endpoint.url().getPort())) {
        String head =
            """
            POST /graphql HTTP/1.1\r
            Host: localhost\r
            Authorization: Bearer token\r
            Content-Type: application/json\r
            GraphQL-Visibility: internal\r
            User-Agent: test\r
            Content-Length: %d\r
            \r
            """
                .formatted(body.length());
        socket
            .getOutputStream()
            .write((head + body.substring(0, body.length() - 9)).getBytes(UTF_8));
        socket.shutdownOutput();
        assertThat(socket.getInputStream().read()).isEqualTo(-1);
      }

      assertThat(post(endpoint, append(7, base64("whole"))).body()).isEqualTo(NO_ERRORS);
      assertThat(folder.resolve("job-7.log")).hasContent("whole\n");
    }
  }

  @Test
  void failRate_ofAHalf_failsEverySecondRequest() throws Exception {
    try (EmbeddedEndpoint endpoint = start(new EndpointFaults(0.5, Duration.ZERO, null))) {
      List<Integer> statuses = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        statuses.add(post(endpoint, append(7, base64("a"))).statusCode());
      }

      assertThat(statuses).containsExactly(200, 500, 200, 500, 200, 500);
      assertThat(endpoint.received(7).lines()).isEqualTo(3);
      assertThat(endpoint.problems()).isEmpty();
    }
  }

  @Test
  void delay_holdsEveryAnswerBack() throws Exception {
    Duration delay = Duration.ofMillis(300);
    try (EmbeddedEndpoint endpoint = start(new EndpointFaults(0, delay, null))) {
      long begun = System.nanoTime();

      assertThat(post(endpoint, append(7, base64("a"))).body()).isEqualTo(NO_ERRORS);

      assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(delay.toNanos());
    }
  }

  @Test
  void stall_answersNothingFromThenOn_andCloseEndsIt() throws Exception {
    CompletableFuture<HttpResponse<String>> hanging;
    try (EmbeddedEndpoint endpoint = start(EndpointFaults.NONE)) {
      post(endpoint, append(7, base64("a")));
      endpoint.mode(EmbeddedEndpoint.Mode.HANGS);
      hanging =
          client.sendAsync(
              request(endpoint, append(7, base64("b")), UTF_8),
              HttpResponse.BodyHandlers.ofString());
      // More hang at once than the endpoint has threads.
      for (int i = 0; i < 50; i++) {
        var another =
            client.sendAsync(
                request(endpoint, append(7, base64("c")), UTF_8),
                HttpResponse.BodyHandlers.ofString());
        assertThat(another).isNotDone();
      }
      assertThat(hanging).isNotDone();
      assertThat(endpoint.received(7).lines()).isEqualTo(1);
    }
    assertThatThrownBy(() -> hanging.get(30, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(IOException.class);
  }

  @Test
  void manyJobsAtOnce_eachGetsItsOwnFile() throws Exception {
    try (EmbeddedEndpoint endpoint =
        EmbeddedEndpoint.start(RUNNER, "token", EndpointFaults.NONE, folder)) {
      List<CompletableFuture<?>> answers = new ArrayList<>();
      for (int job = 1; job <= 25; job++) {
        endpoint.addJob(job);
        CompletableFuture<?> last = CompletableFuture.completedFuture(null);
        for (int batch = 0; batch < 10; batch++) {
          String line = base64(("job " + job + " batch " + batch).repeat(500));
          String body = append(job, String.join(",", List.of(line, line, line)));
          last =
              last.thenCompose(
                  before ->
                      client.sendAsync(
                          request(endpoint, body, UTF_8), HttpResponse.BodyHandlers.ofString()));
        }
        answers.add(last);
      }
      CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
          .get(50, TimeUnit.SECONDS);

      for (int job = 1; job <= 25; job++) {
        StringBuilder expected = new StringBuilder();
        for (int batch = 0; batch < 10; batch++) {
          expected.append((("job " + job + " batch " + batch).repeat(500) + "\n").repeat(3));
        }
        assertThat(folder.resolve("job-" + job + ".log")).hasContent(expected.toString());
      }
      assertNoStagedFile();
    }
  }

  private EmbeddedEndpoint start(EndpointFaults faults) throws IOException {
    EmbeddedEndpoint endpoint = EmbeddedEndpoint.start(RUNNER, "token", faults, folder);
    endpoint.addJob(7);
    return endpoint;
  }

  private HttpResponse<String> post(EmbeddedEndpoint endpoint, String body) throws Exception {
    return post(endpoint, body, UTF_8);
  }

  private HttpResponse<String> post(EmbeddedEndpoint endpoint, String body, Charset charset)
      throws Exception {
    return client.send(request(endpoint, body, charset), HttpResponse.BodyHandlers.ofString());
  }

  private static HttpRequest request(EmbeddedEndpoint endpoint, String body, Charset charset) {
    URI url = endpoint.url().resolve("/graphql");
    return HttpRequest.newBuilder(url)
        .header("Authorization", "Bearer token")
        .header("Content-Type", "application/json")
        .header("GraphQL-Visibility", "internal")
        .POST(HttpRequest.BodyPublishers.ofString(body, charset))
        .build();
  }

  private static String append(long job, String lines) {
    return call(APPEND, "RunnerAppendJobLog", input(job, lines));
  }

  private static String input(long job, String lines) {
    return """
        {"runnerId":"%s","runnerJobId":"%s","sentAt":"2026-11-23T22:57:01Z","logChunk":[%s]}"""
        .formatted(RUNNER, Ids.job(job), lines);
  }

  private static String outcome(String fields) {
    String input =
        "{\"runnerId\":\"%s\",\"runnerJobId\":\"%s\",%s}".formatted(RUNNER, Ids.job(7), fields);
    return call(OUTCOME, "RunnerReportJobOutcome", input);
  }

  private static String call(String query, String operation, String input) {
    return "{\"query\":\"%s\",\"variables\":{\"input\":%s},\"operationName\":\"%s\"}"
        .formatted(query, input, operation);
  }

  private static String base64(String line) {
    return base64(line.getBytes(UTF_8));
  }

  private static String base64(byte[] line) {
    return '"' + Base64.getEncoder().encodeToString(line) + '"';
  }

  private static byte[] bytes(String before, byte[] middle, String after) {
    return (new String(before.getBytes(UTF_8), ISO_8859_1) + new String(middle, ISO_8859_1) + after)
        .getBytes(ISO_8859_1);
  }

  private void assertNoStagedFile() throws IOException {
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".request-"));
    }
  }
}
