package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** While sends make progress, what is written by waiting arrives, all of it and in its order. */
class WaitingProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  @Provide
  Arbitrary<List<Integer>> chunks() {
    return Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.integers().between(1, 300)),
            Tuple.of(2, Arbitraries.of(1, 919, 920, 921, 1024, 4096)),
            Tuple.of(1, Arbitraries.integers().between(5_000, 40_000)))
        .list()
        .ofMinSize(1)
        .ofMaxSize(12);
  }

  @Property(edgeCases = EdgeCasesMode.NONE)
  void nothingIsDropped(
      @ForAll("chunks") List<Integer> outs,
      @ForAll("chunks") List<Integer> errs,
      @ForAll @IntRange(min = 2, max = 120) int lineBytes,
      @ForAll @IntRange(min = 0, max = 2) int sinks,
      @ForAll boolean lookedAt,
      @ForAll boolean limited)
      throws Exception {
    List<List<String>> arrived = new ArrayList<>();
    LogweirEngine.Builder engineBuilder = LogweirEngine.builder();
    if (limited) {
      engineBuilder.budget(MemoryBudget.of(64 << 10));
    }
    try (LogweirEngine engine = engineBuilder.build()) {
      LogStreamer.Builder builder = null;
      for (int i = 0; i <= sinks; i++) {
        List<String> lines = new CopyOnWriteArrayList<>();
        arrived.add(lines);
        BatchSender sender = batch -> lines.addAll(List.copyOf(batch));
        builder = builder == null ? LogStreamer.builder(sender) : builder.sink(sender);
      }
      builder.engine(engine).maxSize(4 << 10).maxInterval(Duration.ZERO).whenFull(WhenFull.WAIT);
      if (lookedAt) {
        builder.processor(line -> {});
      }
      LogStreamer log = builder.start();
      Elsewhere<Integer> out = write(log.stdout().waiting(), 'o', outs, lineBytes);
      Elsewhere<Integer> err = write(log.stderr().waiting(), 'e', errs, lineBytes);
      while (!out.isDone() || !err.isDone()) {
        assertThat(log.retainedBytes()).isLessThanOrEqualTo(log.maxRetainedBytes());
      }
      int lines = out.get() + err.get();
      LogReport report = log.finish(TIMEOUT);
      assertThat(report.isComplete()).as(report.toString()).isTrue();
      for (List<String> of : arrived) {
        assertThat(of).hasSize(lines);
        assertInOrder(of, 'o');
        assertInOrder(of, 'e');
      }
    }
  }

  private static void assertInOrder(List<String> lines, char letter) {
    int number = 0;
    for (String line : lines) {
      if (line.charAt(0) == letter) {
        assertThat(line).startsWith(letter + Integer.toString(number++) + ".");
      }
    }
  }

  /** Writes numbered lines in chunks; returns how many lines that was. */
  private static Elsewhere<Integer> write(
      OutputStream stream, char letter, List<Integer> chunks, int lineBytes) {
    return Elsewhere.call(
        () -> {
          StringBuilder text = new StringBuilder();
          int total = chunks.stream().mapToInt(Integer::intValue).sum();
          int lines = 0;
          while (text.length() < total) {
            text.append(letter).append(lines++).append('.').append("x".repeat(lineBytes));
            text.append('\n');
          }
          byte[] bytes = text.toString().getBytes(US_ASCII);
          int from = 0;
          for (int chunk : chunks) {
            stream.write(bytes, from, chunk);
            from += chunk;
          }
          stream.write(bytes, from, bytes.length - from);
          return lines;
        });
  }
}
