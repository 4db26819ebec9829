package dev.logweir.opslevel;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The wish of a server to be left alone for a while (RFC 9110, section 10.2.3). */
final class RetryAfter {
  /** A longer wish is cut to this. */
  static final Duration MAX = Duration.ofMinutes(2);

  /** Seconds of so many digits are an int. */
  private static final int MAX_DIGITS = 9;

  /** Whole ones by the standard; some servers say 4.7. */
  private static final Pattern SECONDS = Pattern.compile("(\\d+)(\\.\\d+)?");

  private RetryAfter() {}

  /**
   * Returns the wish, in seconds or as a date in the header; zero if there is none that can be
   * read.
   */
  static Duration of(AnswerHead head, Clock clock) {
    String value = head.value("retry-after");
    return value == null ? Duration.ZERO : parse(value, clock);
  }

  static Duration parse(String value, Clock clock) {
    Duration wish = Duration.ZERO;
    Matcher seconds = SECONDS.matcher(value);
    if (seconds.matches()) {
      String whole = seconds.group(1);
      wish = whole.length() > MAX_DIGITS ? MAX : Duration.ofSeconds(Integer.parseInt(whole));
      // Too late is as the server wants it, too early is not.
      wish = seconds.group(2) == null ? wish : wish.plusSeconds(1);
    } else {
      try {
        Instant then = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(value));
        wish = Duration.between(clock.instant(), then);
      } catch (DateTimeException ignored) {
        // no wish that can be read
      }
    }
    if (wish.isNegative()) {
      return Duration.ZERO;
    }
    return wish.compareTo(MAX) > 0 ? MAX : wish;
  }
}
