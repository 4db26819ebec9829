package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.logweir.LogStreamer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpsLevelClientTest {
  private final OpsLevelClient.Builder builder = OpsLevelClient.builder();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "app.opslevel.com | apiUrl must begin with https:// or http://: app.opslevel.com",
        "ftp://host | apiUrl must begin with https:// or http://: ftp://host",
        "'' | 'apiUrl must begin with https:// or http://: '",
        "https:///path | apiUrl must have a host: https:///path",
        "https://a%5fb | apiUrl must have a host: https://a%5fb",
        "https://a..b | apiUrl must have a host: https://a..b",
        "https://user:secret@host | apiUrl must have no user info: ***@host",
        "https://user:secret@a_b | apiUrl must have no user info: ***@a_b",
        "https://host#x | apiUrl must have no query and no fragment: https://host#***",
        "https://host?x=1 | apiUrl must have no query and no fragment: https://host?***",
        "https://host:0 | apiUrl must have a port of 1 to 65535: https://host:0",
        "https://host:65536 | apiUrl must have a port of 1 to 65535: https://host:65536",
        "https://ho st | apiUrl must be a URL: https://ho st",
        "https://user:se cret@host | apiUrl must be a URL: ***@host",
        "https://host?a=se cret | apiUrl must be a URL: https://host?***",
        "https://user:secret@host?secret=1@x | apiUrl must have no user info: ***@host?***",
        "http://127.0.0.1//evil.org/x | apiUrl must have no empty segment and no dots in its path:"
            + " http://127.0.0.1//evil.org/x",
        "https://host/a//b | apiUrl must have no empty segment and no dots in its path:"
            + " https://host/a//b",
        "https://host/%2e%2E/b | apiUrl must have no empty segment and no dots in its path:"
            + " https://host/%2e%2E/b",
        "https://host/a/. | apiUrl must have no empty segment and no dots in its path:"
            + " https://host/a/.",
        "https://host: | apiUrl must have a port of 1 to 65535: https://host:",
      })
  void apiUrl_isRefused(String url, String message) {
    assertThatIllegalArgumentException().isThrownBy(() -> builder.apiUrl(url)).withMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "https://host, https://host",
    "HTTPS://Host/, https://Host",
    "https://host/v1.2/a..b/, https://host/v1.2/a..b",
    "https://host:8443/base//, https://host:8443/base",
    "http://localhost:8080, http://localhost:8080",
    "http://127.1.2.3, http://127.1.2.3",
    "http://[::1]:80, http://[::1]:80",
    "https://a_b, https://a_b",
    "https://a_b.c_d:8443/base, https://a_b.c_d:8443/base",
    "https://host/graphql/, https://host/graphql",
    "https://host/ü, https://host/%C3%BC",
  })
  void apiUrl_isTaken(String url, String shown) {
    try (OpsLevelClient client = builder.apiUrl(url).token("t").runnerId("r").build()) {
      assertThat(client).hasToString("OpsLevelClient[" + shown + "]");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://host",
        "http://10.0.0.1",
        "http://localhost.evil.org",
        "http://127.evil.org"
      })
  void build_refusesPlainHttpToAnotherHost(String url) {
    builder.apiUrl(url).token("t").runnerId("r");

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage(
            "apiUrl must be https, or http to loopback, unless plain http is allowed: " + url);
    builder.allowPlainHttp(true).build().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://proxy.corp:3128", "https://proxy.corp"})
  void build_refusesPlainHttpThroughAProxyElsewhere(String proxy) {
    builder.apiUrl("http://127.0.0.1:8080").proxy(proxy).token("t").runnerId("r");

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage(
            "apiUrl must be https behind a proxy other than loopback, unless plain http is allowed:"
                + " http://127.0.0.1:8080");
    builder.allowPlainHttp(true).build().close();
    builder.allowPlainHttp(false).apiUrl("https://host").build().close();
    builder.apiUrl("http://127.0.0.1").proxy("http://localhost:3128").build().close();
  }

  @Test
  void build_wantsTokenAndRunner() {
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage("token must be set");
    builder.token("t");
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage("runnerId must be set");
  }

  @Test
  void build_shipsToOpsLevelByDefault() {
    try (OpsLevelClient client = builder.token("t").runnerId("r").build()) {
      assertThat(client).hasToString("OpsLevelClient[https://api.opslevel.com]");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "sec\nret", "sec\rret", "sec ret", "secrét", "sec\u0000ret"})
  void token_isRefusedWithoutBeingShown(String token) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.token(token))
        .withMessageStartingWith("token must")
        .withMessageNotContaining("sec");
  }

  @Test
  void token_hasABound() {
    builder.token("t".repeat(8192));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.token("t".repeat(8193)))
        .withMessage("token must have at most 8192 characters: 8193");
  }

  @Test
  void ids_areChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.runnerId(""))
        .withMessage("runnerId must not be blank: ''");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.runnerId("r".repeat(1025)))
        .withMessage("runnerId must have at most 1024 characters: 1025");
    try (OpsLevelClient client = builder.token("t").runnerId("r").build()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.sender(" "))
          .withMessage("runnerJobId must not be blank: ' '");
      assertThatNullPointerException().isThrownBy(() -> client.sender(null));
    }
  }

  @ParameterizedTest
  @ValueSource(chars = {'\n', '\r', '\u0085', '\u2028', '\u2029', '\u001b', '\u0000'})
  void ids_areOneLine(char c) {
    String told = " must be one line without control characters: U+%04X at 1".formatted((int) c);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.runnerId("a" + c + "b"))
        .withMessage("runnerId" + told);
    try (OpsLevelClient client = builder.token("t").runnerId("r").build()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.sender("a" + c + "b"))
          .withMessage("runnerJobId" + told);
    }
  }

  @Test
  void ids_refuseHalfACharacter() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.runnerId("a\ud800"))
        .withMessage("runnerId must be well-formed text: U+D800 at 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.runnerId("\udc00\ud800"))
        .withMessage("runnerId must be well-formed text: U+DC00 at 0");
    builder.runnerId("\ud83d\ude00");
  }

  @Test
  void setters_refuseNull() {
    assertThatNullPointerException().isThrownBy(() -> builder.apiUrl(null)).withMessage("apiUrl");
    assertThatNullPointerException().isThrownBy(() -> builder.token(null)).withMessage("token");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.runnerId(null))
        .withMessage("runnerId");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.attemptTimeout(null))
        .withMessage("attemptTimeout");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.overallTimeout(null))
        .withMessage("overallTimeout");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.userAgentSuffix(null))
        .withMessage("userAgentSuffix");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.sslContext(null))
        .withMessage("sslContext");
    assertThatNullPointerException().isThrownBy(() -> builder.proxy(null)).withMessage("proxy");
    assertThatNullPointerException().isThrownBy(() -> builder.metrics(null)).withMessage("metrics");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT1H0.000000001S"})
  void timeouts_ofAnAttemptAreFrom1MsTo1H(Duration timeout) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.connectTimeout(timeout))
        .withMessage("connectTimeout must be from 1 ms to 1 h: " + timeout);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.attemptTimeout(timeout))
        .withMessage("attemptTimeout must be from 1 ms to 1 h: " + timeout);
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT24H0.000000001S"})
  void overallTimeout_isFrom1MsTo24H(Duration timeout) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.overallTimeout(timeout))
        .withMessage("overallTimeout must be from 1 ms to 24 h: " + timeout);
  }

  @Test
  void timeouts_areChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.connectTimeout(Duration.ZERO))
        .withMessage("connectTimeout must be from 1 ms to 1 h: PT0S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.attemptTimeout(Duration.ofMillis(-1)))
        .withMessage("attemptTimeout must be from 1 ms to 1 h: PT-0.001S");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.attemptTimeout(Duration.ofMinutes(61)))
        .withMessage("attemptTimeout must be from 1 ms to 1 h: PT1H1M");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.overallTimeout(Duration.ofNanos(999_999)))
        .withMessage("overallTimeout must be from 1 ms to 24 h: PT0.000999999S");
    assertThatNullPointerException().isThrownBy(() -> builder.connectTimeout(null));
  }

  @Test
  void build_refusesAnOverallTimeoutShorterThanAnAttempt() {
    builder.token("t").runnerId("r").overallTimeout(Duration.ofSeconds(59));

    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessage("overallTimeout must be at least attemptTimeout, PT1M: PT59S");
    builder.attemptTimeout(Duration.ofSeconds(59)).build().close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, -1, 101, Integer.MIN_VALUE})
  void attempts_areChecked(int attempts) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.attempts(attempts))
        .withMessage("attempts must be from 1 to 100: " + attempts);
  }

  @Test
  void userAgentSuffix_carriesNoHeader() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.userAgentSuffix("x\r\nEvil: 1"))
        .withMessage("userAgentSuffix must be printable ASCII: U+000D at 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.userAgentSuffix(" x"))
        .withMessage("userAgentSuffix must have no space at an end: ' x'");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.userAgentSuffix("x".repeat(257)))
        .withMessage("userAgentSuffix must have at most 256 characters: 257");
  }

  @Test
  void proxy_isChecked() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.proxy("http://proxy/path"))
        .withMessage("proxy must have no path: http://proxy/path");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.proxy("http://proxy?x=1"))
        .withMessage("proxy must have no query and no fragment: http://proxy?***");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.proxy("http://proxy#x"))
        .withMessage("proxy must have no query and no fragment: http://proxy#***");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.proxy("proxy:3128"))
        .withMessage("proxy must begin with https:// or http://: proxy:3128");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.proxy("http://user:secret@proxy:3128/x"))
        .withMessage("proxy must have no path: ***@proxy:3128/x");
  }

  @Test
  void token_isInNoTextOfBuilderClientAndSender() {
    builder.token("secret-token").runnerId("r");
    assertThat(builder.toString()).doesNotContain("secret");
    try (OpsLevelClient client = builder.build()) {
      assertThat(client.toString()).doesNotContain("secret");
      assertThat(client.sender("job").toString()).doesNotContain("secret");
    }
    builder.apiUrl("http://host");
    assertThatIllegalArgumentException()
        .isThrownBy(builder::build)
        .withMessageNotContaining("secret");
  }

  @Test
  void fromEnvironment_takesBothVariables() {
    Map<String, String> environment = new HashMap<>();
    environment.put("OPSLEVEL_API_TOKEN", "secret");
    try (OpsLevelClient client =
        OpsLevelClient.fromEnvironment(environment::get).runnerId("r").build()) {
      assertThat(client).hasToString("OpsLevelClient[https://api.opslevel.com]");
    }
    environment.put("OPSLEVEL_API_URL", "https://other/");
    try (OpsLevelClient client =
        OpsLevelClient.fromEnvironment(environment::get).runnerId("r").build()) {
      assertThat(client).hasToString("OpsLevelClient[https://other]");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://one, https://two, https://one",
    "'', https://two, https://two",
    ", https://two, https://two",
    ", '', https://api.opslevel.com"
  })
  void fromEnvironment_prefersApiUrlToAppUrl(String api, String app, String url) {
    Map<String, String> environment = new HashMap<>();
    environment.put("OPSLEVEL_API_TOKEN", "secret");
    environment.put("OPSLEVEL_API_URL", api);
    environment.put("OPSLEVEL_APP_URL", app);
    try (OpsLevelClient client =
        OpsLevelClient.fromEnvironment(environment::get).runnerId("r").build()) {
      assertThat(client).hasToString("OpsLevelClient[" + url + "]");
    }
  }

  @Test
  void fromEnvironment_namesTheVariableOfAnAppUrlThatIsNone() {
    Map<String, String> environment = new HashMap<>();
    environment.put("OPSLEVEL_API_TOKEN", "secret");
    environment.put("OPSLEVEL_APP_URL", "nonsense");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelClient.fromEnvironment(environment::get))
        .withMessage("OPSLEVEL_APP_URL must begin with https:// or http://: nonsense");
  }

  @Test
  void fromEnvironment_namesTheVariable() {
    Map<String, String> environment = new HashMap<>();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelClient.fromEnvironment(environment::get))
        .withMessage("OPSLEVEL_API_TOKEN must be set");
    environment.put("OPSLEVEL_API_TOKEN", "sec\nret");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelClient.fromEnvironment(environment::get))
        .withMessageStartingWith("OPSLEVEL_API_TOKEN must be one line")
        .withMessageNotContaining("sec");
    environment.put("OPSLEVEL_API_URL", "nonsense");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OpsLevelClient.fromEnvironment(environment::get))
        .withMessage("OPSLEVEL_API_URL must begin with https:// or http://: nonsense");
  }

  /** Else a connection that stalls costs a job lines that waits so that it loses none. */
  @Test
  void defaults_giveABatchNoMoreTimeThanAJobWaitsFor() {
    OpsLevelClient.Builder builder = OpsLevelClient.builder();
    assertThat(LogStreamer.DEFAULT_MAX_WAIT).isGreaterThanOrEqualTo(builder.overallTimeout);
    assertThat(builder.overallTimeout)
        .isGreaterThan(builder.attemptTimeout.multipliedBy(2).plus(Duration.ofMinutes(1)));
  }
}
