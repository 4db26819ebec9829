package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogReport;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class LogweirJobTest {
  private static final int PASSES = 3;

  @ParameterizedTest
  @CsvSource({"1, 30", "10, 30", "100, 30", "1024, 30", "mixed, 30", "100, 0", "mixed, 0"})
  void paced_deliversEveryByteInOrder(String line, int seconds) throws Exception {
    Workload workload = Workload.of(line);
    Delivery delivery = Delivery.everyByte();

    LogweirJob job =
        new LogweirJob(PipelineState.MAX_SIZE, Duration.ofSeconds(seconds), 128 << 10, delivery);
    for (int pass = 0; pass < PASSES; pass++) {
      for (int at = 0; at < workload.bytes().length; at += Workload.CHUNK) {
        job.write(workload.bytes(), at, Workload.CHUNK);
      }
    }
    LogReport report = job.finish();

    assertThat(report.isComplete()).as(report.toString()).isTrue();
    assertThat(delivery.sum()).isEqualTo(Delivery.expected(workload, PASSES, true));
  }
}
