package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.SteppedJob.Arrived;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Lines of both streams arrive in the order of the writes that ended them, whatever looks at them
 * on their way; each says its stream and when it came, and gaps stand where they began.
 */
@net.jqwik.api.PropertyDefaults(edgeCases = EdgeCasesMode.NONE)
class OrderProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** What a job does. */
  private sealed interface Act permits Write, GoOn, EndLine, Drain, Wait {}

  /**
   * Ends the line that is open, if it has one, writes so many more, and may begin another.
   *
   * @param length of a line, about
   */
  private record Write(LogSource to, int lines, int length, boolean leavesOpen) implements Act {}

  /** Goes on with the line that is open, if there is one, and does not end it. */
  private record GoOn(LogSource of) implements Act {}

  /** A source ends within a line, as a pump's does. */
  private record EndLine(LogSource of) implements Act {}

  private record Drain() implements Act {}

  private record Wait(int millis) implements Act {}

  /** What stands between the streams and the sinks. */
  enum Chain {
    NOTHING,
    TWO_SINKS,
    MASKER,
    MASKER_AND_PREFIX,
    PROCESSOR,
    LISTENER
  }

  @Provide
  Arbitrary<List<Act>> acts() {
    return acts(
            Arbitraries.frequencyOf(
                Tuple.of(12, Arbitraries.integers().between(3, 60)),
                Tuple.of(2, Arbitraries.integers().between(880, 1_900))),
            true)
        .ofMaxSize(60);
  }

  @Provide
  Arbitrary<List<Act>> floods() {
    return acts(Arbitraries.integers().between(3, 400), false).ofMinSize(20).ofMaxSize(80);
  }

  private static net.jqwik.api.arbitraries.ListArbitrary<Act> acts(
      Arbitrary<Integer> lengths, boolean open) {
    Arbitrary<LogSource> streams = Arbitraries.of(LogSource.class);
    Arbitrary<Act> writes =
        Combinators.combine(
                streams,
                Arbitraries.integers().between(open ? 0 : 1, 3),
                lengths,
                open ? Arbitraries.of(true, false, false) : Arbitraries.just(false))
            .as(Write::new);
    return Arbitraries.frequencyOf(
            Tuple.of(16, writes),
            Tuple.of(open ? 1 : 0, streams.map(EndLine::new)),
            Tuple.of(open ? 2 : 0, streams.map(GoOn::new)),
            Tuple.of(open ? 4 : 1, Arbitraries.just(new Drain())),
            Tuple.of(2, Arbitraries.integers().between(1, 40).map(Wait::new)))
        .list();
  }

  /** A line of the model: its place in the order is the list's. */
  private record Ended(LogSource source, String id, Instant time) {}

  private static final class Run implements AutoCloseable {
    private final SteppedJob job = new SteppedJob();
    private final List<Arrived> arrived = job.arrived;
    private final List<Ended> ended = new ArrayList<>();
    private final Map<LogSource, String> open = new TreeMap<>();
    private final int maxSize;
    private int pending;
    private int number;

    Run(Chain chain, int maxSize) {
      this.maxSize = maxSize;
      LogStreamer.Builder builder =
          job.builder().maxSize(maxSize).whenFull(WhenFull.WAIT); // so that sinks drop nothing
      switch (chain) {
        case TWO_SINKS -> builder.sink(lines -> {});
        case MASKER -> builder.processor(masker());
        case MASKER_AND_PREFIX -> builder.processor(masker()).processor(LinePrefixer.numbered());
        case PROCESSOR -> builder.processor(line -> line.replace(line.text()));
        case LISTENER -> builder.listener(line -> {});
        default -> {}
      }
      job.start(builder);
      job.log.stdout().waiting(); // from now on they wait
    }

    /** One that has to see some of the lines, and finds nothing. */
    private static SecretMasker masker() {
      return SecretMasker.of(List.of("e5-never-there", "o7-never-there"));
    }

    private Instant now() {
      return Instant.ofEpochMilli(job.time.currentTimeMillis());
    }

    void does(Act act, boolean drains) {
      if (act instanceof Write write) {
        writes(write, drains);
      } else if (act instanceof GoOn more) {
        if (open.containsKey(more.of)) {
          job.stream(more.of).write('.');
        }
      } else if (act instanceof EndLine end) {
        String id = open.remove(end.of);
        job.stream(end.of).endLine();
        if (id != null) {
          ended.add(new Ended(end.of, id, now()));
        }
      } else if (act instanceof Wait wait) {
        job.time.advance(Duration.ofMillis(wait.millis));
        job.send();
      } else {
        settle();
      }
    }

    private void writes(Write write, boolean drains) {
      StringBuilder text = new StringBuilder();
      String id = open.remove(write.to);
      if (id != null) {
        text.append("...\n");
        ended.add(new Ended(write.to, id, now()));
      }
      for (int i = 0; i < write.lines; i++) {
        String own = newId(write.to);
        text.append(own).append("x".repeat(Math.min(write.length, maxSize / 5))).append('\n');
        ended.add(new Ended(write.to, own, now()));
      }
      if (write.leavesOpen) {
        String own = newId(write.to);
        text.append(own);
        open.put(write.to, own);
      }
      byte[] bytes = text.toString().getBytes(UTF_8);
      pending += bytes.length;
      if (drains && pending > maxSize / 4) {
        settle();
        pending = bytes.length;
      }
      job.stream(write.to).write(bytes);
    }

    private String newId(LogSource source) {
      return (source == LogSource.STDOUT ? "o" : "e") + number++ + "-";
    }

    void settle() {
      job.settle();
      pending = 0;
    }

    long droppedBytes() {
      return job.log.report().sink().droppedTotal().bytes();
    }

    /** Ends the job; the lines that are open end with their streams. */
    LogReport finish() {
      open.forEach((source, id) -> ended.add(new Ended(source, id, now())));
      return job.log.finish(TIMEOUT);
    }

    @Override
    public void close() {
      job.close();
    }
  }

  /** Returns the id of a line, behind its prefix if it has one; empty of a later fragment. */
  private static String id(String text) {
    int from = text.startsWith("20") ? text.indexOf("] ") + 2 : 0;
    return text.substring(from, text.indexOf('-', from) + 1);
  }

  @Property
  void linesOfBothStreams_arriveInTheOrderInWhichTheyEnded(
      @ForAll Chain chain, @ForAll("sizes") int maxSize, @ForAll("acts") List<Act> acts) {
    try (Run run = new Run(chain, maxSize)) {
      acts.forEach(act -> run.does(act, true));
      assertThat(run.finish().isComplete()).isTrue();

      List<Arrived> begun = new ArrayList<>(run.arrived);
      begun.removeIf(line -> id(line.text()).isEmpty());
      assertThat(begun).extracting(line -> id(line.text())).isEqualTo(ids(run.ended));
      assertThat(begun).extracting(Arrived::source).isEqualTo(sources(run.ended));
    }
  }

  @Property
  void eachLine_hasTheTimeOfItsWriteOrOfOneALittleBefore(
      @ForAll Chain chain, @ForAll("sizes") int maxSize, @ForAll("acts") List<Act> acts) {
    try (Run run = new Run(chain, maxSize)) {
      acts.forEach(act -> run.does(act, true));
      run.finish();

      List<Arrived> begun = new ArrayList<>(run.arrived);
      begun.removeIf(line -> id(line.text()).isEmpty() || line.text().contains("continued]"));
      Map<String, Ended> model = new TreeMap<>();
      Map<String, Instant> least = new TreeMap<>();
      for (int i = 0; i < run.ended.size(); i++) {
        Ended line = run.ended.get(i);
        model.put(line.id, line);
        Ended oldest = run.ended.get(Math.max(0, i - 3 * (ArrivalClock.MAX_SERVED + 1)));
        boolean turns = i == 0 || run.ended.get(i - 1).source != line.source;
        least.put(line.id, turns ? line.time : oldest.time);
      }
      for (Arrived line : begun) {
        String id = id(line.text());
        Instant latest = model.get(id).time;
        assertThat(line.time())
            .as(id)
            .isBetween(least.get(id).minusMillis(ArrivalClock.RUN_MILLIS), latest);
        if (chain == Chain.MASKER_AND_PREFIX) {
          assertThat(line.text()).startsWith(line.time().toString().substring(0, 19));
        }
      }
    }
  }

  @Provide
  Arbitrary<Integer> sizes() {
    return Arbitraries.of(4 << 10, 16 << 10, 256 << 10);
  }

  @Property
  void gaps_standWhereTheyBegan(@ForAll("buffered") Chain chain, @ForAll("floods") List<Act> acts) {
    try (Run run = new Run(chain, 4 << 10)) {
      acts.forEach(act -> run.does(act, false));
      run.finish();

      List<String> order = ids(run.ended);
      List<String> there =
          run.arrived.stream().filter(line -> !line.isGap()).map(line -> id(line.text())).toList();
      assertThat(there).isSortedAccordingTo((a, b) -> order.indexOf(a) - order.indexOf(b));
      Map<LogSource, List<String>> missing = new TreeMap<>();
      for (Ended line : run.ended) {
        if (!there.contains(line.id)) {
          missing.computeIfAbsent(line.source, source -> new ArrayList<>()).add(line.id);
        }
      }
      int before = 0;
      for (Arrived line : run.arrived) {
        if (line.isGap()) {
          assertThat(line.source()).as(line.text()).isNotNull();
          List<String> lost = missing.get(line.source());
          int place = order.indexOf(lost.get(0));
          lost.subList(0, lines(line.text())).clear();
          if (before > 0) {
            assertThat(order.indexOf(there.get(before - 1))).isLessThan(place);
          }
          if (before < there.size()) {
            assertThat(order.indexOf(there.get(before))).isGreaterThan(place);
          }
        } else {
          before++;
        }
      }
      assertThat(missing.values()).allMatch(List::isEmpty);
    }
  }

  @Provide
  Arbitrary<List<Act>> floodsOfOpenLines() {
    return acts(Arbitraries.integers().between(200, 800), true).ofMinSize(20).ofMaxSize(80);
  }

  @Property
  void lines_standBehindTheMarkersOfWhatTheOtherStreamHadDroppedBefore(
      @ForAll Chain chain, @ForAll("floodsOfOpenLines") List<Act> acts) {
    try (Run run = new Run(chain, 4 << 10)) {
      long[] dropped = new long[2];
      long[] ofOpenLine = new long[2];
      Map<String, Long> toBeTold = new TreeMap<>();
      for (Act act : acts) {
        int before = run.ended.size();
        long all = run.droppedBytes();
        run.does(act, false);
        for (Ended line : run.ended.subList(before, run.ended.size())) {
          int other = 1 - line.source.ordinal();
          // All but the rest of a line that has not ended, of which a part is told.
          toBeTold.put(line.id, dropped[other] - Math.max(0, ofOpenLine[other] - 1));
        }
        if (act instanceof Write write) {
          int stream = write.to.ordinal();
          long more = run.droppedBytes() - all;
          dropped[stream] += more;
          ofOpenLine[stream] =
              write.leavesOpen ? Math.min(more, run.open.get(write.to).length()) : 0;
        } else if (act instanceof GoOn on) {
          dropped[on.of.ordinal()] += run.droppedBytes() - all;
          ofOpenLine[on.of.ordinal()] += run.droppedBytes() - all;
        } else if (act instanceof EndLine end) {
          ofOpenLine[end.of.ordinal()] = 0;
        }
      }
      run.finish();

      long[] told = new long[2];
      for (Arrived line : run.arrived) {
        if (line.isGap()) {
          told[line.source().ordinal()] += bytesOf(line.text());
        } else {
          Long least = toBeTold.getOrDefault(id(line.text()), 0L);
          int other = 1 - line.source().ordinal();
          assertThat(told[other]).as(line.text()).isGreaterThanOrEqualTo(least);
        }
      }
    }
  }

  @Provide
  Arbitrary<Chain> buffered() {
    return Arbitraries.of(Chain.class).filter(chain -> chain != Chain.NOTHING);
  }

  private static int lines(String marker) {
    return Integer.parseInt(marker.substring(marker.indexOf(']') + 2).split(" ", 2)[0]);
  }

  private static int bytesOf(String marker) {
    return Integer.parseInt(
        marker.substring(marker.indexOf('(') + 1).split(" ", 2)[0].replace(",", ""));
  }

  private static List<String> ids(List<Ended> lines) {
    return lines.stream().map(Ended::id).toList();
  }

  private static List<LogSource> sources(List<Ended> lines) {
    return lines.stream().map(Ended::source).toList();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  @Property(tries = 20)
  void marks_takeAnEighthOfABufferAtMostAndThenTheOrderIsCoarser(@ForAll("sizes") int maxSize) {
    try (Run run = new Run(Chain.PROCESSOR, maxSize)) {
      int bound = LineOrder.maxMarks(maxSize);
      int turns = maxSize / 8; // of two bytes each: a quarter of a buffer
      for (int i = 0; i < turns; i++) {
        run.job.stream(LogSource.STDOUT).write(bytes("o\n"));
        run.job.stream(LogSource.STDERR).write(bytes("e\n"));
      }
      long text = 2L * turns;
      int nominal = Segment.nominalFor(maxSize);
      long most = (text + maxSize / 8) / (Segment.capacity(nominal) - nominal / 64) + 2;
      assertThat(run.job.log.retainedBytes()).isLessThanOrEqualTo(2 * most * nominal);
      LogReport report = run.finish();
      assertThat(report.isComplete()).isTrue();
      char[] found = new char[2 * turns];
      for (int i = 0; i < found.length; i++) {
        found[i] = run.arrived.get(i).text().charAt(0);
      }
      String exact = "oe".repeat(bound);
      assertThat(new String(found)).startsWith(exact);
      assertThat(new String(found)).isNotEqualTo("oe".repeat(turns));
    }
  }
}
