package dev.logweir.kubernetes;

import java.util.Objects;
import java.util.regex.Pattern;

/** What names of Kubernetes look like: so that none can change a path. */
final class PodNames {
  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?");

  private PodNames() {}

  static String check(String setting, String name) {
    Objects.requireNonNull(name, setting);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          setting + " must be 1 to 253 of a-z, 0-9, '-' and '.': " + Printable.of(name));
    }
    return name;
  }
}
