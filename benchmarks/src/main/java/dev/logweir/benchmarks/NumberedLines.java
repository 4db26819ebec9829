package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.util.Arrays;

/** Takes time and number off each line, and hands on the rest. One thread at a time. */
final class NumberedLines implements LineSink {
  private final LineSink sink;
  private byte[] line = new byte[1 << 10];

  NumberedLines(LineSink sink) {
    this.sink = sink;
  }

  @Override
  public void line(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    line(bytes, 0, bytes.length);
  }

  @Override
  public void line(byte[] bytes, int offset, int length) {
    int at = offset;
    int last = offset + length - 2;
    while (at < last && !(bytes[at] == ']' && bytes[at + 1] == ' ')) {
      at++;
    }
    if (length < 2 || bytes[at] != ']') {
      throw new IllegalStateException(
          "a line without a number: " + new String(bytes, offset, length, UTF_8));
    }
    sink.line(bytes, at + 2, offset + length - at - 2);
  }

  @Override
  public void batch(LogBatch batch) {
    LineReader reader = batch.reader();
    while (reader.next()) {
      int length = reader.length();
      if (length > line.length) {
        line = Arrays.copyOf(line, 2 * length);
      }
      int read = 0;
      while (read < length) {
        read += reader.read(line, read, length - read);
      }
      line(line, 0, length);
    }
  }

  @Override
  public void sent() {
    sink.sent();
  }
}
