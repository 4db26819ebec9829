package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * What every sender does with the lines it gets: writes all their bytes, with line ends, into the
 * buffer of a request, as one that talks to a server would, and keeps a sum of what passed.
 *
 * <p>The sum takes in, in their order, the first 8 of each 64 bytes: enough to notice a byte lost,
 * doubled or moved, at 1 or 2 ns a line of 100 B. {@link #everyByte} makes it take in all of them.
 * One thread at a time.
 */
final class Delivery implements LineSink {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long FACTOR = 0x9E3779B97F4A7C15L;
  private static final int REQUEST_BUFFER = 16 << 10;
  private static final int SAMPLE_EVERY = 64;

  private final byte[] buffer = new byte[REQUEST_BUFFER];
  private final int step;
  private int filled;
  private long bytes;
  private long lines;
  private long sum;

  private Delivery(int step) {
    this.step = step;
  }

  static Delivery sampled() {
    return new Delivery(SAMPLE_EVERY);
  }

  static Delivery everyByte() {
    return new Delivery(Long.BYTES);
  }

  /** Returns what should arrive when a workload is written a number of times. */
  static Sum expected(Workload workload, long times, boolean everyByte) {
    Delivery once = everyByte ? everyByte() : sampled();
    once.text(workload.masked(), 0, workload.masked().length);
    Sum pass = once.sum();
    long factor = 1;
    for (int at = 0; at < workload.masked().length; at += once.step) {
      factor *= FACTOR;
    }
    long sum = 0;
    for (long time = 0; time < times; time++) {
      sum = sum * factor + pass.sum();
    }
    return new Sum(pass.bytes() * times, Workload.LINES * times, sum);
  }

  void lines(LineReader reader) {
    byte[] target = buffer;
    int begun = filled;
    int at = begun;
    int count = 0;
    while (reader.next()) {
      int left = reader.length();
      if (left < target.length - at) {
        at += left == 0 ? 0 : reader.read(target, at, left);
        target[at++] = '\n';
      } else {
        advance(at - begun);
        longLine(reader, left);
        begun = filled;
        at = begun;
      }
      count++;
    }
    advance(at - begun);
    lines += count;
  }

  /** Takes many lines at a time, and one by one only those that the buffer's end cuts. */
  void runs(LogBatch batch) {
    LineReader reader = batch.reader();
    int read = reader.readLines(buffer, filled, buffer.length - filled);
    while (read > 0 || reader.next()) {
      if (read > 0) {
        advance(read);
      } else {
        longLine(reader, reader.length());
      }
      read = reader.readLines(buffer, filled, buffer.length - filled);
    }
    lines += batch.size();
  }

  private void longLine(LineReader reader, int length) {
    int left = length;
    while (left > 0) {
      int read = reader.read(buffer, filled, Math.min(left, buffer.length - filled));
      left -= read;
      advance(read);
    }
    endLine();
  }

  @Override
  public void line(String line) {
    byte[] text = line.getBytes(UTF_8);
    line(text, 0, text.length);
  }

  @Override
  public void line(byte[] source, int offset, int length) {
    text(source, offset, length);
    endLine();
    lines++;
  }

  @Override
  public void batch(LogBatch batch) {
    runs(batch);
  }

  @Override
  public void lineByLine(LogBatch batch) {
    lines(batch.reader());
  }

  @Override
  public void sent() {}

  /** Takes bytes as they are; no line is counted. */
  private void text(byte[] source, int offset, int length) {
    int index = offset;
    int end = offset + length;
    while (index < end) {
      int count = Math.min(end - index, buffer.length - filled);
      System.arraycopy(source, index, buffer, filled, count);
      index += count;
      advance(count);
    }
  }

  private void endLine() {
    buffer[filled] = '\n';
    advance(1);
  }

  private void advance(int count) {
    filled += count;
    bytes += count;
    if (filled == buffer.length) {
      sum = sumUpTo(filled);
      filled = 0;
    }
  }

  private long sumUpTo(int end) {
    long result = sum;
    for (int at = 0; at + Long.BYTES <= end; at += step) {
      result = result * FACTOR + (long) LONGS.get(buffer, at);
    }
    return result;
  }

  /** Returns how many bytes passed, line ends included. */
  long bytes() {
    return bytes;
  }

  /** Returns how many lines passed. */
  long lineCount() {
    return lines;
  }

  /**
   * Returns the sum of all bytes so far, whose number must be a multiple of {@value #SAMPLE_EVERY}.
   */
  Sum sum() {
    return new Sum(bytes, lines, sumUpTo(filled));
  }

  /** How much passed, and its sum. */
  record Sum(long bytes, long lines, long sum) {}
}
