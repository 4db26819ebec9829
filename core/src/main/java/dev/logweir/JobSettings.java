package dev.logweir;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a job, checked one by one as they are given and together when they are complete.
 */
final class JobSettings {
  static final int MIN_SIZE = 4 << 10;
  static final int MAX_SIZE = 64 << 20;
  static final int DEFAULT_SIZE = 256 << 10;
  static final int MIN_LINE = 256;
  static final int DEFAULT_MAX_LINE = 64 << 10;
  static final int DEFAULT_RECENT = 8 << 10;
  static final int MAX_RECENT = 1 << 20;
  static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(30);
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
  static final Duration DEFAULT_MAX_WAIT = Duration.ofMinutes(10);
  static final Duration LONGEST = Duration.ofDays(1);

  static final int MAX_NAME = 200;

  private static final int INTERVAL_SPREAD = 10;

  /** Null until one is given. */
  @Nullable String name;

  int maxSize = DEFAULT_SIZE;
  int maxLineBytes;
  int recentLineBytes = DEFAULT_RECENT;
  long intervalNanos = DEFAULT_INTERVAL.toNanos();
  long timeoutNanos = DEFAULT_TIMEOUT.toNanos();
  long maxWaitNanos = DEFAULT_MAX_WAIT.toNanos();
  OverflowPolicy overflow = OverflowPolicy.DROP_NEWEST;
  WhenFull whenFull = WhenFull.DROP;
  boolean markers = true;

  JobSettings() {}

  private JobSettings(JobSettings other) {
    name = other.name;
    maxSize = other.maxSize;
    maxLineBytes = other.maxLineBytes;
    recentLineBytes = other.recentLineBytes;
    intervalNanos = other.intervalNanos;
    timeoutNanos = other.timeoutNanos;
    maxWaitNanos = other.maxWaitNanos;
    overflow = other.overflow;
    whenFull = other.whenFull;
    markers = other.markers;
  }

  void name(String given) {
    Objects.requireNonNull(given, "name");
    Checks.count("length of name", given.length(), 1, MAX_NAME);
    for (int i = 0; i < given.length(); i++) {
      char c = given.charAt(i);
      int type = Character.getType(c);
      if (type == Character.CONTROL
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        throw new IllegalArgumentException(
            String.format("name must have no control characters: U+%04X at %d", (int) c, i));
      }
    }
    name = given;
  }

  void maxSize(int bytes) {
    maxSize = Checks.inRange("maxSize", bytes, MIN_SIZE, MAX_SIZE);
  }

  void maxLineBytes(int bytes) {
    maxLineBytes = Checks.inRange("maxLineBytes", bytes, MIN_LINE, MAX_SIZE / 2);
  }

  void recentLineBytes(int bytes) {
    recentLineBytes = Checks.inRange("recentLineBytes", bytes, 0, MAX_RECENT);
  }

  void maxInterval(Duration interval) {
    intervalNanos = Checks.inRange("maxInterval", interval, Duration.ZERO, LONGEST).toNanos();
  }

  void flushTimeout(Duration timeout) {
    timeoutNanos = timeout("flushTimeout", timeout);
  }

  void maxWait(Duration wait) {
    maxWaitNanos = Checks.inRange("maxWait", wait, Duration.ofMillis(1), LONGEST).toNanos();
  }

  void overflow(OverflowPolicy policy) {
    overflow = Objects.requireNonNull(policy, "policy");
  }

  void whenFull(WhenFull policy) {
    whenFull = Objects.requireNonNull(policy, "policy");
  }

  static long timeout(String name, Duration timeout) {
    return Checks.inRange(name, timeout, Duration.ZERO, LONGEST).toNanos();
  }

  /**
   * Returns a copy in which nothing is left open.
   *
   * @throws IllegalArgumentException if settings contradict each other
   */
  JobSettings complete() {
    JobSettings copy = new JobSettings(this);
    if (maxLineBytes > maxSize / 2) {
      throw new IllegalArgumentException(
          "maxLineBytes must be at most half of maxSize, " + maxSize / 2 + " B: " + maxLineBytes);
    }
    if (maxLineBytes == 0) {
      copy.maxLineBytes = Math.min(maxSize / 4, DEFAULT_MAX_LINE);
    }
    return copy;
  }

  /**
   * Returns the interval of one job: shorter by up to a tenth, so that jobs do not send together.
   */
  long spreadInterval() {
    long spread = intervalNanos / INTERVAL_SPREAD;
    return spread == 0
        ? intervalNanos
        : intervalNanos - ThreadLocalRandom.current().nextLong(spread);
  }
}
