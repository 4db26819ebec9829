package dev.logweir.kubernetes;

import dev.logweir.ForeignText;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;

/** Checks of what builders are given. */
final class Settings {
  private static final Duration MIN_TIME = Duration.ofMillis(1);
  private static final Duration MAX_TIME = Duration.ofDays(7);

  /** What names of Kubernetes look like: so that none can change a path. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private Settings() {}

  static String name(String setting, String name) {
    Objects.requireNonNull(name, setting);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          setting + " must be 1 to 253 of a-z, 0-9, '-' and '.': " + ForeignText.shortened(name));
    }
    return name;
  }

  static Duration time(String setting, Duration value) {
    Objects.requireNonNull(value, setting);
    if (value.compareTo(MIN_TIME) < 0 || value.compareTo(MAX_TIME) > 0) {
      throw new IllegalArgumentException(setting + " must be from 1 ms to 7 days: " + value);
    }
    return value;
  }
}
