package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class BatchShipperTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final StallingSender sender = new StallingSender();

  @AfterEach
  void closeEngine() {
    sender.recover();
    engine.close();
  }

  private BatchShipper.Builder shipper() {
    return BatchShipper.builder(sender).engine(engine).maxSize(4 << 10);
  }

  @Test
  void submit_shipsLines() {
    BatchShipper shipper = shipper().start();
    assertThat(shipper.submit("one")).isTrue();
    assertThat(shipper.submit("")).isTrue();
    assertThat(shipper.submit("two\nthree")).isTrue();
    assertThat(shipper.submit("xfourx".getBytes(UTF_8), 1, 4)).isTrue();
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(sender.lines()).containsExactly("one", "", "two", "three", "four");
    assertThat(report.shipped()).isEqualTo(new Tally(5, 4 + 1 + 4 + 6 + 5));
    assertThat(report.isComplete()).isTrue();
    assertThat(sender.closed()).isEqualTo(1);
    assertThat(shipper).hasToString("BatchShipper[job-1, OVER]");
  }

  @Test
  void longLine_goesOutInMarkedFragments() {
    BatchShipper shipper = shipper().maxLineBytes(256).start();
    assertThat(shipper.submit("a".repeat(600))).isTrue();
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(sender.lines())
        .containsExactly(
            "a".repeat(256) + " [logweir: continued]",
            "a".repeat(256) + " [logweir: continued]",
            "a".repeat(88));
    assertThat(report.shipped()).isEqualTo(new Tally(1, 601));
  }

  @Test
  void submitBeyondTheQueue_isCounted() throws Exception {
    sender.stall();
    BatchShipper shipper = shipper().start();
    shipper.submit("first");
    sender.awaitInside();
    for (int i = 0; i < 1_000; i++) {
      shipper.submit("x".repeat(99));
      assertThat(shipper.retainedBytes()).isLessThanOrEqualTo(4 * (4 << 10));
    }
    SinkReport before = shipper.report();
    assertThat(before.dropped(DropReason.QUEUE_FULL).lines()).isGreaterThan(800);
    assertThat(before.shipped().plus(before.droppedTotal()).plus(before.held()))
        .isEqualTo(before.accepted());
    sender.recover();
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(report.accepted()).isEqualTo(new Tally(1_001, 100_006));
    assertThat(report.shipped().plus(report.dropped(DropReason.QUEUE_FULL)))
        .isEqualTo(report.accepted());
  }

  @Test
  void submitAfterTheEnd_isCountedAsClosed() {
    BatchShipper shipper = shipper().start();
    shipper.submit("one");
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(shipper.submit("two")).isFalse();
    shipper.close();
    assertThat(shipper.report()).isEqualTo(report);
    assertThat(engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(4);
  }

  @Test
  void textWithNoMemoryForItsBytes_isBufferedAsTheyAre() {
    List<String> arrived = new CopyOnWriteArrayList<>();
    BatchShipper shipper =
        BatchShipper.builder(arrived::addAll).engine(engine).processor(line -> {}).start();
    SafeBuffer buffer = shipper.job.streams().stdout();
    assertThat(buffer.writeLine("one\n\u00F6\u20AC\uD834\uDD1E\uD800", true)).isTrue();
    assertThat(buffer.writeLine("two\n", true)).isTrue();
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(arrived).containsExactly("one", "\u00F6\u20AC\uD834\uDD1E?", "two");
    assertThat(report.accepted()).isEqualTo(new Tally(3, 19));
    assertThat(report.isComplete()).isTrue();
  }

  @Test
  void submit_checksItsArguments() {
    BatchShipper shipper = shipper().start();
    assertThatNullPointerException().isThrownBy(() -> shipper.submit(null));
    assertThatNullPointerException().isThrownBy(() -> shipper.submit(null, 0, 0));
    assertThatExceptionOfType(IndexOutOfBoundsException.class)
        .isThrownBy(() -> shipper.submit(new byte[3], 2, 2));
    assertThatNullPointerException().isThrownBy(() -> shipper.finish(null));
    assertThat(shipper.report().accepted()).isEqualTo(Tally.NONE);
  }

  @Test
  void finishFromWithinTheSender_beginsTheEnd() throws Exception {
    AtomicReference<BatchShipper> own = new AtomicReference<>();
    List<String> arrived = new CopyOnWriteArrayList<>();
    CountDownLatch submitted = new CountDownLatch(1);
    BatchShipper shipper =
        BatchShipper.builder(
                lines -> {
                  arrived.addAll(lines);
                  BatchShipper current = own.get();
                  if (current != null) {
                    current.finish(Duration.ofHours(1));
                    current.close();
                    current.submit("late");
                    submitted.countDown();
                  }
                })
            .engine(engine)
            .start();
    own.set(shipper);
    shipper.submit("one");
    submitted.await(); // else the end could be begun from here
    SinkReport report = shipper.finish(Duration.ofHours(1));
    assertThat(arrived).containsExactly("one");
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
  }

  @Test
  void linesOfSeveralThreads_stayWhole() throws Exception {
    BatchShipper shipper = shipper().maxSize(1 << 20).start();
    List<Elsewhere<Integer>> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      String name = String.valueOf((char) ('a' + t));
      threads.add(
          Elsewhere.call(
              () -> {
                for (int i = 0; i < 1_000; i++) {
                  shipper.submit(name.repeat(50) + "\n" + name.repeat(20));
                }
                return 1;
              }));
    }
    for (Elsewhere<Integer> thread : threads) {
      thread.get();
    }
    assertThat(shipper.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    assertThat(sender.lines())
        .hasSize(8_000)
        .allMatch(line -> line.matches("(.)\\1{19}|(.)\\2{49}"));
  }

  @Test
  void line_ofTheMostBytesGoesOutInOnePiece() {
    BatchShipper shipper = shipper().maxLineBytes(256).start();
    shipper.submit("a".repeat(256));
    shipper.submit("b".repeat(257));
    shipper.submit("c".repeat(255) + "é");
    shipper.finish(Duration.ofSeconds(30));
    assertThat(sender.lines())
        .containsExactly(
            "a".repeat(256),
            "b".repeat(256) + " [logweir: continued]",
            "b",
            "c".repeat(255) + " [logweir: continued]",
            "é");
  }

  @Test
  void line_isNoLongerThanTheServerTakes() {
    BatchSender bounded =
        new BatchSender() {
          @Override
          public void send(List<String> lines) throws Exception {
            sender.send(lines);
          }

          @Override
          public int maxBatchBytes() {
            return 700;
          }
        };
    BatchShipper shipper = BatchShipper.builder(bounded).engine(engine).start();
    shipper.submit("a".repeat(1_000));
    shipper.finish(Duration.ofSeconds(30));
    int longest = 700 - 257 - 1 - 30;
    assertThat(sender.lines())
        .containsExactly(
            "a".repeat(longest) + " [logweir: continued]",
            "a".repeat(longest) + " [logweir: continued]",
            "a".repeat(1_000 - 2 * longest));
  }

  @Test
  void lineEnds_endALineEachAndBeginNone() {
    BatchShipper shipper = shipper().start();
    shipper.submit("one\n");
    shipper.submit("\n");
    shipper.submit("\n\ntwo");
    shipper.submit("-three\nfour-".getBytes(UTF_8), 1, 6);
    SinkReport report = shipper.finish(Duration.ofSeconds(30));
    assertThat(sender.lines()).containsExactly("one", "", "", "", "two", "three");
    assertThat(report.accepted()).isEqualTo(new Tally(6, 4 + 3 + 4 + 6));
  }

  @Test
  void submit_saysWhetherAllOfItIsInABatch() {
    MemoryBudget budget = MemoryBudget.of(64 << 10);
    SteppedSends sends = new SteppedSends();
    LogweirEngine limited =
        LogweirEngine.builder().time(time).budget(budget).sendExecutor(sends).build();
    BatchShipper shipper =
        BatchShipper.builder(sender).engine(limited).maxSize(4 << 10).maxLineBytes(256).start();
    assertThat(shipper.submit("first")).isTrue();
    sends.runAll();
    long spent = budget.limitBytes() - budget.usedBytes();
    assertThat(budget.take(spent)).isTrue();
    assertThat(shipper.submit("a".repeat(512))).isTrue();
    assertThat(shipper.submit("c".repeat(512))).isFalse();
    assertThat(shipper.report().held()).isEqualTo(new Tally(1, 513 + 256));
    assertThat(shipper.report().dropped(DropReason.BUDGET)).isEqualTo(new Tally(1, 257));
    assertThat(shipper.submit("d")).isFalse();
    sends.runAll();
    assertThat(shipper.submit("e")).isTrue();
    budget.give(spent);
    shipper.finish(Duration.ZERO);
    limited.close();
  }

  @Test
  void lineOfWhichAPieceIsLost_isLostFromThereOnAndMarkedThere() {
    MemoryBudget budget = MemoryBudget.of(64 << 10);
    SteppedSends sends = new SteppedSends();
    LogweirEngine limited =
        LogweirEngine.builder().time(time).budget(budget).sendExecutor(sends).build();
    BatchShipper shipper =
        BatchShipper.builder(sender).engine(limited).maxSize(4 << 10).maxLineBytes(256).start();
    assertThat(shipper.submit("first")).isTrue();
    sends.runAll();
    long spent = budget.limitBytes() - budget.usedBytes();
    assertThat(budget.take(spent)).isTrue();
    assertThat(shipper.submit("a".repeat(512))).isTrue();
    assertThat(shipper.submit("c".repeat(2_000) + "end")).isFalse();
    budget.give(spent);
    assertThat(shipper.submit("b")).isTrue();
    sends.runAll();
    time.advance(Duration.ofMinutes(1));
    sends.runAll();
    assertThat(sender.lines())
        .containsExactly(
            "first",
            "a".repeat(256) + " [logweir: continued]",
            "a".repeat(256),
            "c".repeat(256) + " [logweir: continued]",
            "[logweir] 1 line (1,748 bytes) dropped here: budget",
            "b");
    shipper.finish(Duration.ZERO);
    limited.close();
  }

  @Test
  void retained_isWhatItsPlacesHoldAndItsMostWithTheSendersOwn() throws Exception {
    BatchSender own =
        new BatchSender() {
          @Override
          public void send(List<String> lines) throws Exception {
            sender.send(lines);
          }

          @Override
          public long maxRetainedBytes() {
            return 1_000;
          }
        };
    BatchShipper shipper = BatchShipper.builder(own).engine(engine).maxSize(8 << 10).start();
    assertThat(shipper.maxRetainedBytes()).isEqualTo(4 * (8 << 10) + (8 << 10) + 1_000);
    assertThat(shipper.retainedBytes()).isZero();
    sender.stall();
    shipper.submit("one");
    sender.awaitInside();
    assertThat(shipper.retainedBytes()).isEqualTo(1 << 10);
    assertThat(shipper).hasToString("BatchShipper[job-1, RUNNING]");
  }

  @Test
  void settings_takeEffect() throws Exception {
    sender.stall();
    BatchShipper shipper =
        shipper()
            .overflow(OverflowPolicy.DROP_OLDEST)
            .markers(false)
            .maxInterval(Duration.ofSeconds(1))
            .flushTimeout(Duration.ofSeconds(20))
            .start();
    shipper.submit("first");
    sender.awaitInside();
    for (int i = 0; i < 1_000; i++) {
      shipper.submit("x".repeat(99));
    }
    shipper.submit("last");
    sender.recover();
    sender.awaitCalls(2);
    Eventually.until(() -> time.pending() > 0);
    time.advance(Duration.ofSeconds(1));
    Eventually.until(() -> sender.lines().contains("last"));
    assertThat(sender.lines()).noneMatch(line -> line.startsWith("[logweir]"));
    sender.stall();
    shipper.submit("hung");
    Eventually.until(() -> time.pending() > 0);
    time.advance(Duration.ofSeconds(1));
    sender.awaitInside();
    Elsewhere<Boolean> close =
        Elsewhere.call(
            () -> {
              shipper.close();
              return true;
            });
    time.awaitTimer(Duration.ofSeconds(10)); // its end has begun: half of its time
    time.awaitWaiting(1);
    time.advance(Duration.ofSeconds(20));
    assertThat(close.get()).isTrue();
  }

  @Test
  void settings_areChecked() {
    BatchShipper.Builder builder = shipper();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxInterval(Duration.ofNanos(-1)))
        .withMessageStartingWith("maxInterval must be from 0 ms to 24 h: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.flushTimeout(Duration.ofDays(2)))
        .withMessageStartingWith("flushTimeout must be from 0 ms to 24 h: ");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxLineBytes(255))
        .withMessage("maxLineBytes must be from 256 B to 32 MiB: 255");
    assertThatNullPointerException()
        .isThrownBy(() -> builder.overflow(null))
        .withMessage("overflow");
    assertThatNullPointerException().isThrownBy(() -> builder.engine(null)).withMessage("engine");
    assertThatNullPointerException()
        .isThrownBy(() -> BatchShipper.builder(null))
        .withMessage("sender");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.maxLineBytes(3 << 10).start())
        .withMessage("maxLineBytes must be at most half of maxSize, 2048 B: 3072");
    BatchShipper shipper = shipper().start();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> shipper.finish(Duration.ofNanos(-1)))
        .withMessageStartingWith("timeout must be from 0 ms to 24 h: ");
  }

  @Test
  void start_onAClosedEngineIsRefused() {
    engine.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> shipper().start())
        .withMessage("the engine is closed");
  }

  /** An executor may wait for whom it likes, so also for somebody who submits. */
  @Test
  void executorThatWaitsForAnotherSubmit_holdsNobody() throws Exception {
    AtomicReference<BatchShipper> other = new AtomicReference<>();
    AtomicBoolean waits = new AtomicBoolean(true);
    AtomicBoolean taken = new AtomicBoolean();
    try (LogweirEngine waiting =
        LogweirEngine.builder()
            .sendExecutor(
                task -> {
                  if (waits.getAndSet(false)) {
                    try {
                      taken.set(Elsewhere.call(() -> other.get().submit("two")).get());
                    } catch (Exception e) {
                      throw new AssertionError(e);
                    }
                  }
                  throw new RejectedExecutionException("to the engine's own");
                })
            .build()) {
      BatchShipper shipper = BatchShipper.builder(sender).engine(waiting).start();
      other.set(shipper);
      assertThat(shipper.submit("one")).isTrue();
      assertThat(taken).as("the other line was taken while the executor waited").isTrue();
      assertThat(shipper.finish().isComplete()).isTrue();
      assertThat(sender.lines()).containsExactly("one", "two");
    }
  }
}
