package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunnerOptionsTest {
  @ParameterizedTest
  @CsvSource({
    "http://my_host, my_host, 80",
    "https://my_host/graphql, my_host, 443",
    "http://my_host:8080/x, my_host, 8080",
    "https://name:pass@host.example:9, host.example, 9",
    "http://[::1]:7, [::1], 7",
    "http://[::1], [::1], 80"
  })
  void address_isThatOfTheUrl(URI url, String host, int port) {
    assertThat(RunnerOptions.address(url))
        .isEqualTo(InetSocketAddress.createUnresolved(host, port));
  }

  @Test
  void proxies_areThoseOfTheEnvironment() {
    assertThat(RunnerOptions.isBehindProxy(Map.of("PATH", "/bin"))).isFalse();
    assertThat(RunnerOptions.isBehindProxy(Map.of("HTTPS_PROXY", "http://proxy:3128"))).isTrue();
    assertThat(RunnerOptions.isBehindProxy(Map.of("all_proxy", "http://proxy:3128"))).isTrue();
  }
}
