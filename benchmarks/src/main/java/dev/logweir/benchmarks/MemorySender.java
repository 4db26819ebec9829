package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * A sender that reads every byte, and then does what its kind is. All that it needs it has before
 * the first batch.
 */
final class MemorySender implements BatchSender {
  private static final byte[] MARK_BEGIN = " [logweir ".getBytes(UTF_8);
  private static final byte[] MARK_END = ": continued]".getBytes(UTF_8);
  private static final int MARK_LENGTH = MARK_BEGIN.length + 8 + MARK_END.length;
  private static final Duration SLOW_PAUSE = Duration.ofMillis(2);
  private static final int LONGEST_LINE = 66 << 10;

  /** How the server is. */
  enum Kind {
    /** Never answers once it has a batch that is at least half full. */
    STALLED,
    /** Answers each batch with another failure. */
    FAILING,
    /** Takes 2 ms longer for a batch. */
    SLOW,
    /** Takes every batch at once. */
    HEALTHY
  }

  private final Kind kind;
  private final boolean prefixed;
  private final int stallBytes;
  private final Runnable whileSending;
  private final Flaw flaw;
  private final byte[] line = new byte[LONGEST_LINE];
  private final ByteSum sum = new ByteSum();
  private final CountDownLatch never = new CountDownLatch(1);
  private final List<byte[]> copies = new ArrayList<>();
  private volatile boolean stalled;
  private int calls;

  /**
   * Makes a sender.
   *
   * @param prefixed whether a prefix stands before each line
   * @param maxSize of the job, in bytes
   * @param whileSending called with each batch
   */
  MemorySender(Kind kind, boolean prefixed, int maxSize, Runnable whileSending, Flaw flaw) {
    this.kind = kind;
    this.prefixed = prefixed;
    stallBytes = maxSize / 2;
    this.whileSending = whileSending;
    this.flaw = flaw;
  }

  @Override
  public void send(List<String> lines) throws Exception {
    LogBatch batch = LogBatch.of(lines);
    read(batch.reader());
    if (flaw == Flaw.LEAK) {
      copies.add(bytesOf(batch));
    }
    calls++;
    stalled = kind == Kind.STALLED && batch.byteCount() >= stallBytes;
    whileSending.run();
    if (stalled) {
      never.await();
    }
    if (kind == Kind.SLOW) {
      batch.call().pause(SLOW_PAUSE);
    }
    if (kind == Kind.FAILING) {
      throw failure(batch);
    }
  }

  /** Returns whether it hangs. */
  boolean isStalled() {
    return stalled;
  }

  /** Returns the sum of what it read, without line ends, prefixes and marks of fragments. */
  ByteSum.Value sum() {
    return sum.value();
  }

  private void read(LineReader reader) {
    while (reader.next()) {
      int end = 0;
      while (end < reader.length()) {
        end += reader.read(line, end, reader.length() - end);
      }
      sum.add(line, prefixed ? prefixEnd(end) : 0, withoutMark(end));
    }
  }

  private static byte[] bytesOf(LogBatch batch) {
    byte[] bytes = new byte[Math.toIntExact(batch.byteCount())];
    int read = batch.reader().readLines(bytes, 0, bytes.length);
    if (read < 0) {
      throw new IllegalStateException("nothing in " + batch);
    }
    return bytes;
  }

  private int prefixEnd(int end) {
    int at = 0;
    while (at < end && line[at] != ']') {
      at++;
    }
    return Math.min(end, at + 2);
  }

  private int withoutMark(int end) {
    int begin = end - MARK_LENGTH;
    boolean marked =
        begin >= 0
            && line[end - 1] == ']'
            && Arrays.equals(
                line, begin, begin + MARK_BEGIN.length, MARK_BEGIN, 0, MARK_BEGIN.length)
            && Arrays.equals(line, end - MARK_END.length, end, MARK_END, 0, MARK_END.length);
    return marked ? begin : end;
  }

  private Exception failure(LogBatch batch) {
    switch (calls % 4) {
      case 0 -> {
        BitSet every = new BitSet();
        every.set(0, batch.size());
        return new SendException(SendException.Kind.FAILED, "some lines", null, every);
      }
      case 1 -> {
        return new SendException(SendException.Kind.REFUSED, "refused", null);
      }
      case 2 -> {
        return new IOException("connection reset");
      }
      default -> {
        batch.call().written();
        return new IllegalStateException("no answer");
      }
    }
  }
}
