package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A job in lock step: nothing is drained or sent but when the test, or a call that waits, says so.
 */
final class SteppedJob implements AutoCloseable {
  /** A line as its sender got it; source and time are null where the line has none. */
  record Arrived(String text, LogSource source, Instant time) {
    boolean isGap() {
      return text.contains("dropped here");
    }
  }

  final ManualTime time = new ManualTime();
  final List<Runnable> sends = new ArrayList<>();
  final List<Arrived> arrived = new ArrayList<>();
  final LogweirEngine engine;
  LogStreamer log;

  SteppedJob() {
    this(null);
  }

  /**
   * @param seen the engine's time, if not the job's own as it is
   */
  SteppedJob(UnaryOperator<EngineTime> seen) {
    engine =
        LogweirEngine.builder()
            .time(seen == null ? time : seen.apply(time))
            .drainThreads(
                task -> {
                  throw new OutOfMemoryError("no thread to be had");
                })
            .sendExecutor(sends::add)
            .closeExecutor(Runnable::run)
            .build();
    time.whileWaiting(
        (latch, nanos) -> {
          for (int turns = 0; turns < 1_000 && latch.getCount() > 0; turns++) {
            settle();
          }
          return latch.getCount() == 0;
        });
  }

  /** Returns a builder of a job whose lines come here. */
  LogStreamer.Builder builder() {
    return LogStreamer.builder(this::take).engine(engine);
  }

  void start(LogStreamer.Builder builder) {
    log = builder.start();
  }

  private void take(List<String> lines) {
    LineReader reader = LogBatch.of(lines).reader();
    while (reader.next()) {
      byte[] text = new byte[reader.length()];
      reader.read(text, 0, text.length);
      arrived.add(
          new Arrived(
              new String(text, UTF_8),
              reader.source().orElse(null),
              reader.arrivalTime().orElse(null)));
    }
  }

  SafeBuffer stream(LogSource source) {
    return source == LogSource.STDOUT ? log.stdout() : log.stderr();
  }

  void out(String text) {
    log.stdout().write(text.getBytes(UTF_8));
  }

  void err(String text) {
    log.stderr().write(text.getBytes(UTF_8));
  }

  /** Takes and sends what there is. */
  void settle() {
    for (int i = 0; i < 8; i++) {
      drain();
      send();
    }
  }

  void drain() {
    try {
      log.drain();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  void send() {
    while (!sends.isEmpty()) {
      sends.remove(0).run();
    }
  }

  List<String> texts() {
    return arrived.stream().map(Arrived::text).toList();
  }

  @Override
  public void close() {
    engine.close(Duration.ZERO);
  }
}
