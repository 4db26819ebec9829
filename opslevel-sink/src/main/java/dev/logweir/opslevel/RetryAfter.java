package dev.logweir.opslevel;

import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpResponse;

/** The wish of a server to be left alone for a while (RFC 9110, section 10.2.3). */
final class RetryAfter {
  /** A longer wish is cut to this. */
  static final Duration MAX = Duration.ofMinutes(2);

  /** Seconds of so many digits are an int. */
  private static final int MAX_DIGITS = 9;

  private RetryAfter() {}

  /**
   * Returns the wish, in seconds or as a date in the header; zero if there is none that can be
   * read.
   */
  static Duration of(HttpResponse response, Clock clock) {
    Header header = response.getFirstHeader("Retry-After");
    return header == null ? Duration.ZERO : parse(header.getValue().strip(), clock);
  }

  static Duration parse(String value, Clock clock) {
    Duration wish = Duration.ZERO;
    if (value.matches("\\d+")) {
      wish = value.length() > MAX_DIGITS ? MAX : Duration.ofSeconds(Integer.parseInt(value));
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
