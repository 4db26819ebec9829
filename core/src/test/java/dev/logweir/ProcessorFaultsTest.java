package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ProcessorFaultsTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();
  private final Hanging hanging = new Hanging(false);
  private final Hanging stubborn = new Hanging(true);

  @AfterEach
  void closeEngine() {
    hanging.letGo();
    stubborn.letGo();
    sender.recover();
    engine.close();
  }

  /** Hangs on every line that begins with "hang". */
  private static final class Hanging implements LogProcessor {
    private final boolean ignoresInterrupts;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private int inside;
    private boolean open;

    Hanging(boolean ignoresInterrupts) {
      this.ignoresInterrupts = ignoresInterrupts;
    }

    @Override
    public void process(LogLine line) throws Exception {
      if (!line.text().startsWith("hang")) {
        return;
      }
      lock.lock();
      try {
        inside++;
        changed.signalAll();
        while (!open) {
          if (ignoresInterrupts) {
            changed.awaitUninterruptibly();
          } else {
            changed.await();
          }
        }
      } finally {
        inside--;
        changed.signalAll();
        lock.unlock();
      }
    }

    void awaitInside(int calls) throws InterruptedException {
      lock.lock();
      try {
        while (inside < calls) {
          changed.await();
        }
      } finally {
        lock.unlock();
      }
    }

    void letGo() {
      lock.lock();
      try {
        open = true;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(sender).engine(engine).maxSize(4 << 10);
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  private long dropped(DropReason reason) {
    return engine.totals.droppedBytes(reason);
  }

  @Test
  void processorThatThrows_costsItsLine() {
    for (Throwable failure :
        List.of(
            new IllegalStateException("secret"),
            new AssertionError("secret"),
            new StackOverflowError(),
            new InterruptedException())) {
      StallingSender own = new StallingSender();
      LogStreamer log =
          LogStreamer.builder(own)
              .engine(engine)
              .processor(
                  line -> {
                    if (line.text().startsWith("bad")) {
                      if (failure instanceof Error e) {
                        throw e;
                      }
                      throw (Exception) failure;
                    }
                  })
              .start();
      write(log.stdout(), "one\nbad\ntwo\n");
      SinkReport report = log.finish().sink();
      assertThat(report.dropped(DropReason.PROCESSOR_FAILED)).isEqualTo(new Tally(1, 4));
      assertThat(report.shipped()).isEqualTo(new Tally(2, 8));
      assertThat(own.lines())
          .containsExactly(
              "one", "[logweir] 1 line (4 bytes) dropped here: processor_failed", "two");
    }
  }

  @Test
  void processorThatHangs_holdsFinishNotLongerThanItsDeadline() throws Exception {
    LogStreamer log = job().processor(stubborn).start();
    write(log.stdout(), "one\nhang\nthree\n");
    stubborn.awaitInside(1);
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(10));
    SinkReport report = finish.get().sink();
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.accepted()).isEqualTo(new Tally(3, 15));
    assertThat(report.shipped().plus(report.dropped(DropReason.FLUSH_TIMEOUT)))
        .isEqualTo(report.accepted());
    assertThat(engine.abandonedCalls()).isEqualTo(1);
    long before = dropped(DropReason.FLUSH_TIMEOUT);
    stubborn.letGo();
    engine.close();
    assertThat(engine.abandonedCalls()).isZero();
    assertThat(dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(before);
    assertThat(dropped(DropReason.PROCESSOR_FAILED)).isZero();
    assertThat(dropped(DropReason.QUEUE_FULL)).isZero();
    assertThat(engine.retainedBytes()).isZero();
  }

  @Test
  void processorThatAnswersItsInterrupt_isCountedOnceAndLeavesNothing() throws Exception {
    LogStreamer log = job().processor(hanging).start();
    write(log.stdout(), "hang\n");
    hanging.awaitInside(1);
    SinkReport report = log.finish(Duration.ZERO).sink();
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 5));
    engine.close();
    assertThat(engine.abandonedCalls()).isZero();
    assertThat(dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(5);
    assertThat(dropped(DropReason.PROCESSOR_FAILED)).isZero();
  }

  @Test
  void processorsThatHangOnAllThreads_holdNoOtherJob() throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    List<LogStreamer> stuck = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      LogStreamer log =
          LogStreamer.builder(new StallingSender()).engine(engine).processor(stubborn).start();
      write(log.stdout(), "hang\n");
      stubborn.awaitInside(i + 1);
      stuck.add(log);
    }
    LogStreamer log = job().listener(line -> {}).start();
    write(log.stdout(), "goes on\n");
    time.advance(Duration.ofSeconds(1));
    sender.awaitLines(1);
    assertThat(log.finish().isComplete()).isTrue();
    stubborn.letGo();
    stuck.forEach(job -> assertThat(job.finish().isComplete()).isTrue());
  }

  @Test
  void abandonedProcessorCalls_freeTheirThreads() throws Exception {
    int threads = Runtime.getRuntime().availableProcessors();
    for (int i = 0; i < threads + 2; i++) {
      LogStreamer log =
          LogStreamer.builder(new StallingSender()).engine(engine).processor(stubborn).start();
      write(log.stdout(), "hang\n");
      stubborn.awaitInside(i + 1);
      log.finish(Duration.ZERO);
    }
    LogStreamer log = job().start();
    write(log.stdout(), "goes on\n");
    sender.awaitLines(1);
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(engine.abandonedCalls()).isEqualTo(threads + 2);
  }

  @Test
  void processorWithTooManyAbandonedCalls_isRefusedAtStart() throws Exception {
    for (int i = 0; i < 16; i++) {
      LogStreamer log =
          LogStreamer.builder(new StallingSender()).engine(engine).processor(stubborn).start();
      write(log.stdout(), "hang\n");
      stubborn.awaitInside(i + 1);
      log.finish(Duration.ZERO);
    }
    assertThatIllegalStateException()
        .isThrownBy(() -> job().processor(stubborn).start())
        .withMessage("a processor must have less than 16 abandoned calls");
    LogStreamer other = job().start();
    write(other.stdout(), "goes on\n");
    assertThat(other.finish().isComplete()).isTrue();
  }

  @Test
  void hugeText_isCutAndBounded() throws Exception {
    sender.stall();
    LogStreamer log = job().processor(line -> line.replace("z".repeat(10 << 20))).start();
    write(log.stdout(), "one\ntwo\n");
    log.drain();
    assertThat(log.retainedBytes()).isLessThanOrEqualTo(6 * (4 << 10));
    sender.recover();
    SinkReport report = log.finish().sink();
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(new Tally(2, 8));
    assertThat(sender.lines())
        .isNotEmpty()
        .allMatch(line -> line.startsWith("z") || line.startsWith("[logweir] "));
  }

  @Test
  void textWithLineBreaks_becomesSeveralLines() {
    LogStreamer log = job().processor(line -> line.replace("a\nb\r\n\nc")).start();
    write(log.stdout(), "one\n");
    SinkReport report = log.finish().sink();
    assertThat(sender.lines()).containsExactly("a", "b", "", "c");
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
  }

  @Test
  void lineUsedWrongly_throwsIntoTheProcessor() {
    List<Throwable> thrown = new CopyOnWriteArrayList<>();
    LogStreamer log =
        job()
            .processor(
                line -> {
                  assertThatNullPointerException()
                      .isThrownBy(() -> line.replace(null))
                      .withMessage("replacement");
                  assertThatNullPointerException().isThrownBy(() -> line.replace(null, 0, 0));
                  assertThatExceptionOfType(IndexOutOfBoundsException.class)
                      .isThrownBy(() -> line.replace(new byte[2], 1, 2));
                  assertThatExceptionOfType(IndexOutOfBoundsException.class)
                      .isThrownBy(() -> line.byteAt(line.length()));
                  assertThatExceptionOfType(IndexOutOfBoundsException.class)
                      .isThrownBy(() -> line.byteAt(-1));
                  line.replace("changed");
                  assertThatIllegalStateException().isThrownBy(() -> line.replace("again"));
                  assertThatIllegalStateException().isThrownBy(line::remove);
                  thrown.add(new Throwable("reached"));
                })
            .listener(
                line -> {
                  assertThatIllegalStateException().isThrownBy(() -> line.replace("x"));
                  assertThatIllegalStateException().isThrownBy(line::remove);
                  thrown.add(new Throwable("reached"));
                })
            .start();
    write(log.stdout(), "one\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("changed");
    assertThat(thrown).hasSize(2);
  }

  @Test
  void forStreamThatReturnsNull_isRefusedAtStart() {
    LogProcessor none =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public LogProcessor forStream(LogSource source) {
            return null;
          }

          @Override
          public String toString() {
            return "none";
          }
        };
    assertThatNullPointerException()
        .isThrownBy(() -> job().processor(none).start())
        .withMessage("forStream returned null: none");
    assertThat(engine.activeJobs()).isZero();
  }

  @Test
  void endAndGapAndListenerThatThrow_costNoLine() {
    LogProcessor failing =
        new LogProcessor() {
          @Override
          public void process(LogLine line) {}

          @Override
          public void gap() {
            throw new AssertionError("gap");
          }

          @Override
          public void end(Output out) {
            assertThatNullPointerException().isThrownBy(() -> out.emit(null)).withMessage("text");
            out.emit("last\nwords");
            throw new AssertionError("end");
          }

          @Override
          public void close() {
            throw new AssertionError("close");
          }
        };
    LogStreamer log =
        job()
            .processor(failing)
            .listener(
                line -> {
                  throw new LinkageError("listener");
                })
            .start();
    write(log.stdout(), "one\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactlyInAnyOrder("one", "last", "words", "last", "words");
  }

  @Test
  void listenerThatHangs_holdsFinishNotLongerThanItsDeadline() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    LogStreamer log =
        job()
            .listener(
                line -> {
                  inside.countDown();
                  new CountDownLatch(1).await();
                })
            .start();
    write(log.stdout(), "one\ntwo\n");
    inside.await();
    SinkReport report = log.finish(Duration.ZERO).sink();
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(new Tally(2, 8));
  }

  @Test
  void processorThatLeavesItsThreadInterrupted_hitsNoOtherJob() throws Exception {
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 50; i++) {
      LogStreamer rude = job().processor(line -> Thread.currentThread().interrupt()).start();
      LogStreamer log =
          job().processor(line -> interrupted.add(Thread.currentThread().isInterrupted())).start();
      write(rude.stdout(), "one\n");
      write(log.stdout(), "two\n");
      rude.finish();
      log.finish();
    }
    assertThat(interrupted).hasSize(50).containsOnly(false);
  }

  @Test
  void interruptThatACallThrowsOrLeaves_costsNoOtherLine() throws Exception {
    LogProcessor rude =
        line -> {
          if (line.text().equals("throws")) {
            throw new InterruptedException("of its own");
          }
          if (line.text().equals("leaves")) {
            Thread.currentThread().interrupt();
          }
        };
    LogProcessor sleeping = line -> assertThat(Thread.currentThread().isInterrupted()).isFalse();
    LogStreamer log =
        job()
            .processor(sleeping)
            .processor(rude)
            .listener(
                line -> {
                  if (line.text().equals("listener")) {
                    throw new InterruptedException("of its own");
                  }
                })
            .start();
    write(log.stdout(), "a\nthrows\nb\nc\nleaves\nd\nlistener\ne\n");
    SinkReport report = log.finish().sink();
    assertThat(report.dropped()).containsOnlyKeys(DropReason.PROCESSOR_FAILED);
    assertThat(report.dropped(DropReason.PROCESSOR_FAILED)).isEqualTo(new Tally(1, 7));
    assertThat(sender.lines()).contains("a", "b", "c", "leaves", "d", "listener", "e");
  }
}
