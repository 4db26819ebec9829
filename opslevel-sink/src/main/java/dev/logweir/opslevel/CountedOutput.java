package dev.logweir.opslevel;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Counts what is written, for the meters. */
final class CountedOutput extends FilterOutputStream {
  private final OpsLevelMetrics metrics;

  CountedOutput(OutputStream out, OpsLevelMetrics metrics) {
    super(out);
    this.metrics = metrics;
  }

  @Override
  public void write(int b) throws IOException {
    out.write(b);
    metrics.written(1);
  }

  @Override
  public void write(byte[] source, int offset, int length) throws IOException {
    out.write(source, offset, length);
    metrics.written(length);
  }
}
