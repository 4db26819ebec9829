package dev.logweir;

import java.util.HexFormat;
import java.util.Locale;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.event.Level;

/**
 * Writes each line as the sinks get it to a logger, as {@code stdout: text}.
 *
 * <p>Control characters other than the tab, line and paragraph separators, and what changes the
 * direction of a text are written as escapes, such as <code>&#92;u001b</code>, so that a job can
 * neither forge a line of the runner's own log nor steer a terminal. Thread-safe; one instance can
 * serve any number of jobs. Holds nothing between lines.
 */
public final class Slf4jEcho implements LogListener {
  private static final int ESCAPE_LENGTH = 6;
  private static final String[] NAMES = names();

  private final Logger logger;
  private final Level level;

  private Slf4jEcho(Logger logger, Level level) {
    this.logger = Objects.requireNonNull(logger, "logger");
    this.level = Objects.requireNonNull(level, "level");
  }

  /**
   * Returns an echo to a logger, at the level INFO.
   *
   * @throws NullPointerException if {@code logger} is null
   */
  public static Slf4jEcho to(Logger logger) {
    return new Slf4jEcho(logger, Level.INFO);
  }

  /**
   * Returns an echo to a logger.
   *
   * @throws NullPointerException if {@code logger} or {@code level} is null
   */
  public static Slf4jEcho to(Logger logger, Level level) {
    return new Slf4jEcho(logger, level);
  }

  @Override
  public void onLine(LogLine line) {
    if (LogLevels.isEnabled(logger, level)) {
      LogLevels.log(
          logger, level, "{}: {}", NAMES[line.source().ordinal()], withoutControls(line.text()));
    }
  }

  private static String withoutControls(String text) {
    int harmless = 0;
    while (harmless < text.length() && !isControl(text.charAt(harmless))) {
      harmless++;
    }
    if (harmless == text.length()) {
      return text;
    }
    StringBuilder escaped = new StringBuilder(text.length() + 8 * ESCAPE_LENGTH);
    escaped.append(text, 0, harmless);
    for (int i = harmless; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isControl(c)) {
        escaped.append("\\u").append(HexFormat.of().toHexDigits(c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static boolean isControl(char c) {
    return (c < ' ' && c != '\t')
        || (c >= 0x7F && c <= 0x9F)
        || c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || (c >= 0x2028 && c <= 0x202E)
        || (c >= 0x2066 && c <= 0x2069);
  }

  private static String[] names() {
    LogSource[] sources = LogSource.values();
    String[] names = new String[sources.length];
    for (LogSource source : sources) {
      names[source.ordinal()] = source.name().toLowerCase(Locale.ROOT);
    }
    return names;
  }
}
