package dev.logweir.faktory;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.ConnectException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;

class WireTest {
  @Test
  void connect_toWhatIsNoAddressFailsAsAnyConnectDoes() throws Exception {
    try (Wire wire = new Wire()) {
      assertThatThrownBy(() -> wire.connect(InetSocketAddress.createUnresolved("a-name", 1)))
          .isInstanceOf(ConnectException.class)
          .hasMessageContaining("a-name");
    }
  }
}
