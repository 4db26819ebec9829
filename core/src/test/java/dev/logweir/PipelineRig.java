package dev.logweir;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** A job in lock step: drains, sends and time happen only when a test says so. */
final class PipelineRig implements AutoCloseable {
  private static final int MAX_TURNS = 20_000;

  final ManualTime time = new ManualTime();
  final SteppedSends sends = new SteppedSends();
  final List<SteppedSender> senders = new ArrayList<>();
  final JobStream out = new JobStream();
  final JobStream err = new JobStream();
  final PipelineSetup setup;
  final int longestPiece;
  final @Nullable MemoryBudget budget;
  final LogweirEngine engine;
  final LogStreamer log;
  LogReport report;

  /** How often a thread was asked for to drain. */
  int drainsAskedFor;

  private @Nullable Runnable duringFinish;

  PipelineRig(PipelineSetup setup, LogProcessor... processors) {
    this.setup = setup;
    longestPiece = setup.longestPiece(setup.replaces() || processors.length > 0);
    budget = setup.budgetBytes() == 0 ? null : MemoryBudget.of(setup.budgetBytes());
    LogweirEngine.Builder builder =
        LogweirEngine.builder()
            .time(time)
            .drainThreads(
                task -> {
                  drainsAskedFor++;
                  throw new OutOfMemoryError("no thread to be had");
                })
            .sendExecutor(sends)
            .closeExecutor(sends);
    if (budget != null) {
      builder.budget(budget);
    }
    engine = builder.build();
    time.whileWaiting(this::runUntil);
    log = job(processors);
    for (SteppedSender sender : senders) {
      sender.probe(this::drainsFromWithin);
    }
  }

  private LogStreamer job(LogProcessor... processors) {
    for (int i = 0; i < setup.sinks(); i++) {
      senders.add(new SteppedSender(sends, setup.maxBatchBytes()));
    }
    LogStreamer.Builder builder =
        LogStreamer.builder(senders.get(0))
            .engine(engine)
            .maxSize(setup.maxSize())
            .maxInterval(setup.interval())
            .overflow(setup.overflow())
            .markers(setup.markers());
    if (setup.maxLineBytes() > 0) {
      builder.maxLineBytes(setup.maxLineBytes());
    }
    for (SteppedSender sender : senders.subList(1, senders.size())) {
      builder.sink(sender);
    }
    if (setup.lineByLine()) {
      builder.listener(line -> {});
    }
    if (setup.replaces()) {
      builder.processor(line -> line.replace(line.toBytes(), 0, line.length()));
    }
    for (LogProcessor processor : processors) {
      builder.processor(processor);
    }
    return builder.start();
  }

  private boolean drainsFromWithin() {
    try {
      return log.drain();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Takes a step. */
  void take(Step step) {
    if (step instanceof Step.Write write) {
      write(write.to(), write.text());
    } else if (step instanceof Step.CloseStream close) {
      stream(close.stream()).close();
      model(close.stream()).closed = true;
    } else if (step instanceof Step.Drain) {
      drain();
    } else if (step instanceof Step.Send) {
      sends.runAll();
    } else if (step instanceof Step.Stall stall) {
      sends.close(stall.begins());
    } else if (step instanceof Step.Fate fate) {
      senders.forEach(sender -> sender.mode(fate.mode()));
    } else if (step instanceof Step.Pass pass) {
      time.advance(pass.duration());
    }
    senders.forEach(SteppedSender::rethrow);
  }

  void write(LogSource to, Text text) {
    write(to, text.bytes(to, model(to).length()));
  }

  void write(LogSource to, byte[] bytes) {
    byte[] shifted = new byte[bytes.length + 3];
    System.arraycopy(bytes, 0, shifted, 2, bytes.length);
    stream(to).write(shifted, 2, bytes.length);
    java.util.Arrays.fill(shifted, (byte) '#');
    model(to).write(bytes);
  }

  boolean drain() {
    return drain(log);
  }

  boolean drain(LogStreamer job) {
    try {
      return job.drain();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  SafeBuffer stream(LogSource source) {
    return source == LogSource.STDOUT ? log.stdout() : log.stderr();
  }

  JobStream model(LogSource source) {
    return source == LogSource.STDOUT ? out : err;
  }

  Tally accepted() {
    return out.accepted().plus(err.accepted());
  }

  /** Returns what arrived, explained by what was written. */
  List<Arrival.State> explain(SteppedSender sender, boolean exact) {
    int longestWhole = budget == null ? longestPiece : JobSettings.MIN_LINE;
    return new Arrival(out, err, longestPiece, longestWhole, exact).explain(sender.arrived);
  }

  /** Returns the bytes of lines that have not ended, which no fragment has taken yet. */
  long openBytes() {
    return openBytes(out) + openBytes(err);
  }

  private long openBytes(JobStream stream) {
    byte[] all = stream.bytes();
    int open = all.length - 1 - Newlines.last(all, 0, all.length);
    return stream.closed ? 0 : open;
  }

  /** Lets everything happen that needs no time. */
  void settle() {
    int turns = 0;
    boolean moved = true;
    while (moved) {
      long before = log.retainedBytes() + 31L * senders.stream().mapToInt(s -> s.calls).sum();
      drain();
      moved = sends.runAll();
      moved |= before != log.retainedBytes() + 31L * senders.stream().mapToInt(s -> s.calls).sum();
      if (++turns > MAX_TURNS) {
        throw new AssertionError("it never comes to rest");
      }
    }
    senders.forEach(SteppedSender::rethrow);
  }

  private boolean runUntil(CountDownLatch latch, long nanos) throws InterruptedException {
    long end = time.nanoTime() + nanos;
    int turns = 0;
    settle();
    if (duringFinish != null && latch.getCount() > 0) {
      Runnable action = duringFinish;
      duringFinish = null;
      action.run();
    }
    while (latch.getCount() > 0) {
      settle();
      long left = end - time.nanoTime();
      if (latch.getCount() == 0 || left <= 0) {
        break;
      }
      time.advanceToNext(Duration.ofNanos(left));
      leaveIfInterrupted();
      if (++turns > MAX_TURNS) {
        throw new AssertionError("it waits for ever");
      }
    }
    return latch.getCount() == 0;
  }

  private void leaveIfInterrupted() {
    if (engine.abandonedCalls() > 0) {
      sends.awaitInterrupted();
    }
  }

  /** Ends another job of the engine, which must need no time for it. */
  LogReport finishOther(LogStreamer other) {
    time.whileWaiting(
        (latch, nanos) -> {
          for (int i = 0; i < MAX_TURNS && latch.getCount() > 0; i++) {
            drain(other);
            sends.runAll();
          }
          return latch.getCount() == 0;
        });
    LogReport result = other.finish();
    time.whileWaiting(this::runUntil);
    return result;
  }

  /** Ends the job, within the timeout of the job's own time. */
  LogReport end(Step.End how, Duration timeout) {
    long before = time.nanoTime();
    out.closed = true;
    err.closed = true;
    switch (how) {
      case CLOSE -> log.close();
      case INTERRUPTED -> {
        Thread.currentThread().interrupt();
        log.finish(timeout);
        if (!Thread.interrupted()) {
          throw new AssertionError("the interrupt is gone");
        }
      }
      case CANCELLED -> {
        duringFinish = log::close;
        log.finish(timeout);
      }
      case FINISH -> log.finish(timeout);
      default -> throw new AssertionError(how);
    }
    report = log.report();
    long allowed = how == Step.End.CLOSE ? Duration.ofSeconds(10).toNanos() : timeout.toNanos();
    if (time.nanoTime() - before > allowed) {
      throw new AssertionError("it took " + Duration.ofNanos(time.nanoTime() - before));
    }
    leaveIfInterrupted();
    senders.forEach(SteppedSender::rethrow);
    return report;
  }

  /** Lets what was given up return, and what comes after the log happen. */
  void letGo() {
    sends.close(false);
    while (sends.runAll()) {
      // until nothing is handed over any more
    }
    senders.forEach(SteppedSender::rethrow);
  }

  @Override
  public void close() {
    letGo();
    if (engine.activeJobs() > 0) {
      Thread.interrupted();
      log.finish(Duration.ZERO);
      letGo();
    }
    engine.close(Duration.ZERO);
  }
}
