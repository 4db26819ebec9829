package dev.logweir.sender;

import java.time.Duration;
import java.util.Objects;

/**
 * Checks of settings, in one wording: the name, the bound and the value. Each returns the value.
 * Thread-safe.
 */
public final class SenderSettings {
  private static final Duration SHORTEST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofHours(1);
  private static final Duration LONGEST_OF_ALL = Duration.ofHours(24);
  private static final int MAX_ATTEMPTS = 100;

  private SenderSettings() {}

  /**
   * Checks a number.
   *
   * @throws IllegalArgumentException if it is not from {@code min} to {@code max}
   */
  public static int range(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new IllegalArgumentException(
          name + " must be from " + min + " to " + max + ": " + value);
    }
    return value;
  }

  /**
   * Checks how often a request is tried.
   *
   * @throws IllegalArgumentException if it is not from 1 to 100
   */
  public static int attempts(int value) {
    return range("attempts", value, 1, MAX_ATTEMPTS);
  }

  /**
   * Checks a time within one attempt.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is not from 1 ms to 1 h
   */
  public static Duration timeout(String name, Duration value) {
    return time(name, value, LONGEST);
  }

  /**
   * Checks a time over several attempts.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is not from 1 ms to 24 h
   */
  public static Duration longTimeout(String name, Duration value) {
    return time(name, value, LONGEST_OF_ALL);
  }

  private static Duration time(String name, Duration value, Duration max) {
    Objects.requireNonNull(value, name);
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          name + " must be from 1 ms to " + max.toHours() + " h: " + value);
    }
    return value;
  }

  /**
   * Checks that the time of all attempts is at least that of one.
   *
   * @throws IllegalArgumentException if it is not
   */
  public static void overallTimeout(Duration overallTimeout, Duration attemptTimeout) {
    if (overallTimeout.compareTo(attemptTimeout) < 0) {
      throw new IllegalArgumentException(
          "overallTimeout must be at least attemptTimeout, "
              + attemptTimeout
              + ": "
              + overallTimeout);
    }
  }

  /**
   * Checks an id: one line of well-formed text, not blank.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is blank, longer than {@code maxChars}, or has a line
   *     break or another control character in it, or half of a surrogate pair
   */
  public static String id(String name, String value, int maxChars) {
    Objects.requireNonNull(value, name);
    if (value.isBlank()) {
      throw new IllegalArgumentException(name + " must not be blank: '" + value + "'");
    }
    length(name, value, maxChars);
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (Character.isISOControl(c) || c == '\u2028' || c == '\u2029') {
        throw new IllegalArgumentException(
            "%s must be one line without control characters: U+%04X at %d"
                .formatted(name, (int) c, i));
      }
      if (i + 1 < value.length() && Character.isSurrogatePair(c, value.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new IllegalArgumentException(
            "%s must be well-formed text: U+%04X at %d".formatted(name, (int) c, i));
      }
    }
    return value;
  }

  /**
   * Checks the length of a text, which the message does not show.
   *
   * @throws NullPointerException if it is null
   * @throws IllegalArgumentException if it is longer than {@code maxChars}
   */
  public static String length(String name, String value, int maxChars) {
    Objects.requireNonNull(value, name);
    if (value.length() > maxChars) {
      throw new IllegalArgumentException(
          name + " must have at most " + maxChars + " characters: " + value.length());
    }
    return value;
  }

  /**
   * Returns the index of the first character that is not printable ASCII; -1 if there is none.
   *
   * @param lowest a blank, or {@code !} where no blank is allowed
   */
  public static int firstUnprintable(String text, char lowest) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < lowest || text.charAt(i) > '~') {
        return i;
      }
    }
    return -1;
  }
}
