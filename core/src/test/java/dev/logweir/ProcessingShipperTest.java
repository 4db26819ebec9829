package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A shipper with processors and listeners. */
@Timeout(60)
class ProcessingShipperTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final StallingSender sender = new StallingSender();
  private final LogweirEngine engine = LogweirEngine.builder().build();

  @AfterEach
  void close() {
    sender.recover();
    engine.close(Duration.ofSeconds(10));
  }

  private BatchShipper.Builder shipper() {
    return BatchShipper.builder(sender).engine(engine).maxSize(4 << 10);
  }

  @Test
  void secrets_areMaskedBeforeAnythingLeavesAndListenersSeeWhatLeaves() throws Exception {
    List<String> heard = new CopyOnWriteArrayList<>();
    BatchShipper shipper =
        shipper()
            .processor(SecretMasker.of(List.of("hunter2")))
            .processor(LinePrefixer.of(() -> "> "))
            .listener(line -> heard.add(line.text()))
            .start();
    assertThat(shipper.submit("password hunter2")).isTrue();
    assertThat(shipper.submit("two\nlines hunter2\n")).isTrue();
    assertThat(shipper.submit("")).isTrue();
    byte[] bytes = "xx hunter2 xx".getBytes(UTF_8);
    assertThat(shipper.submit(bytes, 3, 7)).isTrue();
    assertThat(shipper.flush(LONG)).isTrue();

    assertThat(sender.lines())
        .containsExactly(
            "> password **********", "> two", "> lines **********", "> ", "> **********");
    assertThat(heard).isEqualTo(sender.lines());
    SinkReport report = shipper.finish();
    assertThat(report.isComplete()).isTrue();
    assertThat(report.shipped()).isEqualTo(new Tally(5, 17 + 4 + 14 + 1 + 8));
  }

  /** As without processors: whoever submits a line has no streams. */
  @Test
  void lines_areOfNoStreamForTheSenderAndKnowWhenTheyCame() {
    List<Optional<LogSource>> sources = new CopyOnWriteArrayList<>();
    List<Boolean> timed = new CopyOnWriteArrayList<>();
    LogProcessor failing =
        line -> {
          if (line.text().equals("bad")) {
            throw new IllegalStateException("bad");
          }
        };
    for (LogProcessor own : List.of(SecretMasker.of(List.of("hunter2")), failing)) {
      BatchShipper shipper =
          BatchShipper.builder(
                  lines -> {
                    LineReader reader = LogBatch.of(lines).reader();
                    while (reader.next()) {
                      sources.add(reader.source());
                      timed.add(reader.arrivalTime().isPresent());
                    }
                  })
              .engine(engine)
              .processor(own)
              .start();
      shipper.submit("bad");
      shipper.submit("line");
      shipper.finish();
    }
    // A line of each, the one that the masker let through, and a marker.
    assertThat(sources).hasSize(4).allMatch(Optional::isEmpty);
    assertThat(timed).hasSize(4).doesNotContain(false);
  }

  @Test
  void processor_endsAndIsClosedAsThatOfAStreamer() throws Exception {
    AtomicInteger closed = new AtomicInteger();
    LogProcessor counting =
        new LogProcessor() {
          private int lines;

          @Override
          public void process(LogLine line) {
            lines++;
            if (line.text().startsWith("#")) {
              line.remove();
            }
          }

          @Override
          public LogProcessor forStream(LogSource source) {
            return source == LogSource.STDOUT ? this : line -> {};
          }

          @Override
          public void end(Output out) {
            out.emit(lines + " lines");
          }

          @Override
          public void close() {
            closed.incrementAndGet();
          }
        };
    BatchShipper shipper = shipper().processor(counting).start();
    shipper.submit("one");
    shipper.submit("# none");
    SinkReport report = shipper.finish(LONG);
    sender.awaitClosed();

    assertThat(sender.lines()).containsExactly("one", "2 lines");
    assertThat(report.filtered()).isEqualTo(new Tally(1, 7));
    assertThat(closed).hasValue(1);
    assertThat(shipper.submit("late")).isFalse();
  }

  @Test
  void whatHasNoRoom_isRefusedAndCounted() throws Exception {
    sender.stall();
    BatchShipper shipper = shipper().processor(line -> {}).start();
    String line = "x".repeat(999);
    int lines = 0;
    while (shipper.submit(line)) {
      assertThat(++lines).isLessThan(100);
      assertThat(shipper.retainedBytes()).isLessThanOrEqualTo(6 * (4 << 10));
    }
    sender.recover();
    SinkReport report = shipper.finish(LONG);
    assertThat(report.droppedTotal().lines()).isPositive();
    assertThat(report.shipped().plus(report.droppedTotal()))
        .isEqualTo(report.accepted())
        .isEqualTo(new Tally(lines + 1, 1_000L * (lines + 1)));
  }

  @Test
  void maxRetainedBytes_isThatOfAStreamerWithoutRecentLines() {
    SecretMasker masker = SecretMasker.of(List.of("hunter2"));
    BatchShipper.Builder builder = shipper().processor(masker);
    long expected =
        LogStreamer.builder(sender)
            .maxSize(4 << 10)
            .recentLineBytes(0)
            .processor(masker)
            .maxRetainedBytes();
    assertThat(builder.maxRetainedBytes()).isEqualTo(expected);
    assertThat(builder.start().maxRetainedBytes()).isEqualTo(expected);
  }
}
