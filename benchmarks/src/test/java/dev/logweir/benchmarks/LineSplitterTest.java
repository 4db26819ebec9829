package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LineSplitterTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 5_000})
  void write_cutsAtLineEndsOnly(int chunk) throws Exception {
    String longLine = "ü".repeat(1_500);
    byte[] bytes = ("one\n\n" + longLine + "\nlast\n").getBytes(UTF_8);
    List<String> lines = new ArrayList<>();

    LineSplitter splitter =
        new LineSplitter(
            (text, offset, length) -> lines.add(new String(text, offset, length, UTF_8)));
    for (int at = 0; at < bytes.length; at += chunk) {
      splitter.write(bytes, at, Math.min(chunk, bytes.length - at));
    }

    assertThat(lines).containsExactly("one", "", longLine, "last");
  }
}
