package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What becomes of text that processors add, where it is dropped. */
@Timeout(60)
class AddedTextTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final List<String> arrived = Collections.synchronizedList(new ArrayList<>());

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  /** A sender that fails for batches in which a line is found. */
  private BatchSender failing(int maxBatchBytes, Predicate<String> lines) {
    return new BatchSender() {
      @Override
      public void send(List<String> batch) throws IOException {
        if (batch.stream().anyMatch(lines)) {
          throw new IOException("failed on purpose");
        }
        arrived.addAll(Tokenless.lines(batch));
      }

      @Override
      public int maxBatchBytes() {
        return maxBatchBytes;
      }
    };
  }

  /** Says texts when its stream ends. */
  private static LogProcessor saying(String... texts) {
    return new LogProcessor() {
      @Override
      public void process(LogLine line) {}

      @Override
      public LogProcessor forStream(LogSource source) {
        return source == LogSource.STDOUT ? this : line -> {};
      }

      @Override
      public void end(Output output) {
        for (String text : texts) {
          output.emit(text);
        }
      }
    };
  }

  private SinkReport ship(BatchSender sender, LogProcessor processor, String text)
      throws Exception {
    LogStreamer log =
        LogStreamer.builder(sender)
            .engine(engine)
            .maxSize(4 << 10)
            .maxLineBytes(256)
            .processor(processor)
            .start();
    log.stdout().write(text.getBytes(UTF_8));
    log.drain();
    if (!text.isEmpty()) {
      Eventually.until(() -> log.report().sink().held().isZero());
    }
    return log.finish().sink();
  }

  @Test
  void addedTextInABatchThatFails_isCountedAndTheReportNotComplete() throws Exception {
    SinkReport report =
        ship(failing(Integer.MAX_VALUE, "summary"::equals), saying("summary"), "one\n");
    assertThat(arrived)
        .containsExactly("one", "[logweir] 0 lines (0 bytes) dropped here: send_failed");
    assertThat(report.droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(report.addedBytesDropped()).isEqualTo("summary\n".length());
    assertThat(report.isComplete()).isFalse();
    assertThat(report.gaps())
        .containsExactly(new Gap(1, Tally.NONE, Set.of(DropReason.SEND_FAILED)));
    assertThat(report).asString().contains("dropped 8 bytes of added text");
  }

  @Test
  void addedTextThatArrives_isNotCounted() throws Exception {
    SinkReport report = ship(failing(Integer.MAX_VALUE, "x"::equals), saying("summary"), "one\n");
    assertThat(arrived).containsExactly("one", "summary");
    assertThat(report.addedBytesDropped()).isZero();
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void addedTextDroppedBeforeOther_isMarkedAtItsPlace() throws Exception {
    String first = "a".repeat(400);
    String second = "b".repeat(400);
    SinkReport report = ship(failing(900, first::equals), saying(first, second), "");
    assertThat(arrived)
        .containsExactly("[logweir] 0 lines (0 bytes) dropped here: send_failed", second);
    assertThat(report.addedBytesDropped()).isEqualTo(401);
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void partsOfOneAddedText_areKeptApartByTheMarkerOfWhatIsLostBetween() throws Exception {
    String text = "a".repeat(512) + "b".repeat(512) + "c".repeat(512) + "end";
    SinkReport report = ship(failing(900, line -> line.startsWith("b")), saying(text), "");
    assertThat(arrived)
        .containsExactly(
            "a".repeat(512) + " [logweir: continued]",
            "[logweir] 0 lines (0 bytes) dropped here: send_failed",
            "c".repeat(512) + " [logweir: continued]",
            "end");
    assertThat(report.addedBytesDropped())
        .isEqualTo(512 + " [logweir 01234567: continued]\n".length());
    assertThat(report.isComplete()).isFalse();
  }

  @Test
  void addedTextBehindTheLinesThatArrived_isCountedButNoMarkersAre() throws Exception {
    BatchSender sender =
        lines -> {
          if (lines.contains("summary")) {
            LogBatch.of(lines).call().delivered(1);
            throw new IOException("failed on purpose");
          }
          arrived.addAll(Tokenless.lines(lines));
        };
    SinkReport report = ship(sender, saying("arrives", "summary", "and more"), "one\n");
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
    assertThat(report.addedBytesDropped()).isEqualTo("summary\nand more\n".length());
    assertThat(report.isComplete()).isFalse();
  }
}
