package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.constraints.IntRange;

/**
 * Lines that no processor must see go to the sinks as runs. What arrives must be the same, line by
 * line and in the accounts, as what a model makes of each line by itself.
 */
@PropertyDefaults(edgeCases = EdgeCasesMode.NONE)
class RunProperties {
  private static final List<String> SECRETS = List.of("hunter2", "s3cr3t-token-0123456789", "äöü!");
  private static final String MASK = "**********";
  private static final Pattern TRACE = Pattern.compile("^\\++[ \\t-\\r]");
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** A line, and what becomes of it. */
  private record Made(String line, boolean isFiltered, String masked) {}

  /** The captures that are open, the innermost last; null if none is. */
  private String open;

  private String masked(String line) {
    String text = line;
    for (String secret : SECRETS) {
      text = text.replace(secret, MASK);
    }
    return text;
  }

  /** One line as the job writes it, with hits as often as wanted. */
  private static String line(Random random, int hits) {
    StringBuilder line = new StringBuilder();
    int length = random.nextInt(8) == 0 ? random.nextInt(300) : random.nextInt(40);
    for (int i = 0; i < length; i++) {
      line.append("abcdefghijklmnopqrstuvwxyz ::-+\r".charAt(random.nextInt(32)));
    }
    if (random.nextInt(100) < hits) {
      line.insert(random.nextInt(line.length() + 1), SECRETS.get(random.nextInt(3)));
    }
    if (random.nextInt(30) == 0) {
      line.append("hunter"); // a beginning of a value, and no more
    }
    return line.toString();
  }

  private List<Made> lines(Random random, int count, int hits, boolean takesVariables) {
    List<Made> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String line = line(random, hits);
      if (takesVariables && random.nextInt(50) == 0) {
        line =
            switch (random.nextInt(3)) {
              case 0 -> "::set-outcome-var v" + i + "=" + line;
              case 1 -> "::start-multiline-outcome-var m" + i;
              default -> "::end-multiline-outcome-var";
            };
      }
      made.add(new Made(line, takesVariables && isTaken(line), masked(line)));
    }
    return made;
  }

  /** Follows the commands; a capture that is open takes every line but a shell's trace. */
  private boolean isTaken(String line) {
    if (TRACE.matcher(line).find()) {
      return false;
    }
    if (line.startsWith("::start-multiline-outcome-var ")) {
      open = open == null ? line.substring(30) : open + "/" + line.substring(30);
      return true;
    }
    if (open != null) {
      if (line.startsWith("::end-multiline-outcome-var")) {
        int outer = open.lastIndexOf('/');
        open = outer < 0 ? null : open.substring(0, outer);
      }
      return true;
    }
    return line.startsWith("::set-outcome-var ");
  }

  @Property(tries = 300)
  void runsThroughBuiltInProcessors_areAsLinesOneByOne(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 2) int hitsKind,
      @ForAll boolean takesVariables,
      @ForAll boolean masks,
      @ForAll boolean prefixes,
      @ForAll boolean oneByOne,
      @ForAll @IntRange(min = 1, max = 2) int sinks)
      throws Exception {
    open = null;
    Random random = new Random(seed);
    int hits = new int[] {0, 1, 30}[hitsKind];
    List<Made> lines = lines(random, 1 + random.nextInt(600), hits, takesVariables);
    List<List<String>> arrived = new ArrayList<>();
    List<BatchSender> senders = new ArrayList<>();
    for (int i = 0; i < sinks; i++) {
      List<String> list = new ArrayList<>();
      arrived.add(list);
      senders.add(list::addAll);
    }
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      LogStreamer.Builder builder =
          LogStreamer.builder(senders.get(0))
              .engine(engine)
              .maxInterval(Duration.ZERO)
              .whenFull(WhenFull.WAIT)
              .maxSize(random.nextBoolean() ? 4 << 10 : 256 << 10);
      senders.subList(1, sinks).forEach(builder::sink);
      if (takesVariables) {
        builder.processor(OutcomeVariables.unmasked());
      }
      if (masks) {
        builder.processor(SecretMasker.of(SECRETS));
      }
      if (prefixes) {
        builder.processor(LinePrefixer.numbered());
      }
      if (oneByOne) {
        builder.listener(line -> {});
      }
      try (LogStreamer log = builder.start()) {
        write(log, random, lines);
        check(log.finish(TIMEOUT), lines, arrived, masks, prefixes);
      }
    }
  }

  /** Writes in pieces that have nothing to do with lines, and waits for room. */
  private static void write(LogStreamer log, Random random, List<Made> lines) throws Exception {
    StringBuilder all = new StringBuilder();
    lines.forEach(line -> all.append(line.line()).append('\n'));
    byte[] bytes = all.toString().getBytes(UTF_8);
    OutputStream out = log.stdout().waiting();
    int from = 0;
    while (from < bytes.length) {
      int length = Math.min(bytes.length - from, 1 + random.nextInt(1_200));
      out.write(bytes, from, length);
      from += length;
      if (random.nextInt(4) == 0) {
        log.drain();
      }
    }
  }

  private void check(
      LogReport report,
      List<Made> lines,
      List<List<String>> arrived,
      boolean masks,
      boolean prefixes) {
    List<String> expected = new ArrayList<>();
    long filtered = 0;
    long bytes = 0;
    for (int i = 0; i < lines.size(); i++) {
      Made line = lines.get(i);
      int length = line.line().getBytes(UTF_8).length + 1;
      bytes += length;
      if (line.isFiltered()) {
        filtered += length;
      } else {
        expected.add(
            (prefixes ? "[" + (i + 1) + "] " : "") + (masks ? line.masked() : line.line()));
      }
    }
    for (int i = 0; i < arrived.size(); i++) {
      List<String> got =
          arrived.get(i).stream()
              .map(line -> prefixes ? line.substring(line.indexOf('[')) : line)
              .toList();
      for (int line = 0; line < Math.min(got.size(), expected.size()); line++) {
        assertThat(got.get(line)).as("line %d", line).isEqualTo(expected.get(line));
      }
      assertThat(got.size()).as("%s", report).isEqualTo(expected.size());
      SinkReport sink = report.sinks().get(i);
      assertThat(sink.accepted()).isEqualTo(new Tally(lines.size(), bytes));
      assertThat(sink.filtered().bytes()).isEqualTo(filtered);
      assertThat(sink.shipped().bytes()).isEqualTo(bytes - filtered);
      assertThat(sink.shipped().lines()).isEqualTo(expected.size());
      assertThat(report.isComplete()).isTrue();
    }
  }
}
