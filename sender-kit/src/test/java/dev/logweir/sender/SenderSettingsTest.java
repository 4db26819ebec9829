package dev.logweir.sender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.time.Duration;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class SenderSettingsTest {
  @Test
  void numbers_haveTheirBounds() {
    assertThat(SenderSettings.range("size", 2, 2, 5)).isEqualTo(2);
    assertThat(SenderSettings.range("size", 5, 2, 5)).isEqualTo(5);
    refused(() -> SenderSettings.range("size", 1, 2, 5), "size must be from 2 to 5: 1");
    refused(() -> SenderSettings.range("size", 6, 2, 5), "size must be from 2 to 5: 6");
    assertThat(SenderSettings.attempts(100)).isEqualTo(100);
    refused(() -> SenderSettings.attempts(0), "attempts must be from 1 to 100: 0");
    refused(() -> SenderSettings.attempts(101), "attempts must be from 1 to 100: 101");
  }

  @Test
  void times_haveTheirBounds() {
    assertThat(SenderSettings.timeout("time", Duration.ofMillis(1))).hasMillis(1);
    assertThat(SenderSettings.timeout("time", Duration.ofHours(1))).hasHours(1);
    assertThat(SenderSettings.longTimeout("time", Duration.ofHours(24))).hasHours(24);
    refused(
        () -> SenderSettings.timeout("time", Duration.ofNanos(999_999)),
        "time must be from 1 ms to 1 h: PT0.000999999S");
    refused(
        () -> SenderSettings.timeout("time", Duration.ofHours(1).plusNanos(1)),
        "time must be from 1 ms to 1 h: PT1H0.000000001S");
    refused(
        () -> SenderSettings.longTimeout("time", Duration.ofHours(25)),
        "time must be from 1 ms to 24 h: PT25H");
    assertThatNullPointerException()
        .isThrownBy(() -> SenderSettings.timeout("time", null))
        .withMessage("time");
  }

  @Test
  void id_isOneLineOfWellFormedText() {
    assertThat(SenderSettings.id("jobId", "a b \ud83d\ude00", 6)).isEqualTo("a b \ud83d\ude00");
    refused(() -> SenderSettings.id("jobId", " ", 6), "jobId must not be blank: ' '");
    refused(
        () -> SenderSettings.id("jobId", "1234567", 6), "jobId must have at most 6 characters: 7");
    refused(
        () -> SenderSettings.id("jobId", "a\nb", 6),
        "jobId must be one line without control characters: U+000A at 1");
    refused(
        () -> SenderSettings.id("jobId", "a\u2028b", 6),
        "jobId must be one line without control characters: U+2028 at 1");
    refused(
        () -> SenderSettings.id("jobId", "ab\ud83d", 6),
        "jobId must be well-formed text: U+D83D at 2");
    refused(
        () -> SenderSettings.id("jobId", "\ude00a", 6),
        "jobId must be well-formed text: U+DE00 at 0");
  }

  @Test
  void firstUnprintable_isTheFirstOutsideOfPrintableAscii() {
    assertThat(SenderSettings.firstUnprintable("a b~", ' ')).isEqualTo(-1);
    assertThat(SenderSettings.firstUnprintable("a b", '!')).isEqualTo(1);
    assertThat(SenderSettings.firstUnprintable("ab\u007f", ' ')).isEqualTo(2);
    assertThat(SenderSettings.firstUnprintable("", ' ')).isEqualTo(-1);
  }

  private static void refused(ThrowingCallable check, String message) {
    assertThatIllegalArgumentException().isThrownBy(check).withMessage(message);
  }
}
