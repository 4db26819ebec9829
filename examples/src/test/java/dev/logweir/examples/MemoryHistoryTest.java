package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class MemoryHistoryTest {
  private final MemoryHistory history = new MemoryHistory();

  @Test
  void fewLooks_areAPointEach() {
    LongStream.of(3, 1, 2).forEach(history::add);
    assertThat(history.points()).containsExactly(3, 1, 2);
    assertThat(history.looksAPoint()).isEqualTo(1);
  }

  @Test
  void manyLooks_keepTheMostOfTheirTime() {
    int looks = 10 * MemoryHistory.POINTS + 7;
    LongStream.range(0, looks).forEach(history::add);
    assertThat(history.looksAPoint()).isEqualTo(16);
    long[] points = history.points();
    assertThat(points).hasSize((looks + 15) / 16).isSorted().startsWith(15, 31).endsWith(looks - 1);
  }
}
