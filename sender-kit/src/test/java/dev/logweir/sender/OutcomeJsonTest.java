package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.logweir.JobOutcome;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutcomeJsonTest {
  @Test
  void variables_areAnArrayInTheirOrder() {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put("b", "1");
    variables.put("a", "");

    assertThat(new OutcomeJson(JobOutcome.FAILED, variables).fields())
        .isEqualTo(
            "\"outcome\":\"failed\",\"outcomeVariables\":"
                + "[{\"key\":\"b\",\"value\":\"1\"},{\"key\":\"a\",\"value\":\"\"}]");
  }

  @Test
  void noVariables_areNoField() {
    assertThat(new OutcomeJson(JobOutcome.SUCCESS, Map.of()).fields())
        .isEqualTo("\"outcome\":\"success\"");
  }

  @Test
  void text_isEscaped() {
    assertThat(OutcomeJson.quote("\"\\/\b\u0000\n\u001f \u007fä\u2028\u2029"))
        .isEqualTo("\"\\\"\\\\/\\u0008\\u0000\\u000a\\u001f \u007fä\\u2028\\u2029\"");
    assertThat(OutcomeJson.quote("\ud83d\ude00")).isEqualTo("\"\ud83d\ude00\"");
    assertThat(OutcomeJson.quote("\ud83d x \ude00\ud83d")).isEqualTo("\"\ufffd x \ufffd\ufffd\"");
  }

  @Test
  void nullValue_isRefused() {
    Map<String, String> variables = new HashMap<>();
    variables.put("a", null);

    assertThatNullPointerException()
        .isThrownBy(() -> new OutcomeJson(JobOutcome.FAILED, variables))
        .withMessage("value");
  }
}
