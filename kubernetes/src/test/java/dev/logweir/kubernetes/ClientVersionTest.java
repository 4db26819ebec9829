package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.client.Version;
import org.junit.jupiter.api.Test;

/** The tests run twice, with the oldest and the newest client: so each must be what is meant. */
class ClientVersionTest {
  @Test
  void client_isTheOneThatIsMeant() {
    String expected = System.getProperty("fabric8.expected");
    assumeTrue(expected != null, "run by something else than Maven");
    assertThat(Version.clientVersion()).isEqualTo(expected);
  }
}
