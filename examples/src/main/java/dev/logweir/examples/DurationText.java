package dev.logweir.examples;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A duration as typed: {@code 500ms}, {@code 2s}, {@code 1m30s}, {@code 0}. */
final class DurationText implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    try {
      if (lower.endsWith("ms")) {
        return Duration.ofMillis(Long.parseLong(lower.substring(0, lower.length() - 2)));
      }
      if (lower.equals("0")) {
        return Duration.ZERO;
      }
      return Duration.parse("PT" + lower);
    } catch (NumberFormatException | DateTimeParseException | ArithmeticException e) {
      throw new TypeConversionException(
          "'" + text + "' is not a duration such as 500ms, 2s or 1m30s");
    }
  }

  /** How it is typed, such as {@code 24h} or {@code 1m30s}. */
  static String of(Duration time) {
    if (time.isZero()) {
      return "0";
    }
    return time.compareTo(Duration.ofSeconds(1)) < 0 && !time.isNegative()
        ? time.toMillis() + "ms"
        : time.toString().substring(2).toLowerCase(Locale.ROOT);
  }
}
