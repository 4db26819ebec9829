package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LogStreamerTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(64 << 10);
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  @Test
  void firstLine_goesAtOnceAlsoBehindOnesThatWereRemoved() throws Exception {
    LogStreamer log =
        job()
            .maxInterval(Duration.ofHours(1))
            .processor(
                line -> {
                  if (line.text().startsWith("::")) {
                    line.remove();
                  }
                })
            .start();
    write(log.stdout(), "::set\n");
    log.drain();
    write(log.stdout(), "seen\n");
    sender.awaitLines(1);
    assertThat(sender.lines()).containsExactly("seen");
    log.close();
  }

  @Test
  void finish_shipsAllLinesAndTheTrailingOne() {
    LogStreamer log = job().start();
    write(log.stdout(), "one\ntwo\nthr");
    write(log.stdout(), "ee\nlast");
    LogReport report = log.finish(Duration.ofSeconds(30));
    assertThat(sender.lines()).containsExactly("one", "two", "three", "last");
    assertThat(report.isComplete()).isTrue();
    assertThat(report.sink().accepted()).isEqualTo(new Tally(4, 18));
    assertThat(report.sink().shipped()).isEqualTo(new Tally(4, 18));
  }

  @Test
  void finish_returnsAtItsDeadlineWhenTheSenderHangs() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    write(log.stdout(), "one\n");
    sender.awaitInside();
    write(log.stdout(), "two\nthree");
    LogReport report = log.finish(Duration.ofMillis(50));
    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(3, 13));
    assertThat(report.sink().shipped()).isEqualTo(Tally.NONE);
    assertThat(log.finish()).isEqualTo(report);
  }

  @Test
  void longLines_goOutInMarkedFragments() {
    LogStreamer log = job().maxLineBytes(256).start();
    write(log.stdout(), "a".repeat(600) + "\nshort\n");
    LogReport report = log.finish(Duration.ofSeconds(30));
    assertThat(sender.lines())
        .containsExactly(
            "a".repeat(256) + " [logweir: continued]",
            "a".repeat(256) + " [logweir: continued]",
            "a".repeat(88),
            "short");
    assertThat(report.sink().shipped()).isEqualTo(new Tally(2, 607));
  }

  @Test
  void overflow_cutsAtALineEndAndMarksTheGap() throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(4 << 10).start();
    byte[] line = ("x".repeat(99) + "\n").getBytes(UTF_8);
    for (int i = 0; i < 1_000; i++) {
      log.stdout().write(line);
    }
    sender.awaitInside();
    sender.recover();
    LogReport report = log.finish(Duration.ofSeconds(30));
    SinkReport sink = report.sink();
    assertThat(sink.accepted()).isEqualTo(new Tally(1_000, 100_000));
    assertThat(sink.shipped().plus(sink.droppedTotal())).isEqualTo(sink.accepted());
    assertThat(sink.droppedTotal().isZero()).isFalse();
    assertThat(sender.lines())
        .allMatch(text -> text.equals("x".repeat(99)) || text.startsWith("[logweir] "));
    assertThat(sender.lines()).anyMatch(text -> text.startsWith("[logweir] "));
  }
}
