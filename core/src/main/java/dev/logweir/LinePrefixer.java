package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Puts a prefix in front of every line and fragment: the time and the number of its line, or what a
 * supplier gives.
 *
 * <p>Thread-safe; one instance can serve any number of jobs. The prefix is at most 64 bytes.
 */
public final class LinePrefixer implements LogProcessor {
  private static final int MAX_PREFIX = 64;

  /** Heap of the states of a job's streams: each has a prefix, and the text it was made of. */
  private static final int RETAINED_BYTES = 1_024;

  /** Null: the time and the number. */
  private final @Nullable Supplier<String> supplier;

  private LinePrefixer(@Nullable Supplier<String> supplier) {
    this.supplier = supplier;
  }

  /**
   * Returns a prefixer with the time when the line came ({@link LogLine#time}), in UTC and to the
   * second (RFC 3339), and the number of the line: {@code 2026-11-23T22:57:01Z [12] }.
   */
  public static LinePrefixer numbered() {
    return new LinePrefixer(null);
  }

  /**
   * Returns a prefixer with what a supplier gives, as UTF-8, cut to 64 bytes at a character. It is
   * called for each line and fragment, on the drain of the job. It should return at once, and the
   * same object as long as nothing has changed: that is encoded once. With {@code () ->
   * Instant.now().truncatedTo(ChronoUnit.SECONDS) + " [WORKER] "} lines begin with {@code
   * 2026-11-23T22:57:01Z [WORKER] }.
   *
   * <p>A text with a line break, null, or a supplier that throws costs the line, as a processor
   * that throws does.
   *
   * @param supplier called by several threads at the same time if there are several jobs
   * @throws NullPointerException if {@code supplier} is null
   */
  public static LinePrefixer of(Supplier<String> supplier) {
    return new LinePrefixer(Objects.requireNonNull(supplier, "supplier"));
  }

  @Override
  public void process(LogLine line) throws Exception {
    forStream(line.source()).process(line);
  }

  @Override
  public LogProcessor forStream(LogSource source) {
    Objects.requireNonNull(source, "source");
    return supplier == null ? new Numbered() : new Supplied(supplier);
  }

  /** Returns 1,024: the last prefix of each stream. */
  @Override
  public long maxRetainedBytes() {
    return RETAINED_BYTES;
  }

  private static void put(LogLine line, byte[] prefix, int length) {
    ByteTarget pieces = line.beginReplacement();
    pieces.append(prefix, 0, length);
    pieces.append(line.array(), line.offset(), line.length());
  }

  private static final class Supplied implements LogProcessor {
    private final Supplier<String> supplier;
    private String text = "";
    private byte[] prefix = Segment.NO_BYTES;

    Supplied(Supplier<String> supplier) {
      this.supplier = supplier;
    }

    @Override
    public void process(LogLine line) {
      String next = supplier.get();
      if (!next.equals(text)) {
        prefix = encoded(next);
        text = next.length() > MAX_PREFIX ? next.substring(0, MAX_PREFIX) : next;
      }
      put(line, prefix, prefix.length);
    }

    private static byte[] encoded(String text) {
      // A character has a byte or more, and a pair of them four.
      byte[] bytes = text.substring(0, Math.min(text.length(), MAX_PREFIX + 1)).getBytes(UTF_8);
      if (Newlines.first(bytes, 0, bytes.length) < bytes.length) {
        throw new IllegalArgumentException("a prefix must have no line break");
      }
      return bytes.length <= MAX_PREFIX
          ? bytes
          : Arrays.copyOf(bytes, LineCut.boundary(bytes, 0, MAX_PREFIX));
    }
  }

  private static final class Numbered implements RunPrefix {
    private static final long NEVER = Long.MIN_VALUE;
    private static final byte[] END = {']', ' '};

    private final byte[] prefix = new byte[MAX_PREFIX];
    private int timeLength;
    private int length;
    private long second = NEVER;

    /** The number that stands behind the time; 0 if none does. */
    private long last;

    @Override
    public void process(LogLine line) {
      setTime(line.timeMillis());
      int length = prefix(line.number());
      put(line, prefix, length);
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
        length = timeLength;
        last = 0;
      }
    }

    @Override
    public int prefix(long number) {
      if (number != last + 1 || !addOne()) {
        write(number);
      }
      last = number;
      return length;
    }

    /** Counts on in the digits as they stand; false if there would have to be one more. */
    private boolean addOne() {
      int digit = length - END.length - 1;
      while (digit >= timeLength && prefix[digit] == '9') {
        prefix[digit--] = '0';
      }
      if (digit < timeLength) {
        return false;
      }
      prefix[digit]++;
      return true;
    }

    private void write(long number) {
      length = timeLength;
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
      for (byte end : END) {
        prefix[length++] = end;
      }
    }
  }
}
