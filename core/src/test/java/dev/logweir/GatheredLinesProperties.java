package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Lines that a user's code sees one by one, so many that they go on together where it leaves them
 * as they are, against what it did with each.
 */
class GatheredLinesProperties {
  /** What a processor does with a line, as the line's first letter says. */
  private static void process(LogLine line) {
    String text = line.text();
    switch (text.isEmpty() ? ' ' : text.charAt(0)) {
      case 'r' -> line.remove();
      case 'c' -> line.replace("changed " + text);
      case 's' -> line.replace(text + "\nand more");
      case 'f' -> throw new IllegalStateException("fails");
      default -> {}
    }
  }

  @Property(tries = 60)
  void lines_arriveAsTheProcessorLeftThem(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 40) int others,
      @ForAll boolean listened,
      @ForAll boolean twoSinks) {
    Random random = new Random(seed);
    List<String> seen = Collections.synchronizedList(new ArrayList<>());
    List<String> heard = Collections.synchronizedList(new ArrayList<>());
    List<String> sent = Collections.synchronizedList(new ArrayList<>());
    List<String> alsoSent = Collections.synchronizedList(new ArrayList<>());
    List<String> expected = new ArrayList<>();
    List<String> numbered = new ArrayList<>();
    LogweirEngine engine = LogweirEngine.builder().time(new ManualTime()).build();
    LogStreamer.Builder builder =
        LogStreamer.builder(lines -> sent.addAll(List.copyOf(lines)))
            .engine(engine)
            .maxSize(32 << 10)
            .processor(
                line -> {
                  seen.add(line.number() + " " + line.text());
                  process(line);
                });
    if (twoSinks) {
      builder.sink(lines -> alsoSent.addAll(List.copyOf(lines)));
    }
    if (listened) {
      builder.listener(line -> heard.add(line.text()));
    }
    LogStreamer log = builder.start();
    int lines = 200 + random.nextInt(1_500);
    StringBuilder chunk = new StringBuilder();
    for (int i = 1; i <= lines; i++) {
      String text = line(random, others) + " " + i;
      numbered.add(i + " " + text);
      chunk.append(text).append('\n');
      switch (text.charAt(0)) {
        case 'r' -> {}
        case 'c' -> expected.add("changed " + text);
        case 's' -> {
          expected.add(text);
          expected.add("and more");
        }
        case 'f' -> expected.add("dropped");
        default -> expected.add(text);
      }
      if (random.nextInt(40) == 0 || i == lines) {
        log.stdout().write(chunk.toString().getBytes(UTF_8));
        chunk.setLength(0);
        drain(log);
      }
    }
    LogReport report = log.finish(Duration.ofSeconds(10));
    engine.close();

    assertThat(seen).isEqualTo(numbered);
    assertThat(withoutMarkers(sent)).isEqualTo(merged(expected));
    if (twoSinks) {
      assertThat(alsoSent).isEqualTo(sent);
    }
    if (listened) {
      expected.removeIf("dropped"::equals);
      assertThat(heard).isEqualTo(expected);
    }
    for (SinkReport sink : report.sinks()) {
      assertThat(sink.accepted().lines()).isEqualTo(lines);
      assertThat(sink.held()).isEqualTo(Tally.NONE);
      assertThat(sink.droppedTotal()).isEqualTo(sink.dropped(DropReason.PROCESSOR_FAILED));
      assertThat(sink.filtered().lines())
          .isEqualTo(numbered.stream().filter(line -> line.contains(" r")).count());
    }
  }

  private static String line(Random random, int others) {
    char first = random.nextInt(100) < others ? "rcsf".charAt(random.nextInt(4)) : 'p';
    return first + "x".repeat(random.nextInt(8) == 0 ? random.nextInt(300) : random.nextInt(30));
  }

  private static void drain(LogStreamer log) {
    try {
      assertThat(log.drain()).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Puts one text in place of each marker of what the processor lost. */
  private static List<String> withoutMarkers(List<String> lines) {
    return lines.stream().map(line -> line.startsWith("[logweir") ? "dropped" : line).toList();
  }

  /** Lines lost one behind the other, or but for removed ones, have one marker. */
  private static List<String> merged(List<String> lines) {
    List<String> merged = new ArrayList<>();
    for (String line : lines) {
      if (merged.isEmpty()
          || !line.equals("dropped")
          || !merged.get(merged.size() - 1).equals(line)) {
        merged.add(line);
      }
    }
    return merged;
  }
}
