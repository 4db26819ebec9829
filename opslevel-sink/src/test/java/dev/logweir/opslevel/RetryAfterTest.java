package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-23T22:57:01Z"), ZoneOffset.UTC);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0 | 0",
        "1 | 1",
        "119 | 119",
        "120 | 120",
        "121 | 120",
        "999999999 | 120",
        "99999999999999999999 | 120",
        "-1 | 0",
        "1.5 | 2",
        "4.7 | 5",
        "119.5 | 120",
        "120.5 | 120",
        "99999999999999999999.5 | 120",
        ".5 | 0",
        "1,5 | 0",
        "soon | 0",
        "Mon, 23 Nov 2026 22:57:31 GMT | 30",
        "Mon, 23 Nov 2026 22:56:31 GMT | 0",
        "Mon, 23 Nov 2037 22:56:31 GMT | 120",
        "Tue, 24 Nov 2026 99:00:00 GMT | 0",
      })
  void parse_takesSecondsAndDatesUpToTheBound(String value, long seconds) {
    assertThat(RetryAfter.parse(value, CLOCK)).isEqualTo(Duration.ofSeconds(seconds));
  }
}
