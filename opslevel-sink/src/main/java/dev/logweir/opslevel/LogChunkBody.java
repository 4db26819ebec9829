package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Base64;

/**
 * The body of a request that appends some lines of a batch, written straight from the batch: it
 * exists nowhere as a whole, and can be written again.
 */
final class LogChunkBody {
  static final int TARGET_BYTES = 4 * 1024;

  /**
   * The JDK's encoder has no form with offsets: pieces of these sizes go through it, the rest does
   * not.
   */
  static final int LARGE_PIECE_BYTES = 768;

  static final int SMALL_PIECE_BYTES = 96;

  private static final Base64.Encoder ENCODER = Base64.getEncoder();

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
    out.write(head);
    Writer writer = new Writer(out);
    LineReader lines = readerAt(from);
    for (int line = from; line < to && lines.next(); line++) {
      writer.writeLine(lines, line == from);
    }
    writer.flush();
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

  /** Collects what goes out, and holds the buffers of one writing. */
  private static final class Writer {
    private final OutputStream out;
    private final byte[] target = new byte[TARGET_BYTES];
    private final byte[] large = new byte[LARGE_PIECE_BYTES];
    private final byte[] largeText = new byte[LARGE_PIECE_BYTES / 3 * 4];
    private final byte[] small = new byte[SMALL_PIECE_BYTES];
    private final byte[] smallText = new byte[SMALL_PIECE_BYTES / 3 * 4];
    private int end;

    Writer(OutputStream out) {
      this.out = out;
    }

    void writeLine(LineReader lines, boolean first) throws IOException {
      makeRoom(2);
      if (!first) {
        target[end++] = ',';
      }
      target[end++] = '"';
      int left = lines.length();
      for (; left >= LARGE_PIECE_BYTES; left -= LARGE_PIECE_BYTES) {
        writePiece(lines, large, largeText);
      }
      for (; left >= SMALL_PIECE_BYTES; left -= SMALL_PIECE_BYTES) {
        writePiece(lines, small, smallText);
      }
      makeRoom(smallText.length + 1);
      if (left > 0) {
        int bytes = lines.read(small, 0, left);
        end = Base64Text.encode(small, 0, bytes, target, end);
      }
      target[end++] = '"';
    }

    void flush() throws IOException {
      out.write(target, 0, end);
      end = 0;
    }

    private void writePiece(LineReader lines, byte[] piece, byte[] text) throws IOException {
      lines.read(piece, 0, piece.length);
      int length = ENCODER.encode(piece, text);
      makeRoom(length);
      System.arraycopy(text, 0, target, end, length);
      end += length;
    }

    private void makeRoom(int bytes) throws IOException {
      if (target.length - end < bytes) {
        flush();
      }
    }
  }
}
