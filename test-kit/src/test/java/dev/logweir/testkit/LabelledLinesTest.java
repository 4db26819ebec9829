package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogStreamer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LabelledLinesTest {
  private final List<String> labelled = new ArrayList<>();

  @Test
  void lines_comeInTheirOrderWithStreamAndTime() {
    Instant before = Instant.now().minusSeconds(1);
    try (LogStreamer log =
        LogStreamer.builder(lines -> labelled.addAll(LabelledLines.of(lines)))
            .processor(line -> line.replace(line.text().toUpperCase(java.util.Locale.ROOT)))
            .start()) {
      log.stdout().write("one\n".getBytes(UTF_8));
      log.stderr().write("two\nthree\n".getBytes(UTF_8));
      log.stdout().write("four\n".getBytes(UTF_8));
      assertThat(log.finish().isComplete()).isTrue();
    }
    assertThat(labelled)
        .extracting(line -> line.split(" ", 2)[1])
        .containsExactly("stdout ONE", "stderr TWO", "stderr THREE", "stdout FOUR");
    assertThat(labelled)
        .extracting(line -> Instant.parse(line.split(" ", 2)[0]))
        .allSatisfy(time -> assertThat(time).isBetween(before, Instant.now().plusSeconds(1)));
  }

  @Test
  void linesOfNoStream_haveNeither() {
    assertThat(LabelledLines.of(List.of("one"))).containsExactly("- - one");
  }
}
