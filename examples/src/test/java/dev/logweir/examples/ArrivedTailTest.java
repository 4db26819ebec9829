package dev.logweir.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivedTailTest {
  private final List<String> sent = new ArrayList<>();
  private final ArrivedTail tail = new ArrivedTail(sent::addAll);

  @Test
  void since_givesWhatIsNew() throws Exception {
    tail.send(List.of("a", "b"));
    assertThat(tail.since(0)).isEqualTo(new ArrivedTail.Lines(0, List.of("a", "b")));
    tail.send(List.of("c"));
    assertThat(tail.since(2)).isEqualTo(new ArrivedTail.Lines(2, List.of("c")));
    assertThat(tail.since(3)).isEqualTo(new ArrivedTail.Lines(3, List.of()));
    assertThat(sent).containsExactly("a", "b", "c");
  }

  @Test
  void lines_areKeptToTheirBound_andCountedAll() throws Exception {
    for (int batch = 0; batch < 3; batch++) {
      tail.send(numbers(batch * 700, 700));
    }
    ArrivedTail.Lines kept = tail.since(0);
    assertThat(kept.first()).isEqualTo(2_100 - ArrivedTail.MAX_LINES);
    assertThat(kept.texts())
        .isEqualTo(numbers(2_100 - ArrivedTail.MAX_LINES, ArrivedTail.MAX_LINES));
  }

  @Test
  void longLines_areCut_andBoundedTogether() throws Exception {
    List<String> lines = IntStream.range(0, 400).mapToObj(i -> i + "x".repeat(50_000)).toList();
    tail.send(lines);
    ArrivedTail.Lines kept = tail.since(0);
    assertThat(kept.first() + kept.texts().size()).isEqualTo(400);
    assertThat(kept.texts())
        .last()
        .asString()
        .startsWith("399x")
        .hasSize(ArrivedTail.MAX_CHARS + 1);
    assertThat(kept.texts().stream().mapToLong(line -> 2L * line.length()).sum())
        .isLessThan(tail.maxRetainedBytes())
        .isGreaterThan(64 << 10);
  }

  @Test
  void batchThatFails_isKeptAsFarAsItArrived() {
    BatchSender failing =
        lines -> {
          LogBatch.of(lines).call().delivered(1);
          throw new IOException("cut");
        };
    ArrivedTail part = new ArrivedTail(failing);
    LogBatch batch = LogBatch.of(List.of("a", "b"));
    assertThatThrownBy(() -> part.send(batch)).isInstanceOf(IOException.class);
    assertThat(part.since(0).texts()).containsExactly("a");
  }

  private static List<String> numbers(int from, int count) {
    return IntStream.range(from, from + count).mapToObj(Integer::toString).toList();
  }
}
