package dev.logweir.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.StringLength;

/** Against the JDK's reading of the same text. */
class LineTimeProperties {
  private final LineTime time = new LineTime();

  @Property
  void read_isTheInstant_ofAnyOffset(
      @ForAll @LongRange(min = 0, max = 253_402_214_400L) long second,
      @ForAll @IntRange(max = 999_999_999) int nanos,
      @ForAll @IntRange(min = -1_080, max = 1_080) int offset,
      @ForAll boolean fraction) {
    Instant instant = Instant.ofEpochSecond(second, fraction ? nanos : 0);
    String text =
        DateTimeFormatter.ISO_OFFSET_DATE_TIME.format(
            instant.atOffset(ZoneOffset.ofTotalSeconds(60 * offset)));
    byte[] line = LogFile.utf8("__" + text + " text");
    assertThat(time.read(line, 2, line.length)).isEqualTo(2 + text.length() + 1);
    assertThat(Instant.ofEpochSecond(time.second(), time.nanos())).isEqualTo(instant);
  }

  /** A time with one of its characters changed. */
  @Property
  void read_takesNothingElse(
      @ForAll @IntRange(max = 34) int at,
      @ForAll @CharRange(from = ' ', to = '~') @Chars('\n') char other,
      @ForAll @StringLength(max = 3) String rest) {
    StringBuilder text = new StringBuilder("2026-11-28T10:00:00.123456789+02:00");
    text.setCharAt(at, other);
    String word = text.toString();
    byte[] line = LogFile.utf8(word + " " + rest);
    int end = time.read(line, 0, line.length);
    int space = (word + " ").indexOf(' ');
    if (end >= 0 && word.indexOf('\n') < 0) {
      assertThat(end).isEqualTo(space + 1);
      assertThat(Instant.ofEpochSecond(time.second(), time.nanos()))
          .isEqualTo(parsed(word.substring(0, space)));
    } else if (word.indexOf('\n') < 0) {
      assertThat(parsed(word.substring(0, space))).as(word).isNull();
    }
  }

  private static Instant parsed(String word) {
    if (!word.matches("(?s).*([zZ]|[+-][0-9]{2}:[0-9]{2})")) {
      return null; // the JDK takes an offset of hours alone, RFC 3339 does not
    }
    try {
      return OffsetDateTime.parse(word).toInstant();
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
