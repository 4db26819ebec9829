package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.sender.Base64Lines;
import java.io.IOException;
import java.io.OutputStream;

/**
 * The body of a request that appends some lines of a batch, written straight from the batch: it
 * exists nowhere as a whole, and can be written again.
 */
final class LogChunkBody {
  private static final byte[] TAIL =
      ("]}},\"operationName\":\"" + Mutation.APPEND_JOB_LOG.operation() + "\"}").getBytes(US_ASCII);

  /**
   * To find a line's end a second time costs as much as to encode it; so their lengths are kept.
   */
  private static final int LENGTHS_BYTES = 8 * 1024;

  private final LogBatch batch;
  private final int from;
  private final int to;
  private final byte[] head;
  private final byte[] lengths;
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
    lengths = new byte[(int) Math.min(3L * (to - from), LENGTHS_BYTES)];
    EncodingPermit permit = new EncodingPermit();
    permit.acquire();
    try {
      length = head.length + Base64Lines.length(reader(), to - from, lengths) + TAIL.length;
    } finally {
      permit.release();
    }
  }

  /** Returns the exact length in bytes. */
  long length() {
    return length;
  }

  void writeTo(OutputStream out) throws IOException {
    out.write(head);
    new Base64Lines(out).write(reader(), to - from, lengths);
    out.write(TAIL);
  }

  private LineReader reader() {
    return from == 0 ? batch.reader() : batch.reader(from);
  }
}
