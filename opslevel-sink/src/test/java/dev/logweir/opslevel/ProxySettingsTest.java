package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

class ProxySettingsTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(OpsLevelClient.class);
  private final ListAppender<ILoggingEvent> appender = new ListAppender<>();
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void listen() {
    appender.start();
    logger.addAppender(appender);
  }

  @AfterEach
  void stop() {
    logger.detachAppender(appender);
  }

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        "https://host, HTTPS_PROXY, https://p:1, https://p:1, HTTPS_PROXY",
        "https://host, https_proxy, p:1, http://p:1, HTTPS_PROXY",
        "https://host, ALL_PROXY, http://p, http://p, ALL_PROXY",
        "https://host, HTTP_PROXY, http://p:1, -, -",
        "http://host, HTTP_PROXY, http://p:1, http://p:1, HTTP_PROXY",
        "http://host, http_proxy, http://p:1/, http://p:1, HTTP_PROXY",
        "http://host, HTTPS_PROXY, http://p:1, -, -",
        "http://localhost, HTTP_PROXY, http://p:1, -, -",
        "https://127.0.0.1:8443, HTTPS_PROXY, http://p:1, -, -",
        "https://host, HTTPS_PROXY, ' ', -, -",
      })
  void variable_isTakenForItsScheme(
      String server, String name, String value, String proxy, String told) {
    environment.put(name, value);

    HttpProxy found = find(server, null);

    assertThat(found == null ? null : found.toString()).isEqualTo(proxy);
    assertThat(messages())
        .isEqualTo(
            proxy == null
                ? List.of()
                : List.of("Requests go through the proxy " + proxy + ", as " + told + " says"));
  }

  @Test
  void password_isInNoText() {
    environment.put("HTTPS_PROXY", "http://user:secret@p:1");

    HttpProxy found = find("https://host", null);

    assertThat(found.header()).isEqualTo("Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n");
    assertThat(found).hasToString("http://p:1");
    assertThat(messages().toString()).doesNotContain("secret");
    environment.put("HTTPS_PROXY", "socks5://user:secret@p:1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> find("https://host", null))
        .withMessage("HTTPS_PROXY must begin with https:// or http://: ***@p:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "*",
        "api.host.example",
        "HOST.example",
        ".host.example",
        "*.host.example",
        "other, host.example",
        "other host.example",
        "host.example:8443",
      })
  void noProxy_exceptsNamesAndDomains(String list) {
    environment.put("HTTPS_PROXY", "http://p:1");
    environment.put("NO_PROXY", list);

    assertThat(find("https://api.Host.example:8443", null)).isNull();
    assertThat(messages()).containsExactly("Requests go through no proxy, as NO_PROXY says");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "ost.example", "host.example:443", "api.host", ".", "10.0.0.0/8", "host", ","})
  void noProxy_exceptsNothingElse(String list) {
    environment.put("HTTPS_PROXY", "http://p:1");
    environment.put("no_proxy", list);

    assertThat(find("https://api.host.example:8443", null)).isNotNull();
  }

  @ParameterizedTest
  @CsvSource({
    "10.1.2.3, 10.0.0.0/8, true",
    "11.1.2.3, 10.0.0.0/8, false",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.2/31, true",
    "10.1.2.4, 10.1.2.2/31, false",
    "10.1.2.3, 10.0.0.0/33, false",
    "10.1.2.3, 10.0.0.0/x, false",
    "[fd00::1], fd00::/8, true",
    "[fe80::1], fd00::/8, false",
    "[fd00::1], [fd00::1], true",
    "[fd00::1], 10.0.0.0/8, false",
  })
  void noProxy_exceptsAddressesAndNetworks(String host, String list, boolean excepted) {
    assertThat(ProxySettings.isExcepted(ApiUrl.parse("url", "https://" + host), list))
        .isEqualTo(excepted);
  }

  @Test
  void jdksSelector_comesBeforeTheVariables() {
    environment.put("HTTPS_PROXY", "http://variable:1");
    Selector selector =
        new Selector(
            List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("jdk", 3128))));

    assertThat(find("https://host:8443/path", selector)).hasToString("http://jdk:3128");
    assertThat(selector.asked).isEqualTo(URI.create("https://host:8443/"));
    assertThat(messages())
        .containsExactly(
            "Requests go through the proxy http://jdk:3128, as the JDK's proxy settings say");
  }

  @Test
  void jdksSelector_mayHaveNoneOrFail() {
    environment.put("HTTPS_PROXY", "http://variable:1");

    assertThat(find("https://host", new Selector(List.of(Proxy.NO_PROXY))))
        .hasToString("http://variable:1");
    assertThat(
            find(
                "https://host",
                new Selector(
                    List.of(
                        new Proxy(
                            Proxy.Type.SOCKS, InetSocketAddress.createUnresolved("s", 1080))))))
        .hasToString("http://variable:1");
    assertThat(find("https://host", new Selector(null))).hasToString("http://variable:1");
    assertThat(messages())
        .contains(
            "A SOCKS proxy of the JDK's settings is not used: only HTTP proxies are",
            "The JDK's proxy selector failed, and is passed over: java.lang.IllegalStateException");
  }

  @Test
  void build_looksOnlyForAClientOfTheEnvironmentWithoutAProxyOfItsOwn() {
    environment.put("OPSLEVEL_API_TOKEN", "t");
    environment.put("HTTPS_PROXY", "http://variable:1");
    OpsLevelClient.fromEnvironment(environment::get).runnerId("r").build().close();
    assertThat(messages()).hasSize(1);

    OpsLevelClient.fromEnvironment(environment::get)
        .proxy("http://p")
        .runnerId("r")
        .build()
        .close();
    OpsLevelClient.builder().token("t").runnerId("r").build().close();
    assertThat(messages()).hasSize(1);
  }

  private HttpProxy find(String server, ProxySelector selector) {
    return ProxySettings.find(ApiUrl.parse("url", server), selector, environment::get);
  }

  private List<String> messages() {
    return appender.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
  }

  private static final class Selector extends ProxySelector {
    private final List<Proxy> proxies;
    private URI asked;

    Selector(List<Proxy> proxies) {
      this.proxies = proxies;
    }

    @Override
    public List<Proxy> select(URI uri) {
      asked = uri;
      if (proxies == null) {
        throw new IllegalStateException();
      }
      return proxies;
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
      throw new AssertionError("not a connection of its own");
    }
  }
}
