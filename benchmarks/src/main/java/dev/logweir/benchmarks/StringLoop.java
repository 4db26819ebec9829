package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Makes a {@code String} of each line and hands it over at once: no buffer, no thread, the floor of
 * everybody who makes a {@code String} of a line.
 */
final class StringLoop implements Pipeline {
  private final LineSplitter lines;

  StringLoop(LineSink sink) {
    lines =
        new LineSplitter(
            (bytes, offset, length) -> sink.line(new String(bytes, offset, length, UTF_8)));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    lines.write(bytes, offset, length);
  }

  @Override
  public void finish() {}

  @Override
  public void stop() {}
}
