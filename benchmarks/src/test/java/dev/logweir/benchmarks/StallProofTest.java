package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** That the proof holds is for {@code benchmarks/run memory} to show; here, that it can fail. */
@Timeout(120)
class StallProofTest {
  private static final int MAX_SIZE = 256 << 10;

  private final List<String> transcript = new ArrayList<>();

  @Test
  void heapSmallerThanTheFormula_isNoProof() throws Exception {
    assertThat(new StallProof(50, MAX_SIZE, 0.2, transcript::add).run()).isFalse();
    assertThat(transcript).anyMatch(line -> line.startsWith("logweir: exit code 3"));
  }

  @Test
  void heapForAllThatIsWritten_isNoProof() throws Exception {
    assertThat(new StallProof(4, MAX_SIZE, 20, transcript::add).run()).isFalse();
    assertThat(transcript)
        .anyMatch(line -> line.startsWith("logweir: exit code 0"))
        .anyMatch(line -> line.startsWith("plain: exit code 0"));
  }
}
