package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Sources one after another into one job: each ends its line, whatever it wrote. */
class PumpProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Provide
  Arbitrary<List<String>> sources() {
    Arbitrary<String> lines =
        Arbitraries.strings().withChars('a', 'b', '\n').ofMinLength(0).ofMaxLength(40);
    Arbitrary<String> longLines =
        Arbitraries.of(1, 255, 256, 257, 919, 920, 921, 1024, 3000).map("x"::repeat);
    return Arbitraries.frequencyOf(Tuple.of(3, lines), Tuple.of(1, longLines))
        .list()
        .ofMinSize(1)
        .ofMaxSize(8);
  }

  @Property
  void eachSourceEndsItsLine(
      @ForAll("sources") List<String> sources, @ForAll boolean lookedAt, @ForAll boolean waits)
      throws Exception {
    List<String> arrived = new CopyOnWriteArrayList<>();
    List<String> expected = new ArrayList<>();
    long bytes = 0;
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      LogStreamer.Builder builder =
          LogStreamer.builder(lines -> arrived.addAll(Tokenless.lines(lines)))
              .engine(engine)
              .maxSize(8 << 10)
              .maxLineBytes(256);
      if (lookedAt) {
        builder.processor(line -> {});
      }
      if (waits) {
        builder.whenFull(WhenFull.WAIT);
      } else {
        builder.maxSize(64 << 10);
      }
      LogStreamer log = builder.start();
      for (String source : sources) {
        byte[] text = source.getBytes(UTF_8);
        bytes += text.length;
        expected.addAll(source.lines().toList());
        assertThat(
                log.pump(new ByteArrayInputStream(text), InputStream.nullInputStream())
                    .isComplete())
            .isTrue();
      }
      SinkReport report = log.finish(TIMEOUT).sink();
      assertThat(report.shipped()).isEqualTo(new Tally(expected.size(), bytes));
      assertThat(report.isComplete()).isTrue();
    }
    List<String> joined = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String piece : arrived) {
      boolean goesOn = piece.endsWith(" [logweir: continued]");
      line.append(goesOn ? piece.substring(0, piece.length() - 21) : piece);
      if (!goesOn) {
        joined.add(line.toString());
        line.setLength(0);
      }
    }
    assertThat(joined).isEqualTo(expected);
  }
}
