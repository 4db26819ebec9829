package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;

/**
 * A job of Logweir that nobody holds back and nobody drains: what it writes is drained and sent by
 * the engine, and what does not fit is dropped. For {@link Mode#PROMPT} its interval is zero.
 */
final class LogweirDefaults implements Pipeline {
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final LogStreamer log;

  LogweirDefaults(LineSink sink, Mode mode) {
    BatchSender sender =
        lines -> {
          sink.batch(LogBatch.of(lines));
          sink.sent();
        };
    LogStreamer.Builder builder = LogStreamer.builder(sender).engine(engine).markers(false);
    if (mode == Mode.PROMPT) {
      builder.maxInterval(Duration.ZERO);
    }
    log = builder.start();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    log.stdout().write(bytes, offset, length);
  }

  @Override
  public void finish() {
    stop();
  }

  @Override
  public void stop() {
    log.close();
    engine.close();
  }
}
