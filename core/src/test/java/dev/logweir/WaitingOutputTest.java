package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.logweir.testkit.ManualTime;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Writes that wait for room. */
@Timeout(60)
class WaitingOutputTest {
  private static final int LINES = 2_000;

  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();
  private final byte[] much = lines("x");

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(8 << 10).whenFull(WhenFull.WAIT);
  }

  private static byte[] lines(String letter) {
    return (letter.repeat(99) + "\n").repeat(LINES).getBytes(UTF_8);
  }

  /** Starts a write of more than there is room for, and waits until it waits. */
  private Elsewhere<Boolean> waiting(LogStreamer log) throws InterruptedException {
    OutputStream stream = log.stdout().waiting();
    Elsewhere<Boolean> write =
        Elsewhere.call(
            () -> {
              stream.write(much);
              return Thread.currentThread().isInterrupted();
            });
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT); // the sink has no room
    return write;
  }

  @Test
  void write_returnsOnceAllHasAPlace() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    Elsewhere<Boolean> write = waiting(log);
    assertThat(write.isDone()).isFalse();
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    assertThat(log.retainedBytes()).isLessThanOrEqualTo(log.maxRetainedBytes());
    sender.recover();
    assertThat(write.get()).isFalse();
    SinkReport report = log.finish().sink();
    assertThat(report.isComplete()).isTrue();
    assertThat(report.shipped()).isEqualTo(new Tally(LINES, much.length));
  }

  /** Whoever writes is held to the pace of who takes, and memory stays what it is. */
  @Test
  void writer_isNeverAheadOfTheSenderByMoreThanTheLogHolds() throws Exception {
    AtomicLong written = new AtomicLong();
    AtomicLong taken = new AtomicLong();
    AtomicLong mostAhead = new AtomicLong();
    AtomicLong mostHeld = new AtomicLong();
    AtomicReference<LogStreamer> job = new AtomicReference<>();
    BatchSender counting =
        lines -> {
          mostAhead.accumulateAndGet(written.get() - taken.get(), Math::max);
          mostHeld.accumulateAndGet(job.get().retainedBytes(), Math::max);
          lines.forEach(line -> taken.addAndGet(line.length() + 1));
        };
    LogStreamer log =
        LogStreamer.builder(counting)
            .engine(engine)
            .maxSize(64 << 10)
            .whenFull(WhenFull.WAIT)
            .start();
    job.set(log);
    OutputStream stream = log.stdout().waiting();
    while (written.get() < 64 << 20) {
      stream.write(much);
      written.addAndGet(much.length);
    }
    LogReport report = log.finish();
    assertThat(report.isComplete()).as(report.toString()).isTrue();
    assertThat(taken.get()).isEqualTo(written.get());
    assertThat(mostHeld.get()).isBetween(64L << 10, log.maxRetainedBytes());
    assertThat(mostAhead.get()).isLessThanOrEqualTo(log.maxRetainedBytes());
  }

  @Test
  void writesThatDoNotWait_goOnMeanwhile() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    Elsewhere<Boolean> write = waiting(log);
    log.stdout().write(lines("y")); // returns, though it drops
    log.stderr().write("err\n".getBytes(UTF_8));
    assertThat(write.isDone()).isFalse();
    sender.recover();
    assertThat(write.get()).isFalse();
    SinkReport report = log.finish().sink();
    assertThat(report.dropped()).containsOnlyKeys(DropReason.BUFFER_FULL);
    assertThat(sender.lines()).contains("err").contains("x".repeat(99));
  }

  @Test
  void interrupt_endsTheWriteAndSaysHowFarItCame() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    AtomicReference<InterruptedIOException> thrown = new AtomicReference<>();
    OutputStream stream = log.stdout().waiting();
    Elsewhere<Boolean> write =
        Elsewhere.call(
            () -> {
              try {
                stream.write(much);
              } catch (InterruptedIOException e) {
                thrown.set(e);
              }
              return Thread.currentThread().isInterrupted();
            });
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT);
    write.interrupt();
    assertThat(write.get()).as("the thread stays interrupted").isTrue();
    assertThat(thrown.get()).hasMessage("interrupted while waiting for room in a log");
    assertThat(log.report().sink().accepted().bytes())
        .isEqualTo(thrown.get().bytesTransferred)
        .isPositive();
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    sender.recover();
    stream.write("\nnext\n".getBytes(UTF_8));
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).endsWith("next");
  }

  @Test
  void endOfTheJob_endsTheWrite() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    Elsewhere<Boolean> write = waiting(log);
    SinkReport report = log.finish(Duration.ZERO).sink();
    assertThat(write.get()).isFalse();
    assertThat(report.held()).isEqualTo(Tally.NONE);
    log.stdout().waiting().write(much);
  }

  @Test
  void closeOfTheStream_endsTheWriteAndCountsTheRest() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    Elsewhere<Boolean> write = waiting(log);
    log.stdout().waiting().close();
    assertThat(write.get()).isFalse();
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.dropped()).containsOnlyKeys(DropReason.CLOSED);
    assertThat(report.shipped().plus(report.droppedTotal()).bytes()).isEqualTo(much.length);
  }

  @Test
  void sinkWithoutProgress_fallsBackToItsPolicy() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    Elsewhere<Boolean> write = waiting(log);
    time.advance(LogStreamer.DEFAULT_MAX_WAIT.minusNanos(1));
    assertThat(log.report().sink().droppedTotal()).isEqualTo(Tally.NONE);
    time.advance(Duration.ofNanos(1));
    assertThat(write.get()).isFalse();
    assertThat(log.report().sink().dropped()).containsOnlyKeys(DropReason.QUEUE_FULL);
  }

  @Test
  void writesThatWait_goOneAfterTheOther() throws Exception {
    sender.stall();
    LogStreamer log = job().start();
    OutputStream stream = log.stdout().waiting();
    List<Elsewhere<Boolean>> writes = new ArrayList<>();
    for (String letter : List.of("a", "b", "c")) {
      writes.add(
          Elsewhere.call(
              () -> {
                stream.write(lines(letter));
                return true;
              }));
    }
    time.awaitTimer(LogStreamer.DEFAULT_MAX_WAIT);
    sender.recover();
    for (Elsewhere<Boolean> write : writes) {
      write.get();
    }
    assertThat(log.finish().isComplete()).isTrue();
    List<String> lines = sender.lines();
    assertThat(lines).hasSize(3 * LINES);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(lines.get(i)).isEqualTo(lines.get(i / LINES * LINES));
    }
  }

  @Test
  void writeFromWithin_doesNotWaitForItself() throws Exception {
    AtomicReference<OutputStream> stream = new AtomicReference<>();
    CountDownLatch written = new CountDownLatch(1);
    LogStreamer log =
        job()
            .processor(
                line -> {
                  if (line.text().equals("go")) {
                    stream.get().write(much);
                    written.countDown();
                  }
                })
            .start();
    stream.set(log.stdout().waiting());
    stream.get().write("go\n".getBytes(UTF_8));
    written.await();
    SinkReport report = log.finish().sink();
    assertThat(report.shipped().plus(report.droppedTotal()).bytes()).isEqualTo(3 + much.length);
  }

  @Test
  void oneByteAtATime_isALine() throws Exception {
    LogStreamer log = job().start();
    OutputStream stream = log.stderr().waiting();
    for (byte b : "one\ntwo\n".getBytes(UTF_8)) {
      stream.write(b | 0x100);
    }
    stream.flush();
    stream.write(new byte[0]);
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("one", "two");
    assertThat(stream).asString().startsWith("waiting SafeBuffer[closed");
  }

  @Test
  void jobThatDoesNotWait_hasNoSuchView() {
    LogStreamer log = LogStreamer.builder(sender).engine(engine).start();
    assertThatIllegalStateException()
        .isThrownBy(() -> log.stdout().waiting())
        .withMessage("whenFull must be WAIT for a stream that waits");
    OutputStream stream = job().start().stdout().waiting();
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> stream.write(new byte[2], 1, 2));
  }
}
