package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.ManualTime;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class SenderFaultsTest {
  private final ManualTime time = new ManualTime();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final MemoryBudget budget = MemoryBudget.of(1 << 20);
  private final LogweirEngine engine =
      LogweirEngine.builder()
          .time(time)
          .budget(budget)
          .metrics(LogweirMetrics.register(registry))
          .build();
  private final List<LogweirEngine> others = new ArrayList<>();
  private final List<StallingSender> senders = new ArrayList<>();

  @AfterEach
  void closeEngines() {
    senders.forEach(StallingSender::recover);
    engine.close();
    others.forEach(LogweirEngine::close);
  }

  private StallingSender sender() {
    StallingSender sender = new StallingSender();
    senders.add(sender);
    return sender;
  }

  private StallingSender stubborn() {
    StallingSender sender = sender();
    sender.ignoreInterrupts();
    sender.stall();
    return sender;
  }

  private LogStreamer start(BatchSender sender) {
    return LogStreamer.builder(sender).engine(engine).maxSize(4 << 10).start();
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }

  static List<Throwable> failures() {
    return List.of(
        new java.io.IOException("no route"),
        new IllegalStateException("broken"),
        new AssertionError("wrong"),
        new NoClassDefFoundError("Missing"),
        new OutOfMemoryError("unable to create native thread"),
        new StackOverflowError(),
        new InterruptedException("by itself"),
        new SendException(SendException.Kind.FAILED, "tried in vain", null));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void senderThatThrows_costsItsBatch(Throwable failure) throws Exception {
    StallingSender sender = sender();
    sender.failWith(failure);
    LogStreamer log = start(sender);
    write(log.stdout(), "one\n");
    sender.awaitCalls(1);
    sender.recover();
    write(log.stdout(), "two\n");
    SinkReport report = log.finish().sink();
    assertThat(report.dropped(DropReason.SEND_FAILED)).isEqualTo(new Tally(1, 4));
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
    assertThat(report.gaps()).hasSize(1);
    assertThat(sender.lines())
        .containsExactly("[logweir] 1 line (4 bytes) dropped here: send_failed", "two");
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void senderThatRefuses_costsItsBatchAsRefused() throws Exception {
    StallingSender sender = sender();
    sender.failWith(new SendException(SendException.Kind.REFUSED, "too large", null));
    LogStreamer log = start(sender);
    write(log.stdout(), "one\n");
    sender.awaitCalls(1);
    sender.recover();
    write(log.stdout(), "two\n");
    SinkReport report = log.finish().sink();
    assertThat(report.dropped(DropReason.SEND_REFUSED)).isEqualTo(new Tally(1, 4));
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
  }

  @Test
  void jobGone_sendsNothingMoreAndCountsTheRestAsRefused() throws Exception {
    StallingSender sender = sender();
    sender.failWith(new SendException(SendException.Kind.JOB_GONE, "unknown job", null));
    LogStreamer log = start(sender);
    write(log.stdout(), "one\n");
    sender.awaitCalls(1);
    sender.recover();
    write(log.stdout(), "two\nlast");
    SinkReport report = log.finish().sink();
    assertThat(report.dropped(DropReason.SEND_REFUSED)).isEqualTo(new Tally(3, 12));
    assertThat(sender.calls()).isEqualTo(1);
    assertThat(sender.closed()).isEqualTo(1);
  }

  @Test
  void linesNotDelivered_areTheOnlyOnesDropped() throws Exception {
    BitSet lost = new BitSet();
    lost.set(1);
    StallingSender sender = sender();
    sender.failWith(new SendException(SendException.Kind.REFUSED, "one of them", null, lost));
    LogStreamer log = start(sender);
    write(log.stdout(), "one\nthree\nfive\n");
    SinkReport report = log.finish().sink();
    assertThat(report.dropped(DropReason.SEND_REFUSED)).isEqualTo(new Tally(1, 6));
    assertThat(report.shipped()).isEqualTo(new Tally(2, 9));
  }

  @Test
  void batchWrittenWithoutAnAnswer_isUnconfirmed() throws Exception {
    LogStreamer log =
        start(
            lines -> {
              LogBatch.of(lines).call().written();
              throw new java.io.IOException("no answer");
            });
    write(log.stdout(), "one\n");
    SinkReport report = log.finish().sink();
    assertThat(report.unconfirmed()).isEqualTo(new Tally(1, 4));
    assertThat(report.dropped(DropReason.SEND_FAILED)).isEqualTo(new Tally(1, 4));
  }

  @Test
  void senderThatReturnsLate_changesNothingInTheReport() throws Exception {
    StallingSender sender = stubborn();
    LogStreamer log = start(sender);
    write(log.stdout(), "one\n");
    sender.awaitInside();
    LogReport report = log.finish(Duration.ZERO);
    assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(new Tally(1, 4));
    sender.recover();
    sender.awaitLines(1);
    engine.close();
    assertThat(log.report()).isEqualTo(report);
    assertThat(engine.totals.shippedBytes.sum()).isZero();
    assertThat(engine.abandonedCalls()).isZero();
  }

  @Test
  void abandonedCall_staysCountedAndChargedUntilItReturns() throws Exception {
    StallingSender sender = stubborn();
    LogStreamer log = start(sender);
    write(log.stdout(), "one\n");
    sender.awaitInside();
    log.finish(Duration.ZERO);
    awaitAbandoned(1);
    assertThat(registry.get("logweir.calls.abandoned").gauge().value()).isEqualTo(1);
    assertThat(budget.usedBytes()).isEqualTo(1 << 10);
    assertThat(engine.activeJobs()).isZero();
    sender.recover();
    engine.close();
    assertThat(engine.abandonedCalls()).isZero();
    assertThat(registry.get("logweir.calls.abandoned").gauge().value()).isZero();
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void senderThatBlocksForEver_holdsNoOtherJob() throws Exception {
    StallingSender hung = stubborn();
    LogStreamer stuck = start(hung);
    write(stuck.stdout(), "one\n");
    hung.awaitInside();
    StallingSender sender = sender();
    LogStreamer log = start(sender);
    write(log.stdout(), "two\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("two");
  }

  @Test
  void abandonedCall_freesItsPlaceAmongTheConcurrentSends() throws Exception {
    LogweirEngine one = LogweirEngine.builder().time(time).maxConcurrentSends(1).build();
    others.add(one);
    StallingSender hung = stubborn();
    LogStreamer stuck = LogStreamer.builder(hung).engine(one).start();
    write(stuck.stdout(), "one\n");
    hung.awaitInside();
    StallingSender sender = sender();
    LogStreamer log = LogStreamer.builder(sender).engine(one).start();
    write(log.stdout(), "two\n");
    log.drain();
    stuck.finish(Duration.ZERO);
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(sender.lines()).containsExactly("two");
    hung.awaitClosed();
  }

  @Test
  void abandonedCallsOfOneClient_areLimited() throws Exception {
    Object client = new Object();
    List<LogStreamer> jobs = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      StallingSender hung = stubborn();
      LogStreamer log = start(sharing(client, hung));
      write(log.stdout(), "one\n");
      hung.awaitInside();
      jobs.add(log);
    }
    jobs.forEach(log -> log.finish(Duration.ZERO));
    Eventually.until(() -> engine.abandonedCalls() == 16);

    StallingSender refused = sender();
    LogStreamer next = start(sharing(client, refused));
    write(next.stdout(), "two\n");
    assertThat(next.finish().sink().dropped(DropReason.SEND_FAILED)).isEqualTo(new Tally(1, 4));
    assertThat(refused.calls()).isZero();

    StallingSender other = sender();
    LogStreamer unrelated = start(other);
    write(unrelated.stdout(), "three\n");
    assertThat(unrelated.finish().isComplete()).isTrue();

    senders.get(0).recover();
    senders.get(0).awaitOutside();
    senders.get(0).awaitLines(1);
    awaitAbandoned(15);
    StallingSender again = sender();
    LogStreamer last = start(sharing(client, again));
    write(last.stdout(), "four\n");
    assertThat(last.finish().isComplete()).isTrue();
  }

  /** A drain that was given up in its last steps counts until it has taken them. */
  private void awaitAbandoned(int calls) {
    Eventually.until(() -> engine.abandonedCalls() == calls);
  }

  private static BatchSender sharing(Object client, StallingSender sender) {
    return new BatchSender() {
      @Override
      public void send(List<String> lines) throws Exception {
        sender.send(lines);
      }

      @Override
      public Object client() {
        return client;
      }
    };
  }

  @Test
  void interruptOfAnAbandonedCall_hitsNoOtherJobOnItsThread() throws Exception {
    LogweirEngine one = LogweirEngine.builder().time(time).maxConcurrentSends(1).build();
    others.add(one);
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 50; i++) {
      StallingSender hung = sender();
      hung.stall();
      LogStreamer stuck = LogStreamer.builder(hung).engine(one).start();
      write(stuck.stdout(), "one\n");
      hung.awaitInside();
      LogStreamer log =
          LogStreamer.builder(lines -> interrupted.add(Thread.currentThread().isInterrupted()))
              .engine(one)
              .start();
      write(log.stdout(), "two\n");
      log.drain();
      stuck.finish(Duration.ZERO);
      assertThat(log.finish().isComplete()).isTrue();
    }
    assertThat(interrupted).hasSize(50).containsOnly(false);
  }

  @Test
  void senderThatInterruptsItself_leavesNoInterruptBehind() throws Exception {
    LogweirEngine one = LogweirEngine.builder().time(time).maxConcurrentSends(1).build();
    others.add(one);
    List<Boolean> interrupted = new CopyOnWriteArrayList<>();
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  interrupted.add(Thread.currentThread().isInterrupted());
                  Thread.currentThread().interrupt();
                })
            .engine(one)
            .maxInterval(Duration.ZERO)
            .start();
    write(log.stdout(), "one\n");
    log.drain();
    write(log.stdout(), "two\n");
    assertThat(log.finish().isComplete()).isTrue();
    assertThat(interrupted).isNotEmpty().containsOnly(false);
  }

  @Test
  void batchUsedAfterSendReturned_throws() throws Exception {
    List<List<String>> kept = new CopyOnWriteArrayList<>();
    LogStreamer log = start(kept::add);
    write(log.stdout(), "one\n");
    log.finish();
    assertThat(kept).hasSize(1);
    LogBatchTest.assertNoLongerValid(LogBatch.of(kept.get(0)));
  }

  @Test
  void batchReadOnAnotherThreadWhileItsSendReturns_givesItsOwnLinesOrThrows() throws Exception {
    LogweirEngine busy = LogweirEngine.builder().build();
    others.add(busy);
    List<Elsewhere<Integer>> readers = new ArrayList<>();
    CountDownLatch started = new CountDownLatch(200);
    LogStreamer log =
        LogStreamer.builder(
                lines -> {
                  LogBatch batch = LogBatch.of(lines);
                  readers.add(
                      Elsewhere.call(
                          () -> {
                            started.countDown();
                            return readUntilItEnds(batch);
                          }));
                  for (int i = 0; i < 20; i++) {
                    assertThat(lines.get(i % lines.size())).startsWith("line ");
                  }
                })
            .engine(busy)
            .maxInterval(Duration.ZERO)
            .maxSize(64 << 10)
            .start();
    String text = "line and more of the same\n".repeat(300);
    while (started.getCount() > 0) {
      write(log.stdout(), text);
      log.drain();
    }
    SinkReport report = log.finish(Duration.ofSeconds(30)).sink();
    assertThat(report.shipped().plus(report.droppedTotal())).isEqualTo(report.accepted());
    for (Elsewhere<Integer> reader : readers) {
      assertThat(reader.get()).isNotNegative();
    }
  }

  private static int readUntilItEnds(LogBatch batch) {
    int lines = 0;
    try {
      while (true) {
        for (int i = batch.size() - 1; i >= 0; i -= 7) {
          String line = batch.get(i);
          if (!line.equals("line and more of the same") && !line.startsWith("[logweir ")) {
            throw new AssertionError("not a line of this batch: " + line);
          }
          lines++;
        }
        for (String line : batch) {
          if (!line.equals("line and more of the same") && !line.startsWith("[logweir ")) {
            throw new AssertionError("not a line of this batch: " + line);
          }
          lines++;
        }
      }
    } catch (IllegalStateException e) {
      return lines;
    }
  }

  @Test
  void encodedBytesThatThrow_holdNoJob() throws Exception {
    CountDownLatch sent = new CountDownLatch(1);
    BatchSender sender =
        new BatchSender() {
          private boolean started;
          private int asked;

          @Override
          public void send(List<String> lines) {
            sent.countDown();
          }

          @Override
          public int maxBatchBytes() {
            return 4 << 10;
          }

          @Override
          public long encodedBytes(int lineBytes) {
            if (started) {
              throw new IllegalStateException("encodedBytes");
            }
            return lineBytes + 1L;
          }

          @Override
          public long maxRetainedBytes() {
            return 0;
          }

          @Override
          public Object client() {
            started = ++asked > 1;
            return this;
          }
        };
    LogStreamer log = start(sender);
    sender.client();
    write(log.stdout(), "one\n");
    SinkReport report = log.finish(Duration.ofSeconds(1)).sink();
    assertThat(report.held()).isEqualTo(Tally.NONE);
    assertThat(report.shipped()).isEqualTo(new Tally(1, 4));
    assertThat(sent.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void boundTooSmallForAFragmentAndAMarker_isRefusedAtStart() {
    for (int bound : new int[] {Integer.MIN_VALUE, -1, 0, 1, 512}) {
      BatchSender small =
          new BatchSender() {
            @Override
            public void send(List<String> lines) {}

            @Override
            public int maxBatchBytes() {
              return bound;
            }
          };
      assertThatIllegalArgumentException()
          .isThrownBy(() -> start(small))
          .withMessage(
              "maxBatchBytes must have room for a fragment of 256 B and a marker: " + bound);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> BatchShipper.builder(small).engine(engine).start());
    }
    assertThat(budget.usedBytes()).isZero();
  }

  @Test
  void negativeOverhead_isRefused() {
    BatchSender wrong =
        new BatchSender() {
          @Override
          public void send(List<String> lines) {}

          @Override
          public long maxRetainedBytes() {
            return -1;
          }
        };
    assertThatIllegalArgumentException()
        .isThrownBy(() -> start(wrong))
        .withMessage("maxRetainedBytes must be at least 0 B: -1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> BatchShipper.builder(wrong).engine(engine).start())
        .withMessage("maxRetainedBytes must be at least 0 B: -1");
    assertThat(budget.usedBytes()).isZero();
  }
}
