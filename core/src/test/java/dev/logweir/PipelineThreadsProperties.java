package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;

/** The invariants with the threads of an engine, writers and drains and sends side by side. */
@PropertyDefaults(edgeCases = EdgeCasesMode.NONE)
class PipelineThreadsProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  /** What might hold a write back. */
  enum Obstacle {
    SENDER_HANGS,
    PROCESSOR_HANGS,
    LISTENER_HANGS,
    EXECUTOR_RUNS_ON_THE_CALLER,
    EXECUTOR_REJECTS,
    EXECUTOR_BLOCKS,
    NO_THREAD,
    STREAM_CLOSED,
    JOB_OVER
  }

  @Provide
  Arbitrary<PipelineSetup> setups() {
    return PipelineArbitraries.setups(2);
  }

  @Provide
  Arbitrary<List<Text>> texts() {
    return PipelineArbitraries.texts().list().ofMinSize(1).ofMaxSize(12);
  }

  @Property
  void aWriteNeverBlocksNorThrows(
      @ForAll Obstacle obstacle,
      @ForAll OverflowPolicy overflow,
      @ForAll boolean lookedAt,
      @ForAll("texts") List<Text> texts)
      throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    Set<Thread> busy = ConcurrentHashMap.newKeySet();
    LogweirEngine engine = engine(obstacle, held);
    LogStreamer.Builder builder =
        LogStreamer.builder(
                lines -> {
                  busy.add(Thread.currentThread());
                  hold(obstacle == Obstacle.SENDER_HANGS, held);
                })
            .engine(engine)
            .maxSize(8 << 10)
            .overflow(overflow);
    if (lookedAt) {
      builder
          .processor(
              line -> {
                busy.add(Thread.currentThread());
                hold(obstacle == Obstacle.PROCESSOR_HANGS, held);
              })
          .listener(line -> hold(obstacle == Obstacle.LISTENER_HANGS, held));
    }
    LogStreamer log = builder.start();
    if (obstacle == Obstacle.STREAM_CLOSED) {
      log.stdout().close();
    } else if (obstacle == Obstacle.JOB_OVER) {
      log.finish(TIMEOUT);
    }
    Elsewhere<Thread> writer =
        Elsewhere.call(
            () -> {
              long offset = 0;
              for (Text text : texts) {
                byte[] bytes = text.bytes(LogSource.STDOUT, offset);
                offset += bytes.length;
                log.stdout().write(bytes);
              }
              return Thread.currentThread();
            });
    Thread wrote = writer.get();
    held.countDown();
    LogReport report = log.finish(TIMEOUT);
    SinkReport sink = report.sink();
    assertThat(sink.shipped().plus(sink.droppedTotal())).isEqualTo(sink.accepted());
    assertThat(busy).doesNotContain(wrote);
    engine.close(TIMEOUT);
  }

  private static LogweirEngine engine(Obstacle obstacle, CountDownLatch held) {
    LogweirEngine.Builder builder = LogweirEngine.builder();
    switch (obstacle) {
      case EXECUTOR_RUNS_ON_THE_CALLER -> builder.sendExecutor(Runnable::run);
      case EXECUTOR_REJECTS ->
          builder.sendExecutor(
              task -> {
                throw new RejectedExecutionException("on purpose");
              });
      case EXECUTOR_BLOCKS ->
          builder.sendExecutor(
              task -> {
                try {
                  held.await();
                } catch (InterruptedException e) {
                  throw new RejectedExecutionException(e);
                }
                new Thread(task).start();
              });
      case NO_THREAD ->
          builder.drainThreads(
              task -> {
                if (held.getCount() > 0) {
                  throw new OutOfMemoryError("no thread to be had");
                }
                return new Thread(task);
              });
      default -> {}
    }
    return builder.build();
  }

  private static void hold(boolean here, CountDownLatch held) throws InterruptedException {
    if (here) {
      held.await();
    }
  }

  @Property
  void allIsAccountedForWithWritersSideBySide(
      @ForAll("setups") PipelineSetup setup,
      @ForAll("texts") List<Text> out,
      @ForAll("texts") List<Text> err)
      throws Exception {
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      List<SteppedSender> senders = new ArrayList<>();
      for (int i = 0; i < setup.sinks(); i++) {
        senders.add(new SteppedSender(new SteppedSends(), setup.maxBatchBytes()));
      }
      LogStreamer.Builder builder =
          LogStreamer.builder(senders.get(0))
              .engine(engine)
              .maxSize(setup.maxSize())
              .maxInterval(setup.interval())
              .overflow(setup.overflow());
      senders.subList(1, senders.size()).forEach(builder::sink);
      if (setup.lineByLine()) {
        builder.listener(line -> {});
      }
      if (setup.maxLineBytes() > 0) {
        builder.maxLineBytes(setup.maxLineBytes());
      }
      LogStreamer log = builder.start();
      Elsewhere<JobStream> outs = write(log.stdout(), LogSource.STDOUT, out);
      Elsewhere<JobStream> errs = write(log.stderr(), LogSource.STDERR, err);
      while (!outs.isDone() || !errs.isDone()) {
        assertThat(log.retainedBytes()).isLessThanOrEqualTo(log.maxRetainedBytes());
        assertBalance(log.report());
      }
      JobStream written = outs.get();
      JobStream errors = errs.get();
      LogReport report = log.finish(TIMEOUT);
      assertBalance(report);
      written.closed = true;
      errors.closed = true;
      for (int i = 0; i < setup.sinks(); i++) {
        SteppedSender sender = senders.get(i);
        sender.rethrow();
        assertThat(report.sinks().get(i).accepted())
            .isEqualTo(written.accepted().plus(errors.accepted()));
        assertThat(report.sinks().get(i).shipped().lines()).isEqualTo(sender.arrivedEnds);
        int longest = setup.longestPiece(false);
        assertThat(new Arrival(written, errors, longest, longest, false).explain(sender.arrived))
            .isNotEmpty();
        assertThat(sender.closed).isEqualTo(1);
      }
      assertThat(log.retainedBytes()).isZero();
    }
  }

  private static void assertBalance(LogReport report) {
    for (SinkReport sink : report.sinks()) {
      assertThat(sink.shipped().plus(sink.droppedTotal()).plus(sink.held()))
          .isEqualTo(sink.accepted());
    }
  }

  private static Elsewhere<JobStream> write(SafeBuffer to, LogSource source, List<Text> texts) {
    return Elsewhere.call(
        () -> {
          JobStream model = new JobStream();
          for (Text text : texts) {
            Text notEmpty =
                new Text(text.kind(), text.lines(), text.lineBytes() + 1, text.tailBytes());
            byte[] bytes = notEmpty.bytes(source, model.length());
            to.write(bytes);
            model.write(bytes);
          }
          return model;
        });
  }
}
