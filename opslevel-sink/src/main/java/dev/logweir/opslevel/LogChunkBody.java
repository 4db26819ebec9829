package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The body of a request that appends some lines of a batch, written straight from the batch: it
 * exists nowhere as a whole, and can be written again.
 */
final class LogChunkBody {
  /** A whole number of groups of 3 bytes, so that padding comes at the end of a line alone. */
  static final int SOURCE_BYTES = 3 * 1024;

  static final int TARGET_BYTES = 8 * 1024;

  private static final byte[] TAIL =
      ("]}},\"operationName\":\"" + Mutation.APPEND_JOB_LOG.operation() + "\"}").getBytes(US_ASCII);

  private final LogBatch batch;
  private final int from;
  private final int to;
  private final byte[] head;
  private final long length;

  /**
   * Creates the body for the lines in a range.
   *
   * @param head the JSON up to and with the opening bracket of the array of lines
   */
  LogChunkBody(LogBatch batch, int from, int to, byte[] head) {
    this.batch = batch;
    this.from = from;
    this.to = to;
    this.head = head;
    LineReader lines = readerAt(from);
    long bytes = (long) head.length + TAIL.length + Math.max(0, to - from - 1);
    for (int line = from; line < to && lines.next(); line++) {
      bytes += 2 + Base64Text.length(lines.length());
    }
    length = bytes;
  }

  /** Returns the exact length in bytes. */
  long length() {
    return length;
  }

  void writeTo(OutputStream out) throws IOException {
    byte[] source = new byte[SOURCE_BYTES];
    byte[] target = new byte[TARGET_BYTES];
    out.write(head);
    LineReader lines = readerAt(from);
    int end = 0;
    for (int line = from; line < to && lines.next(); line++) {
      if (line > from) {
        target[end++] = ',';
      }
      target[end++] = '"';
      int bytes = lines.read(source, 0, SOURCE_BYTES);
      while (bytes > 0) {
        // Besides the digits there is room for what stands between two lines.
        if (target.length - end < Base64Text.length(bytes) + 3) {
          out.write(target, 0, end);
          end = 0;
        }
        end = Base64Text.encode(source, 0, bytes, target, end);
        bytes = lines.read(source, 0, SOURCE_BYTES);
      }
      target[end++] = '"';
      if (target.length - end < 3) {
        out.write(target, 0, end);
        end = 0;
      }
    }
    out.write(target, 0, end);
    out.write(TAIL);
    out.flush();
  }

  private LineReader readerAt(int line) {
    LineReader lines = batch.reader();
    for (int skipped = 0; skipped < line; skipped++) {
      lines.next();
    }
    return lines;
  }
}
