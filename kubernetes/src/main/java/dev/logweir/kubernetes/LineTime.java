package dev.logweir.kubernetes;

import java.time.DateTimeException;
import java.time.LocalDate;

/**
 * The time in front of a line of a container's log, as RFC 3339 has it: with a fraction of up to
 * nine digits, and {@code Z} or any offset, as a node writes its local time. Used again for each
 * line: it takes no memory.
 */
final class LineTime {
  private static final int SECONDS_END = 19;
  private static final int MAX_DIGITS = 9;
  private static final int DAY_SECONDS = 86_400;
  private static final int MAX_OFFSET_SECONDS = 18 * 3_600;

  private byte[] bytes = new byte[0];
  private int at;
  private int end;
  private boolean wellFormed;
  private long day;
  private int dayOf;
  private long second;
  private int nanos;

  /**
   * Reads the time that begins a line.
   *
   * @return where it ends, behind the space that follows; -1 if there is no time
   */
  int read(byte[] line, int from, int to) {
    bytes = line;
    at = from;
    end = to;
    wellFormed = to - from > SECONDS_END;
    int year = number(4, 9_999, '-');
    int month = number(2, 12, '-');
    int dayOfMonth = number(2, 31, 't');
    int seconds = number(2, 23, ':') * 3_600 + number(2, 59, ':') * 60 + number(2, 59, '\0');
    nanos = fraction();
    seconds -= offset();
    boolean separated = at == end || bytes[at] == ' ' || bytes[at] == '\n';
    if (!wellFormed || !separated || !isDay(year, month, dayOfMonth)) {
      return -1;
    }
    second = day * DAY_SECONDS + seconds;
    return at < end && bytes[at] == ' ' ? at + 1 : at;
  }

  /** Returns the second since 1970 of the time that was read. */
  long second() {
    return second;
  }

  int nanos() {
    return nanos;
  }

  /** Reads a number of so many digits and the character behind it, if there is to be one. */
  private int number(int digits, int most, char behind) {
    int number = 0;
    for (int i = 0; i < digits; i++) {
      int digit = next() - '0';
      wellFormed &= digit >= 0 && digit <= 9;
      number = 10 * number + digit;
    }
    wellFormed &= number <= most && (behind == '\0' || lower(next()) == behind);
    return number;
  }

  private static int lower(int letter) {
    return letter == 'T' || letter == 'Z' ? letter + 'a' - 'A' : letter;
  }

  private int next() {
    return at < end ? bytes[at++] : -1;
  }

  private int fraction() {
    if (at == end || bytes[at] != '.') {
      return 0;
    }
    at++;
    int number = 0;
    int digits = 0;
    while (at < end && bytes[at] >= '0' && bytes[at] <= '9' && digits < MAX_DIGITS) {
      number = 10 * number + bytes[at++] - '0';
      digits++;
    }
    wellFormed &= digits > 0;
    for (; digits < MAX_DIGITS; digits++) {
      number *= 10;
    }
    return number;
  }

  /** Returns by how many seconds the time is ahead of UTC. */
  private int offset() {
    int sign = lower(next());
    if (sign == 'z') {
      return 0;
    }
    wellFormed &= sign == '+' || sign == '-';
    int seconds = number(2, 18, ':') * 3_600 + number(2, 59, '\0') * 60;
    wellFormed &= seconds <= MAX_OFFSET_SECONDS;
    return sign == '-' ? -seconds : seconds;
  }

  private boolean isDay(int year, int month, int dayOfMonth) {
    int date = (year * 100 + month) * 100 + dayOfMonth;
    if (date == dayOf) {
      return true;
    }
    try {
      day = LocalDate.of(year, month, dayOfMonth).toEpochDay();
    } catch (DateTimeException ignored) {
      return false; // such as the 31st of February
    }
    dayOf = date;
    return true;
  }
}
