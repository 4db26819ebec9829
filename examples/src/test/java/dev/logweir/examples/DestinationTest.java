package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.JobOutcome;
import dev.logweir.faktory.FaktoryClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DestinationTest {
  @Test
  void faktory_getsTheTimeOfAnOutcome() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        Destination destination =
            Destination.faktory(
                FaktoryClient.builder()
                    .url("tcp://127.0.0.1:" + silent.getLocalPort())
                    .connectTimeout(Duration.ofMillis(50))
                    .attempts(1)
                    .build())) {
      Destination.Reporter reporter = destination.of("1").reporter();

      assertThatThrownBy(() -> reporter.report(JobOutcome.SUCCESS, Map.of(), Duration.ZERO))
          .hasMessage("timeout must be from 1 ms to 24 h: PT0S");
    }
  }
}
