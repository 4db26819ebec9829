package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Jobs on a machine that has no thread left for their drains. */
@Timeout(60)
class NoThreadTest {
  private final AtomicBoolean exhausted = new AtomicBoolean(true);
  private final ThreadFactory factory =
      task -> {
        if (exhausted.get()) {
          throw new OutOfMemoryError("unable to create native thread");
        }
        return DaemonThreads.platform("test-drain-").newThread(task);
      };
  private final LogweirEngine engine = LogweirEngine.builder().drainThreads(factory).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(4 << 10).listener(line -> {});
  }

  @Test
  void writes_doNotThrowAndWaitInTheBuffer() {
    LogStreamer log = job().start();
    log.stdout().write("one\n".getBytes(UTF_8));
    log.stderr().write("two\n".getBytes(UTF_8));
    assertThat(log.report().sink().held()).isEqualTo(new Tally(2, 8));
    assertThat(sender.calls()).isZero();
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("one", "two");
  }

  @Test
  void nextWrite_drainsWhenThereIsAThreadAgain() throws Exception {
    LogStreamer log = job().start();
    log.stdout().write("one\n".getBytes(UTF_8));
    exhausted.set(false);
    log.stdout().write("two\n".getBytes(UTF_8));
    sender.awaitLines(1);
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("one", "two");
  }

  @Test
  void overflow_isCountedAndDoesNotThrow() {
    LogStreamer log = job().start();
    byte[] line = ("x".repeat(99) + "\n").getBytes(UTF_8);
    for (int i = 0; i < 1_000; i++) {
      log.stdout().write(line);
    }
    SinkReport report = log.finish().sink();
    assertThat(report.dropped(DropReason.BUFFER_FULL).lines()).isEqualTo(1_000 - 36);
    assertThat(report.shipped()).isEqualTo(new Tally(36, 3_600));
  }

  @Test
  void linesThatWaitForRoomAtTheEnd_goWhenASendEnds() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    byte[] line = ("x".repeat(99) + "\n").getBytes(UTF_8);
    for (int i = 0; i < 6 * 4_096 / 100; i++) {
      (i % 3 == 0 ? log.stderr() : log.stdout()).write(line);
      log.drain();
    }
    long held = log.report().sink().held().lines();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(30)));
    sender.recover();
    SinkReport report = finish.get().sink();
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
    assertThat(report.shipped().lines()).isEqualTo(held);
  }
}
