package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FloorTest {
  private static final int SIZE = 4096;

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 11, 256})
  void countAndFind_agreeWithAPlainLoop(int kinds) {
    byte[] bytes = new byte[SIZE];
    SplittableRandom random = new SplittableRandom(kinds);
    for (int i = 0; i < SIZE; i++) {
      bytes[i] = (byte) ('\n' + random.nextInt(kinds));
    }

    assertThat(Floor.count(bytes)).isEqualTo((int) ends(bytes).count());
    assertThat(Floor.find(bytes)).isEqualTo(ends(bytes).sum());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "100", "1024", "mixed"})
  void floor_seesEachLineEndOfAWorkload(String line) {
    byte[] bytes = Workload.of(line).bytes();

    assertThat(new Floor().copyAndCount(bytes)).isEqualTo(Workload.LINES);
    assertThat(ends(bytes).count()).isEqualTo(Workload.LINES);
  }

  @Test
  void copyAndFind_sumsThePlacesWithinChunks() {
    byte[] bytes = new byte[2 * Workload.CHUNK];
    bytes[3] = '\n';
    bytes[Workload.CHUNK + 70] = '\n';

    assertThat(new Floor().copyAndFind(bytes)).isEqualTo(73);
  }

  private static IntStream ends(byte[] bytes) {
    return IntStream.range(0, bytes.length).filter(i -> bytes[i] == '\n');
  }
}
