package dev.logweir;

import java.time.Duration;
import java.util.Objects;

/** Range checks whose texts have the name, the bound and the value. */
final class Checks {
  /** The longest time that a setting or a call may have. */
  static final Duration LONGEST = Duration.ofDays(1);

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;

  private Checks() {}

  static long atLeast(String name, long value, long min) {
    if (value < min) {
      throw new IllegalArgumentException(name + " must be at least " + size(min) + ": " + value);
    }
    return value;
  }

  static int inRange(String name, int value, int min, int max) {
    atLeast(name, value, min);
    if (value > max) {
      throw new IllegalArgumentException(name + " must be at most " + size(max) + ": " + value);
    }
    return value;
  }

  static int count(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " must be between " + min + " and " + max + ": " + value);
    }
    return value;
  }

  static Duration inRange(String name, Duration value, Duration min, Duration max) {
    Objects.requireNonNull(value, name);
    if (value.compareTo(min) < 0) {
      throw new IllegalArgumentException(name + " must be at least " + min + ": " + value);
    }
    if (value.compareTo(max) > 0) {
      throw new IllegalArgumentException(name + " must be at most " + max + ": " + value);
    }
    return value;
  }

  /** Returns a timeout in nanoseconds. */
  static long timeout(String name, Duration timeout) {
    return inRange(name, timeout, Duration.ZERO, LONGEST).toNanos();
  }

  private static String size(long bytes) {
    if (bytes >= MIB && bytes % MIB == 0) {
      return bytes / MIB + " MiB";
    }
    if (bytes >= KIB && bytes % KIB == 0) {
      return bytes / KIB + " KiB";
    }
    return bytes + " B";
  }
}
