package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Instant;
import java.util.Objects;

/**
 * Puts the time and the number of its line in front of every line and fragment: {@code
 * 2026-11-23T22:57:01Z [12] }, with the time when the line was drained, in UTC and to the second
 * (RFC 3339).
 *
 * <p>Thread-safe; one instance can serve any number of jobs. The prefix is at most 64 bytes.
 */
public final class LinePrefixer implements LogProcessor {
  /** Heap of the states of a job's streams. */
  private static final int RETAINED_BYTES = 512;

  /** Makes a prefixer. */
  public LinePrefixer() {}

  @Override
  public void process(LogLine line) {
    new Stream().process(line);
  }

  @Override
  public LogProcessor forStream(LogSource source) {
    Objects.requireNonNull(source, "source");
    return new Stream();
  }

  /** Returns 512: the text of the last second, for each stream. */
  @Override
  public long maxRetainedBytes() {
    return RETAINED_BYTES;
  }

  private static final class Stream implements RunPrefix {
    private static final int MAX_PREFIX = 64;
    private static final long NEVER = Long.MIN_VALUE;

    private final byte[] prefix = new byte[MAX_PREFIX];
    private int timeLength;
    private long second = NEVER;

    @Override
    public void process(LogLine line) {
      setTime(line.timeMillis());
      int length = prefix(line.number());
      LinePieces pieces = line.beginReplacement();
      pieces.append(prefix, 0, length);
      pieces.append(line.array(), line.offset(), line.length());
    }

    @Override
    public int beginRun(long timeMillis, long lastNumber) {
      setTime(timeMillis);
      return prefix(lastNumber);
    }

    @Override
    public byte[] prefixBytes() {
      return prefix;
    }

    private void setTime(long timeMillis) {
      long now = Math.floorDiv(timeMillis, 1000L);
      if (now != second) {
        byte[] time = Instant.ofEpochSecond(now).toString().getBytes(US_ASCII);
        System.arraycopy(time, 0, prefix, 0, time.length);
        prefix[time.length] = ' ';
        prefix[time.length + 1] = '[';
        timeLength = time.length + 2;
        second = now;
      }
    }

    @Override
    public int prefix(long number) {
      int length = timeLength;
      long rest = number;
      do {
        length++;
        rest /= 10;
      } while (rest > 0);
      rest = number;
      for (int i = length - 1; i >= timeLength; i--) {
        prefix[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
      prefix[length++] = ']';
      prefix[length++] = ' ';
      return length;
    }
  }
}
