package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DeliveryTest {
  private static final Workload WORKLOAD = Workload.of("100");

  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "100", "1024", "mixed"})
  void lines_asStringsAndAsBytes_haveTheExpectedSum(String line) {
    Workload workload = Workload.of(line);
    Delivery strings = Delivery.sampled();
    Delivery bytes = Delivery.sampled();
    Delivery runs = Delivery.sampled();
    List<String> lines = linesOf(workload);

    for (int pass = 0; pass < 3; pass++) {
      lines.forEach(strings::line);
      bytes.lines(LogBatch.of(lines).reader());
      runs.runs(LogBatch.of(lines));
    }

    assertThat(strings.sum()).isEqualTo(Delivery.expected(workload, 3, false));
    assertThat(bytes.sum()).isEqualTo(Delivery.expected(workload, 3, false));
    assertThat(runs.sum()).isEqualTo(Delivery.expected(workload, 3, false));
  }

  @Test
  void everyByte_noticesOneThatIsOther() {
    List<String> lines = new ArrayList<>(linesOf(WORKLOAD));
    Delivery delivery = Delivery.everyByte();

    lines.set(7, "~" + lines.get(7).substring(0, 97) + "~");
    lines.forEach(delivery::line);

    assertThat(delivery.sum()).isNotEqualTo(Delivery.expected(WORKLOAD, 1, true));
  }

  @Test
  void sampled_noticesLinesInAnotherOrder() {
    List<String> lines = new ArrayList<>(linesOf(WORKLOAD));
    Delivery delivery = Delivery.sampled();

    Collections.swap(lines, 7, 8);
    lines.forEach(delivery::line);

    assertThat(delivery.sum()).isNotEqualTo(Delivery.expected(WORKLOAD, 1, false));
  }

  private static List<String> linesOf(Workload workload) {
    return new String(workload.bytes(), UTF_8).lines().toList();
  }
}
