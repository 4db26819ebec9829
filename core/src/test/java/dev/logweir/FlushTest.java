package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.logweir.testkit.ManualTime;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is held goes now, and the caller knows whether it went. */
@Timeout(60)
class FlushTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxInterval(LONG);
  }

  private static void write(LogStreamer log, String text) {
    log.stdout().write(text.getBytes(UTF_8));
  }

  /** A job that has sent its first line, so that further ones wait for their time. */
  private LogStreamer begun(LogStreamer.Builder builder) throws Exception {
    LogStreamer log = builder.start();
    write(log, "first\n");
    sender.awaitLines(1);
    sender.awaitOutside();
    return log;
  }

  @Test
  void flush_sendsWhatIsCompleteAndWaitsForIt() throws Exception {
    LogStreamer log = begun(job().processor(line -> {}));
    write(log, "two\nthree\nopen");
    log.stderr().write("err\n".getBytes(UTF_8));
    assertThat(log.flush(LONG)).isTrue();
    assertThat(sender.lines()).containsExactlyInAnyOrder("first", "two", "three", "err");
    write(log, " line\n");
    assertThat(log.drain()).isTrue();
    assertThat(sender.lines()).as("a flush is over when it is over").hasSize(4);
    assertThat(log.flush(LONG)).isTrue();
    assertThat(sender.lines()).endsWith("open line");
    assertThat(log.finish().isComplete()).isTrue();
  }

  @Test
  void flush_sendsWhatWentPastTheBuffer() throws Exception {
    LogStreamer log = begun(job());
    write(log, "two\n");
    assertThat(log.flush(LONG)).isTrue();
    assertThat(sender.lines()).containsExactly("first", "two");
    assertThat(log.flush(Duration.ZERO)).as("nothing is held").isTrue();
  }

  @Test
  void flushThatHasNoTime_returnsAndTheLinesGoOnTheirWay() throws Exception {
    sender.stall();
    LogStreamer log = job().maxSize(4 << 10).processor(line -> {}).start();
    write(log, "one\n");
    sender.awaitInside();
    for (int i = 0; i < 30; i++) {
      write(log, "x".repeat(200) + i + "\n");
      assertThat(log.drain()).isTrue(); // as the buffer holds less than that
    }
    assertThat(log.flush(Duration.ZERO)).isFalse();
    sender.recover();
    sender.awaitLines(31);
    assertThat(log.flush(LONG)).isTrue();
  }

  @Test
  void flush_ofABatchThatFails_isFalse() throws Exception {
    LogStreamer log = begun(job());
    write(log, "two\n");
    sender.failWith(new IOException("no"));
    assertThat(log.flush(LONG)).isFalse();
    sender.recover();
    write(log, "three\n");
    assertThat(log.flush(LONG)).isTrue();
  }

  @Test
  void flush_endsWithTheJob() throws Exception {
    LogStreamer log = begun(job());
    sender.stall();
    write(log, "two\n");
    Elsewhere<Boolean> flush = Elsewhere.call(() -> log.flush(LONG));
    sender.awaitInside();
    time.awaitWaiting(1);
    log.finish(Duration.ZERO);
    assertThat(flush.get()).isFalse();
    assertThat(log.flush(LONG)).as("nothing is left").isTrue();
  }

  @Test
  void flush_endsWithTheJobThatHangsInAProcessor() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    LogStreamer log =
        job()
            .processor(
                line -> {
                  inside.countDown();
                  new CountDownLatch(1).await();
                })
            .start();
    write(log, "hang\n");
    inside.await();
    assertThat(log.flush(Duration.ZERO)).isFalse();
    Elsewhere<Boolean> flush = Elsewhere.call(() -> log.flush(LONG));
    time.awaitWaiting(1);
    log.finish(Duration.ZERO);
    assertThat(flush.get()).isFalse();
  }

  @Test
  void flush_canBeInterrupted() throws Exception {
    LogStreamer log = begun(job());
    sender.stall();
    write(log, "two\n");
    Elsewhere<Boolean> flush = Elsewhere.call(() -> log.flush(LONG));
    sender.awaitInside();
    time.awaitWaiting(1);
    flush.interrupt();
    assertThatThrownBy(flush::get)
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(InterruptedException.class);
    sender.recover();
    sender.awaitLines(2);
  }

  @Test
  void whatIsWrittenAfterAFlush_goesByItself() throws Exception {
    LogStreamer log = job().maxInterval(Duration.ZERO).processor(line -> {}).start();
    BatchShipper shipper =
        BatchShipper.builder(sender)
            .engine(engine)
            .maxInterval(Duration.ZERO)
            .listener(line -> {})
            .start();
    for (int i = 1; i <= 3; i++) {
      write(log, "written\n");
      assertThat(log.flush(LONG)).isTrue();
      shipper.submit("submitted");
      assertThat(shipper.flush(LONG)).isTrue();
      write(log, "written\n");
      shipper.submit("submitted");
      sender.awaitLines(4 * i);
    }
    assertThat(sender.lines()).filteredOn("written"::equals).hasSize(6);
  }

  @Test
  void flushFromWithin_isFalseAtOnce() throws Exception {
    AtomicReference<LogStreamer> self = new AtomicReference<>();
    List<Boolean> answers = new CopyOnWriteArrayList<>();
    LogStreamer log =
        LogStreamer.builder(lines -> answers.add(self.get().flush(LONG)))
            .engine(engine)
            .processor(line -> answers.add(self.get().flush(LONG)))
            .listener(line -> answers.add(self.get().flush(LONG)))
            .start();
    self.set(log);
    write(log, "one\n");
    assertThat(log.flush(LONG)).isTrue();
    assertThat(answers).containsExactly(false, false, false);
  }

  @Test
  void shipper_isFlushedToo() throws Exception {
    BatchShipper shipper = BatchShipper.builder(sender).engine(engine).maxInterval(LONG).start();
    shipper.submit("first");
    sender.awaitLines(1);
    sender.awaitOutside();
    shipper.submit("two");
    assertThat(shipper.flush(LONG)).isTrue();
    assertThat(sender.lines()).containsExactly("first", "two");
    sender.stall();
    shipper.submit("three");
    assertThat(shipper.flush(Duration.ZERO)).isFalse();
  }

  @Test
  void flush_needsATimeInRange() {
    LogStreamer log = job().start();
    assertThatNullPointerException().isThrownBy(() -> log.flush(null)).withMessage("timeout");
    assertThatIllegalArgumentException().isThrownBy(() -> log.flush(Duration.ofNanos(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> log.flush(Duration.ofDays(2)));
  }
}
