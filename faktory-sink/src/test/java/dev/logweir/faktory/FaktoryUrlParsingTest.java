package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FaktoryUrlParsingTest {
  private static final String SECRET = "hunter2";

  @ParameterizedTest
  @CsvSource(
      emptyValue = "",
      nullValues = "none",
      value = {
        "tcp://localhost:7419,              false, localhost,   7419, '', ''",
        "tcp://localhost,                   false, localhost,   7419, '', ''",
        "tcp://localhost:1/,                false, localhost,   1,    '', ''",
        "TCP://10.0.0.1:65535,              false, 10.0.0.1,    65535, '', ''",
        "tcp://:pw@my_host.example,         false, my_host.example, 7419, '', pw",
        "tcp://name:pw@h:2,                 false, h,           2,    name, pw",
        "tcp://name@h:2,                    false, h,           2,    name, ''",
        "tcp://:@h:2,                       false, h,           2,    '', ''",
        "tcp+tls://:p%40s%3As%25w%2f@h,     true,  h,           7419, '', p@s:s%w/",
        "tcp+tls://:%C3%A4ä@[::1]:9,        true,  [::1],       9,    '', ää",
        "tcp://:a\uD83D\uDD11b@h,           false, h,           7419, '', a\uD83D\uDD11b",
        "tcp://:p@ss@h,                     false, h,           7419, '', p@ss",
        "tcp://:p:ss@h:3,                   false, h,           3,    '', p:ss",
        "tcp://na@me@h,                     false, h,           7419, na@me, ''",
        "tcp://n%40:%3F@h:1/0?timeout=5s#x, false, h,           1,    n@, ?",
        "tcp://h?a=:b@c,                    false, h,           7419, '', ''",
        "tcp://h:1/a@b,                     false, h,           1,    '', ''",
      })
  void parse_takesWhatTheGoClientTakes(
      String text, boolean tls, String host, int port, String user, String password) {
    FaktoryUrl url = FaktoryUrl.of(text);

    assertThat(url.tls()).isEqualTo(tls);
    assertThat(url.host()).isEqualTo(host);
    assertThat(url.port()).isEqualTo(port);
    assertThat(url.user()).isEqualTo(user);
    assertThat(url.password()).isEqualTo(password);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:7419",
        "http://localhost",
        "redis://:hunter2@localhost",
        "hunter2",
        ":hunter2@localhost:7419",
        "tcp://",
        "tcp://:hunter2",
        "tcp://name:hunter2",
        "tcp://:hunter2@",
        "tcp://:hunter2@:7419",
        "tcp://:hunter2@h:0",
        "tcp://:hunter2@h:65536",
        "tcp://:hunter2@h:x",
        "tcp://:hunter2@h:",
        "tcp://:hunter2@h:1:2",
        "tcp://:hunter2@h h",
        "tcp://:hunter2@h:1\r\nPUSH",
        "tcp://:hun%ter2@h",
        "tcp://:hun%2@h",
        "tcp://:hun/ter2@h",
        "tcp://:hun?ter2@h",
        "tcp://:hun#ter2@h",
        "tcp://hun%ter2@h",
        "tcp://:hunter2%@h",
        "tcp://:p@ss hunter2",
        ":hunter2@tcp://h",
        "tcp://:hunter2@h:123456",
        "tcp://:hunter2@h:99999999999999999999",
        "tcp://:hunter2@h:-1",
        "tcp://:p@hunter2:65536"
      })
  void parse_refusesWithoutShowingThePassword(String url) {
    assertThatThrownBy(() -> FaktoryClient.builder().url(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("url must ")
        .hasMessageNotContaining(SECRET)
        .hasMessageNotContaining("hun")
        .hasNoCause();
  }

  @Test
  void parse_saysNameAndBound() {
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "tcp://:pw@h:65536"))
        .hasMessage("url must have a port of 1 to 65535");
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "tcp://:pw@h:p"))
        .hasMessage("url must have a host, and after it at most a port of 1 to 65535");
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "tcp://:p/w@h"))
        .hasMessage(
            "url must have each /, ?, # and % of its password percent-encoded (%2F, %3F, %23, %25)");
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "tcp://:p%w@h"))
        .hasMessage("url must have each % of its user and password percent-encoded (%25)");
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "https://h"))
        .hasMessage("url must begin with tcp:// or tcp+tls://");
    assertThatThrownBy(() -> FaktoryUrl.parse("url", "tcp://" + "h".repeat(9_000)))
        .hasMessage("url must have at most 8192 characters: 9006");
  }

  @Test
  void environment_saysWhereTheServerIs() {
    assertThat(FaktoryUrl.of(name -> null)).isEqualTo(FaktoryUrl.DEFAULT);
    assertThat(FaktoryUrl.of(Map.of("FAKTORY_URL", "")::get)).isEqualTo(FaktoryUrl.DEFAULT);
    assertThat(FaktoryUrl.of(Map.of("FAKTORY_URL", "tcp://a")::get).host()).isEqualTo("a");
    assertThat(
            FaktoryUrl.of(
                    Map.of("FAKTORY_URL", "tcp://a", "FAKTORY_PROVIDER", "B", "B", "tcp://b")::get)
                .host())
        .isEqualTo("b");
    assertThat(FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "", "FAKTORY_URL", "tcp://a")::get).host())
        .isEqualTo("a");
  }

  @Test
  void environment_isRefusedWithTheVariablesName() {
    assertThatThrownBy(() -> FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "tcp://:hunter2@h")::get))
        .hasMessageStartingWith("FAKTORY_PROVIDER must be the name of the variable")
        .hasMessageNotContaining(SECRET);
    assertThatThrownBy(() -> FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "NOWHERE")::get))
        .hasMessage("FAKTORY_PROVIDER must name a variable that is set");
    assertThatThrownBy(() -> FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "FAKTORY_PROVIDER")::get))
        .hasMessage("FAKTORY_PROVIDER must name another variable");
    assertThatThrownBy(
            () -> FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "NOWHERE", "NOWHERE", "")::get))
        .hasMessage("FAKTORY_PROVIDER must name a variable that is set");
    // A circle of names is none of variables that hold a URL.
    assertThatThrownBy(
            () ->
                FaktoryUrl.of(
                    Map.of("FAKTORY_PROVIDER", "FAKTORY_URL", "FAKTORY_URL", "FAKTORY_PROVIDER")
                        ::get))
        .hasMessage("FAKTORY_URL must begin with tcp:// or tcp+tls://");
    assertThatThrownBy(() -> FaktoryUrl.of(Map.of("FAKTORY_PROVIDER", "A", "A", "B")::get))
        .hasMessage("A must begin with tcp:// or tcp+tls://");
    assertThatThrownBy(() -> FaktoryUrl.of(Map.of("FAKTORY_URL", "tcp://:hunter2@h:x")::get))
        .hasMessageStartingWith("FAKTORY_URL must have a host")
        .hasMessageNotContaining(SECRET);
  }

  @Test
  void text_hasNoPassword() {
    assertThat(FaktoryUrl.parse("url", "tcp+tls://:hunter2@h:1")).hasToString("tcp+tls://h:1");
    assertThat(FaktoryClient.builder().url("tcp://:hunter2@h").toString())
        .isEqualTo("FaktoryClient.Builder[tcp://h:7419]");
  }
}
