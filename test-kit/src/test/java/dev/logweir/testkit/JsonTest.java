package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void values_areThoseOfJava() {
    assertThat(Json.parse(" {\"a\": [1, -2.5, 1e2, true, false, null], \"b\":{}, \"\":[]}\r\n\t"))
        .isEqualTo(
            Map.of(
                "a",
                java.util.Arrays.asList(1L, -2.5, 100.0, true, false, null),
                "b",
                Map.of(),
                "",
                List.of()));
    assertThat(Json.parse("0")).isEqualTo(0L);
    assertThat(Json.parse("123456789012345678")).isEqualTo(123_456_789_012_345_678L);
  }

  @Test
  void strings_areUnescaped() {
    assertThat(Json.parse("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\u2028 x\""))
        .isEqualTo("\"\\/\b\f\n\r\tä\ud83d\ude00\u2028 x");
  }

  @Test
  void object_keepsTheOrder() {
    assertThat(Json.object("{\"b\":1,\"a\":2}".getBytes(UTF_8)).keySet()).containsExactly("b", "a");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "[1",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{\"a\":1,}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1}}",
        "{\"a\":1} x",
        "]",
        "{]",
        "'a'",
        "\"a",
        "\"a\nb\"",
        "\"\u0000\"",
        "\"\\x\"",
        "\"\\",
        "\"\\u12",
        "\"\\u12g4\"",
        "tru",
        "truee",
        "nul",
        "01",
        "+1",
        "1.",
        ".5",
        "-",
        "1e",
        "NaN",
        "// x\n1"
      })
  void otherText_isRefused(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(text))
        .withMessageStartingWith("not JSON: ");
  }

  @Test
  void nameThatIsThereTwice_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse("{\"a\":1,\"b\":{\"a\":2},\"a\":3}"))
        .withMessage("not JSON: expected a name that is new at 24");
  }

  @Test
  void bytesThatAreNoText_areRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse(new byte[] {'"', (byte) 0xc3, '"'}));
  }

  @Test
  void bracketsWithoutEnd_areRefused() {
    assertThat(Json.parse("[".repeat(100) + "]".repeat(100))).isInstanceOf(List.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Json.parse("[".repeat(101) + "]".repeat(101)));
    assertThat(Json.parse("[" + "[],".repeat(200) + "[]]")).isInstanceOf(List.class);
  }

  @Test
  void object_refusesAnotherValue() {
    assertThatIllegalArgumentException().isThrownBy(() -> Json.object("[]".getBytes(UTF_8)));
  }
}
