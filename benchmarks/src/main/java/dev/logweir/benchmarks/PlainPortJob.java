package dev.logweir.benchmarks;

import java.time.Duration;

/**
 * {@link PlainPort} as a pipeline. A writer waits for room where nothing may be lost; a batch goes
 * with each tick, and not only when it is full, where it is to be prompt.
 */
final class PlainPortJob implements Pipeline {
  private final boolean waits;
  private final PlainPort port;

  PlainPortJob(LineSink sink, Mode mode, Duration tick) {
    waits = mode == Mode.LOSSLESS;
    port =
        new PlainPort(
            Peer.MAX_SIZE,
            tick,
            mode == Mode.PROMPT,
            lines -> {
              lines.forEach(sink::line);
              sink.sent();
            });
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    if (waits) {
      port.stdout().awaitRoom(length);
    }
    port.stdout().write(bytes, offset, length);
  }

  @Override
  public void finish() throws Exception {
    port.finish();
  }

  @Override
  public void stop() throws Exception {
    port.finish();
  }
}
