package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OpenBatchTest {
  private static final byte[] LINE = "a line\n".getBytes(UTF_8);

  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  /** The task may look for a batch at any moment, also when it was started for the one before. */
  @Test
  void openBatch_isNotSentWhileLinesAreAboutToCome() throws Exception {
    JobSettings settings = new JobSettings();
    settings.engine(engine);
    settings.sink(sender);
    Job job = Job.start(settings.complete(), true);
    Sink sink = job.firstSink();
    add(sink);

    assertThat(sink.intake.prepare(LINE.length, LINE.length, false, 0)).isEqualTo(LINE.length);
    assertThat(next(sink)).as("batch sent before its lines have come").isNull();
    SinkRig.addLine(sink, LINE);
    sink.passEnded();

    sender.awaitLines(2);
    assertThat(sender.lines()).containsExactly("a line", "a line");
    assertThat(sender.batchSizes()).containsExactly(2);
    job.close();
  }

  private static void add(Sink sink) {
    sink.intake.prepare(LINE.length, LINE.length, false, 0);
    SinkRig.addLine(sink, LINE);
  }

  private static SinkBatch next(Sink sink) {
    sink.lock.lock();
    try {
      return sink.nextToSend();
    } finally {
      sink.lock.unlock();
    }
  }
}
