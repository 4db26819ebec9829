package dev.logweir.benchmarks;

import dev.logweir.LogBatch;

/** Masks each line by one {@code String.replace} after the other, and hands it on. */
final class ReplacingSink implements LineSink {
  private final LineSink sink;

  ReplacingSink(LineSink sink) {
    this.sink = sink;
  }

  @Override
  public void line(String line) {
    String masked = line;
    for (String secret : Secrets.all()) {
      masked = masked.replace(secret, Secrets.MASK);
    }
    sink.line(masked);
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    throw new UnsupportedOperationException("lines come as texts");
  }

  @Override
  public void batch(LogBatch batch) {
    throw new UnsupportedOperationException("lines come as texts");
  }

  @Override
  public void sent() {
    sink.sent();
  }
}
