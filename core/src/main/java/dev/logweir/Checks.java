package dev.logweir;

import java.time.Duration;
import java.util.Objects;

/** Range checks in one wording, as that of the senders: the name, the bounds and the value. */
final class Checks {
  /** The longest time that a setting or a call may have. */
  static final Duration LONGEST = Duration.ofDays(1);

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final long HOUR_MILLIS = Duration.ofHours(1).toMillis();

  private Checks() {}

  static long atLeast(String name, long value, long min) {
    if (value < min) {
      throw new IllegalArgumentException(name + " must be at least " + size(min) + ": " + value);
    }
    return value;
  }

  /** Checks a number of bytes. */
  static int inRange(String name, int value, int min, int max) {
    return (int) inRange(name, (long) value, min, max);
  }

  /** Checks a number of bytes. */
  static long inRange(String name, long value, long min, long max) {
    if (value < min || value > max) {
      throw outOfRange(name, size(min), size(max), value);
    }
    return value;
  }

  static int count(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw outOfRange(name, min, max, value);
    }
    return value;
  }

  static Duration inRange(String name, Duration value, Duration min, Duration max) {
    Objects.requireNonNull(value, name);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw outOfRange(name, time(min), time(max), value);
    }
    return value;
  }

  private static IllegalArgumentException outOfRange(
      String name, Object min, Object max, Object value) {
    return new IllegalArgumentException(
        name + " must be from " + min + " to " + max + ": " + value);
  }

  /** Returns a timeout in nanoseconds. */
  static long timeout(String name, Duration timeout) {
    return inRange(name, timeout, Duration.ZERO, LONGEST).toNanos();
  }

  private static String time(Duration time) {
    long millis = time.toMillis();
    return millis == 0 || millis % HOUR_MILLIS > 0 ? millis + " ms" : time.toHours() + " h";
  }

  private static String size(long bytes) {
    if (bytes >= GIB && bytes % GIB == 0) {
      return bytes / GIB + " GiB";
    }
    if (bytes >= MIB && bytes % MIB == 0) {
      return bytes / MIB + " MiB";
    }
    if (bytes >= KIB && bytes % KIB == 0) {
      return bytes / KIB + " KiB";
    }
    return bytes + " B";
  }
}
