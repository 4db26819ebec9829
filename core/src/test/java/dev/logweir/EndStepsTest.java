package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the end of a job does at its deadline, however much is held, and under which locks. */
@Timeout(60)
class EndStepsTest {
  private static final int MAX_SIZE = 64 << 10;
  private static final byte[] LINES = "x\n".repeat(4 << 10).getBytes(UTF_8);

  private final ManualTime time = new ManualTime();
  private final List<Segment> segments = new CopyOnWriteArrayList<>();
  private final CountDownLatch never = new CountDownLatch(1);
  private final CountDownLatch hung = new CountDownLatch(1);
  private LogweirEngine engine = LogweirEngine.builder().time(time).build();

  @AfterEach
  void closeEngine() {
    never.countDown();
    engine.close();
  }

  private Segment segment(int nominal) {
    Segment made = new Segment(nominal);
    segments.add(made);
    return made;
  }

  /** Takes small batches; of the first large one it tells a part, and hangs. */
  private void hangInALargeBatch(List<String> lines) throws InterruptedException {
    LogBatch batch = LogBatch.of(lines);
    if (batch.size() > 1_000) {
      batch.call().delivered(1_000);
      hung.countDown();
      never.await();
    }
  }

  /** Fills all places of a job whose sender hangs. */
  private LogStreamer full() throws InterruptedException {
    LogStreamer log =
        LogStreamer.builder(this::hangInALargeBatch).engine(engine).maxSize(MAX_SIZE).start();
    for (int i = 0; i < 16 * MAX_SIZE / LINES.length; i++) {
      log.stdout().write(LINES);
    }
    hung.await();
    for (int i = 0; i < 16 * MAX_SIZE / LINES.length; i++) {
      log.stdout().write(LINES);
      log.stderr().write(LINES);
    }
    assertThat(log.retainedBytes()).isGreaterThan(2 * MAX_SIZE);
    return log;
  }

  private static Tally undelivered(LogBatch batch) {
    BatchLoss loss = new BatchLoss();
    new SinkBatch(batch, 0).lossOfUndelivered(loss);
    return new Tally(loss.lines, loss.bytes);
  }

  @Test
  void deadline_walksThroughNothingThatIsHeld() throws Exception {
    engine = LogweirEngine.builder().time(time).segments(this::segment).build();
    LogStreamer log = full();
    log.drain();
    Elsewhere<LogReport> finish = Elsewhere.call(() -> log.finish(Duration.ofSeconds(10)));
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(10).minusNanos(1));
    log.drain();
    for (Segment segment : segments) {
      segment.next = segment; // who goes from one to the next never comes to an end
    }
    time.advance(Duration.ofNanos(1));
    SinkReport report = finish.get().sink();
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    assertThat(report.shipped().lines()).isGreaterThanOrEqualTo(1_000);
    assertThat(report.dropped(DropReason.FLUSH_TIMEOUT).bytes()).isGreaterThan(MAX_SIZE);
  }

  @Test
  void partsThatArrived_areCountedAsTheyAreTold() {
    LogBatch batch =
        LogBatch.of(List.of("one", "three", "", "x".repeat(2 * Segment.LARGE), "five", "six"));
    long[] bytes = {4, 6, 1, 2 * Segment.LARGE + 1, 5, 4};
    Tally left = batch.lines.source();
    assertThat(undelivered(batch)).isEqualTo(left);
    for (int i = 0; i < bytes.length; i++) {
      batch.call().delivered(i + 1);
      left = left.minus(new Tally(1, bytes[i]));
      assertThat(undelivered(batch)).isEqualTo(left);
      batch.call().delivered(i);
      assertThat(undelivered(batch)).isEqualTo(left);
    }
    assertThat(left).isEqualTo(Tally.NONE);
  }

  @Test
  void interruptOfACall_runsWithNoLockThatAWriteWants() throws Exception {
    AtomicReference<LogStreamer> job = new AtomicReference<>();
    AtomicReference<Boolean> written = new AtomicReference<>();
    Semaphore inside = new Semaphore(0);
    // A thread whose interrupt runs foreign code, as that of one that blocks in a channel.
    final class Sending extends Thread {
      Sending(Runnable task) {
        super(task);
        setDaemon(true);
      }

      @Override
      public void interrupt() {
        Elsewhere<Boolean> write =
            Elsewhere.call(
                () -> {
                  job.get().stdout().write(LINES);
                  return job.get().report().isComplete();
                });
        try {
          written.set(!write.get());
        } catch (Exception e) {
          written.set(false);
        }
        super.interrupt();
      }
    }
    Executor executor = task -> new Sending(task).start();
    engine = LogweirEngine.builder().time(time).sendExecutor(executor).build();
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  inside.release();
                  never.await();
                })
            .engine(engine)
            .start();
    job.set(log);
    log.stdout().write(LINES);
    log.drain();
    inside.acquire();
    log.finish(Duration.ZERO);
    assertThat(written).hasValue(true);
  }
}
