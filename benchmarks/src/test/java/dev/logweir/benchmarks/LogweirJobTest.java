package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class LogweirJobTest {
  private static final int PASSES = 3;

  @ParameterizedTest
  @CsvSource({
    "1, 30, true, false",
    "1, 30, false, true",
    "10, 30, false, false",
    "100, 30, false, false",
    "1024, 30, false, true",
    "mixed, 30, true, false",
    "mixed, 30, false, true",
    "100, 0, false, false",
    "mixed, 0, true, true"
  })
  void paced_deliversEveryByteInOrder(String line, int seconds, boolean sendsHere, boolean byLine)
      throws Exception {
    Workload workload = Workload.of(line);
    Delivery delivery = Delivery.everyByte();
    LogweirJob.Plan plan =
        new LogweirJob.Plan(
            Duration.ofSeconds(seconds), 64 << 10, sendsHere, byLine, List.of(), false);

    LogweirJob job = new LogweirJob(Peer.MAX_SIZE, plan, delivery);
    for (int pass = 0; pass < PASSES; pass++) {
      for (int at = 0; at < workload.bytes().length; at += Workload.CHUNK) {
        job.write(workload.bytes(), at, Workload.CHUNK);
      }
    }
    job.finish();

    assertThat(delivery.sum()).isEqualTo(Delivery.expected(workload, PASSES, true));
  }
}
