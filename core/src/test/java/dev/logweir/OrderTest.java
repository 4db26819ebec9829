package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OrderTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final LogweirEngine engine = LogweirEngine.builder().build();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  @Test
  void lineThatIsEndedWhereNoMarkFits_keepsItsPlace() {
    // Of some of these lengths the segment is full to the byte.
    for (int length = 880; length < 940; length++) {
      List<String> arrived = new CopyOnWriteArrayList<>();
      LogStreamer log =
          LogStreamer.builder(arrived::addAll)
              .engine(engine)
              .maxSize(4 << 10)
              .processor(line -> {})
              .start();
      String open = "y".repeat(length);
      write(log.stderr(), "a\n");
      write(log.stdout(), "b\n");
      write(log.stderr(), "c\n" + open);
      write(log.stdout(), "d\n");
      log.stderr().endLine();
      write(log.stdout(), "e\n");
      LogReport report = log.finish(TIMEOUT);

      assertThat(report.isComplete()).isTrue();
      assertThat(arrived).as("%s bytes", length).containsExactly("a", "b", "c", "d", open, "e");
      assertThat(report.sink().accepted()).isEqualTo(Tally.of(6, 10 + length));
    }
  }

  private static final String LONG = "x".repeat(60) + "\n";

  /** Sees no line of these tests, so that they go as runs. */
  private static LogProcessor masker() {
    return SecretMasker.of(List.of("never there"));
  }

  private static void start(SteppedJob job, LogProcessor... processors) {
    LogStreamer.Builder builder = job.builder().maxSize(4 << 10);
    for (LogProcessor processor : processors) {
      builder.processor(processor);
    }
    job.start(builder);
  }

  @Test
  void changesThatWereRead_doNotCountAgainstTheBound() {
    try (SteppedJob job = new SteppedJob()) {
      start(job, masker());
      // A segment that is never all read: it ends in the beginning of a line.
      job.out("o");
      job.err("e");
      int changes = 10 * LineOrder.maxMarks(4 << 10);
      for (int i = 0; i < changes; i++) {
        job.out("\no");
        job.err("\ne");
        if (i % 3 == 0) {
          job.settle();
        }
      }
      assertThat(job.log.finish(TIMEOUT).isComplete()).isTrue();
      assertThat(String.join("", job.texts())).isEqualTo("oe".repeat(changes + 1));
    }
  }

  private static List<String> linesOf(SteppedJob job) {
    return job.arrived.stream().filter(line -> !line.isGap()).map(line -> line.text()).toList();
  }

  /** Returns how many lines arrived before each marker. */
  private static List<Integer> placesOfGaps(SteppedJob job) {
    List<Integer> places = new ArrayList<>();
    int lines = 0;
    for (SteppedJob.Arrived line : job.arrived) {
      if (line.isGap()) {
        places.add(lines);
      } else {
        lines++;
      }
    }
    return places;
  }

  @Test
  void gapWhoseLineHasNotEnded_standsBeforeWhatTheOtherStreamWritesThen() {
    try (SteppedJob job = new SteppedJob()) {
      start(job, masker());
      job.out(LONG.repeat(100));
      job.out("open");
      job.err("after\n");
      job.settle();
      job.out("more");
      job.err("later\n");
      job.settle();
      job.out(" ends\n");
      job.out("next\n");
      LogReport report = job.log.finish(TIMEOUT);

      int kept = linesOf(job).size() - 3;
      assertThat(linesOf(job)).endsWith("after", "later", "next");
      assertThat(placesOfGaps(job)).containsExactly(kept, kept + 2);
      Tally lost = new Tally(101 - kept, 61L * (100 - kept) + 14);
      assertThat(report.sink().droppedTotal()).isEqualTo(lost);
      assertThat(report.sink().gaps())
          .extracting(Gap::dropped)
          .containsExactly(new Tally(100 - kept, lost.bytes() - 10), new Tally(1, 10));
      assertThat(report.sink().gaps())
          .extracting(Gap::afterLine)
          .containsExactly((long) kept, 102L);
    }
  }

  @Test
  void gapWhoseLineHasNotEnded_isToldWithItsEndWhereNothingElseComes() {
    try (SteppedJob job = new SteppedJob()) {
      start(job, masker());
      job.out(LONG.repeat(100));
      job.out("open");
      job.settle();
      job.out("more");
      job.settle();
      job.out("\n");
      job.err("after\n");
      job.log.finish(TIMEOUT);

      assertThat(placesOfGaps(job)).containsExactly(linesOf(job).size() - 1);
      assertThat(linesOf(job)).endsWith("after");
    }
  }

  /** The other stream's line could go past the buffers. */
  @Test
  void gapWhoseLineHasNotEnded_isNotPassedPastTheBuffer() {
    try (SteppedJob job = new SteppedJob()) {
      job.start(job.builder().maxSize(4 << 10).whenFull(WhenFull.WAIT));
      job.log.stdout().waiting(); // sinks drop nothing
      int written = 0;
      while (job.log.report().sink().droppedTotal().isZero()) {
        job.out(LONG);
        written++;
      }
      job.out("open");
      job.settle();
      job.err("after\n");
      job.settle();
      job.out(" ends\n");
      LogReport report = job.log.finish(TIMEOUT);

      assertThat(linesOf(job)).hasSize(written).endsWith("after");
      assertThat(placesOfGaps(job)).containsExactly(written - 1, written);
      assertThat(report.sink().droppedTotal()).isEqualTo(new Tally(2, 61 + 10));
    }
  }

  /** No thread can be had for the drain, so that none is on its way when the other line comes. */
  @Test
  void lastLineOfAClosedStream_isNotPassedPastTheBuffer() {
    try (SteppedJob job = new SteppedJob()) {
      job.start(job.builder());
      job.out("first\nlast");
      job.log.stdout().close();
      job.err("after\n");
      assertThat(job.log.finish(TIMEOUT).isComplete()).isTrue();
      assertThat(job.texts()).containsExactly("first", "last", "after");
    }
  }

  @Test
  void linesThatAProcessorLost_areMarkedWhereTheyWere() {
    LogProcessor failing =
        line -> {
          if (line.text().contains("bad")) {
            throw new IllegalStateException("bad");
          }
        };
    try (SteppedJob job = new SteppedJob()) {
      start(job, failing);
      job.out("o1\nbad\nbad\n");
      job.err("e2\n");
      job.settle();
      job.err("e3\nbad\n");
      job.settle();
      job.out("o4\nbad\n");
      LogReport report = job.log.finish(TIMEOUT);

      assertThat(linesOf(job)).containsExactly("o1", "e2", "e3", "o4");
      assertThat(placesOfGaps(job)).containsExactly(1, 3, 4);
      assertThat(report.sink().gaps())
          .containsExactly(
              new Gap(1, new Tally(2, 8), Set.of(DropReason.PROCESSOR_FAILED)),
              new Gap(5, new Tally(1, 4), Set.of(DropReason.PROCESSOR_FAILED)),
              new Gap(7, new Tally(1, 4), Set.of(DropReason.PROCESSOR_FAILED)));
    }
  }

  @Test
  void linesThatAProcessorLost_areMarkedBeforeTheGapBehindThem() {
    LogProcessor failing =
        line -> {
          throw new IllegalStateException("bad");
        };
    try (SteppedJob job = new SteppedJob()) {
      start(job, failing);
      job.out(LONG.repeat(100));
      job.settle();
      job.log.finish(TIMEOUT);

      assertThat(job.texts()).hasSize(2);
      assertThat(job.texts().get(0)).contains("processor_failed").doesNotContain("buffer_full");
      assertThat(job.texts().get(1)).contains("buffer_full").doesNotContain("processor_failed");
    }
  }

  /** Returns by how much the time of each line is before that of its write, in milliseconds. */
  private static List<Long> stale(SteppedJob job, List<Instant> written) {
    List<Long> late = new ArrayList<>();
    for (int i = 0; i < written.size(); i++) {
      late.add(Duration.between(job.arrived.get(i).time(), written.get(i)).toMillis());
    }
    return late;
  }

  private static void write(SteppedJob job, int lines, long apartMillis, List<Instant> written) {
    for (int i = 0; i < lines; i++) {
      written.add(Instant.ofEpochMilli(job.time.currentTimeMillis()));
      job.out("line\n");
      job.time.advance(Duration.ofMillis(apartMillis));
    }
  }

  /** Nothing is drained or sent meanwhile: lines wait, or a send is under way. */
  private static void assertTimes(SteppedJob job) {
    List<Instant> written = new ArrayList<>();
    write(job, 100, 0, written);
    write(job, 40, 3, written);
    write(job, 40, 150, written);
    job.log.finish(TIMEOUT);

    List<Long> stale = stale(job, written);
    assertThat(stale).hasSize(180).allMatch(millis -> millis >= 0);
    // At a steady pace, but for what the last look of the quicker pace before still serves.
    assertThat(stale.subList(100 + ArrivalClock.MAX_SERVED, 140))
        .allMatch(millis -> millis < 2 * ArrivalClock.RUN_MILLIS);
    assertThat(stale.subList(140 + 4, 180)).allMatch(millis -> millis == 0);
  }

  @Test
  void times_areStaleOnlyWhereThePaceBreaksOff_pastTheBuffer() {
    try (SteppedJob job = new SteppedJob()) {
      job.start(job.builder());
      assertTimes(job);
    }
  }

  @Test
  void times_areStaleOnlyWhereThePaceBreaksOff_inTheBuffer() {
    try (SteppedJob job = new SteppedJob()) {
      job.start(job.builder().processor(masker()));
      assertTimes(job);
    }
  }

  @Test
  void clock_isLookedAtForFewOfTheWritesThatComeQuickly() {
    AtomicInteger looks = new AtomicInteger();
    for (boolean buffered : new boolean[] {false, true}) {
      try (SteppedJob job =
          new SteppedJob(
              time ->
                  new ForwardingTime(time) {
                    @Override
                    public long nanoTime() {
                      looks.incrementAndGet();
                      return super.nanoTime();
                    }

                    @Override
                    public long currentTimeMillis() {
                      looks.incrementAndGet();
                      return super.currentTimeMillis();
                    }
                  })) {
        job.start(buffered ? job.builder().processor(masker()) : job.builder());
        job.out("first\n");
        looks.set(0);
        for (int i = 0; i < 1_600; i++) {
          job.out("line\n");
        }
        // A batch that begins has a look of its own.
        assertThat(looks.get()).as("buffered: %s", buffered).isBetween(1, 1_600 / 16 + 10);
      }
    }
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }
}
