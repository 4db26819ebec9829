package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.JobOutcome;
import dev.logweir.SendException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is sent and understood, against an implementation of GraphQL. */
@Timeout(60)
class ContractTest {
  private final List<String> mutations = new ArrayList<>();
  private final List<Map<String, Object>> inputs = new ArrayList<>();
  private List<Map<String, Object>> errors = List.of();
  private RuntimeException failure;
  private final GraphQlApi api =
      new GraphQlApi(
          (mutation, input) -> {
            if (failure != null) {
              throw failure;
            }
            mutations.add(mutation);
            inputs.add(input);
            return errors;
          });
  private FakeOpsLevel server;
  private OpsLevelClient client;
  private OpsLevelSender sender;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    server.otherwise(
        call -> {
          call.readHead();
          call.respond(200, api.execute(call.readBytes(call.contentLength())));
        });
    OpsLevelClient.Builder builder = server.client().attempts(3);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
    sender = client.sender(FakeOpsLevel.JOB);
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  @Test
  void send_isAMutationOfTheSchema() throws Exception {
    sender.send(List.of("a", ""));

    assertThat(mutations).containsExactly("runnerAppendJobLog");
    assertThat(inputs.get(0))
        .containsEntry("runnerId", FakeOpsLevel.RUNNER)
        .containsEntry("runnerJobId", FakeOpsLevel.JOB)
        .containsEntry("logChunk", List.of("YQ==", ""))
        .containsOnlyKeys("runnerId", "runnerJobId", "sentAt", "logChunk");
  }

  @ParameterizedTest
  @EnumSource
  void reportOutcome_isAMutationOfTheSchema(JobOutcome outcome) throws Exception {
    sender.reportOutcome(outcome, Map.of());

    assertThat(mutations).containsExactly("runnerReportJobOutcome");
    assertThat(inputs.get(0)).containsEntry("outcome", outcome.value());
  }

  @Test
  void reportOutcome_sendsVariables() throws Exception {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("key", "a \"value\" of\n two lines \u0000 \ud83d\ude00");
    variables.put("empty", "");

    sender.reportOutcome(JobOutcome.SUCCESS, variables);

    assertThat(inputs.get(0).get("outcomeVariables"))
        .isEqualTo(
            List.of(
                Map.of("key", "key", "value", variables.get("key")),
                Map.of("key", "empty", "value", "")));
  }

  @Test
  void errorsOfThePayload_areUnderstood() {
    errors = List.of(Map.of("message", "is unknown", "path", List.of("input", "runnerJobId")));

    assertThat(refusal().kind()).isEqualTo(SendException.Kind.REFUSED);
    assertThat(refusal()).hasMessageContaining("is unknown");
    assertThat(refusal().kind()).isEqualTo(SendException.Kind.JOB_GONE);
    assertThat(mutations).hasSize(3);
  }

  @Test
  void errorsOfTheExecution_areUnderstood() {
    failure = new IllegalStateException("the database is away");

    SendException e = refusal();

    assertThat(e.kind()).isEqualTo(SendException.Kind.FAILED);
    assertThat(e).hasMessageContaining("the database is away");
    assertThat(server.connections()).isEqualTo(1);
  }

  /** The schema would not take just anything. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "logChunk | log",
        "\"YQ==\" | 1",
        "\"YQ==\" | null",
        "Z\",\"logChunk | \",\"logChunk",
        "\"runnerId\":\"r\", | ``",
        "errors{message,path} | errors{text}",
        "RunnerAppendJobLogInput! | RunnerAppendJobLogInput",
        "\"operationName\":\"RunnerAppendJobLog\" | \"operationName\":\"Other\"",
      })
  void schema_refusesWhatIsNotOfIt(String right, String wrong) throws Exception {
    String body =
        "{\"query\":\"mutation RunnerAppendJobLog($input:RunnerAppendJobLogInput!)"
            + "{runnerAppendJobLog(input: $input){errors{message,path}}}\","
            + "\"variables\":{\"input\":{\"runnerId\":\"r\",\"runnerJobId\":\"j\","
            + "\"sentAt\":\"2026-11-23T22:57:01.250Z\",\"logChunk\":[\"YQ==\"]}},"
            + "\"operationName\":\"RunnerAppendJobLog\"}";
    assertThat(api.execute(body.getBytes(UTF_8))).contains("\"errors\":[]");
    assertThat(body).contains(right);

    String answer;
    try {
      answer = api.execute(body.replace(right, wrong).getBytes(UTF_8));
    } catch (graphql.GraphQLException e) {
      answer = "message " + e;
    }

    assertThat(answer).contains("message").doesNotContain("\"errors\":[]");
  }

  private SendException refusal() {
    SendException e = catchThrowableOfType(SendException.class, () -> sender.send(List.of("line")));
    assertThat(e).isNotNull();
    return e;
  }
}
