package dev.logweir;

import org.slf4j.Logger;
import org.slf4j.event.Level;

/** Logging at a level that is known at run time only, by what SLF4J has had since 1.7. */
final class LogLevels {
  private LogLevels() {}

  static boolean isEnabled(Logger logger, Level level) {
    return switch (level) {
      case ERROR -> logger.isErrorEnabled();
      case WARN -> logger.isWarnEnabled();
      case INFO -> logger.isInfoEnabled();
      case DEBUG -> logger.isDebugEnabled();
      case TRACE -> logger.isTraceEnabled();
    };
  }

  static void log(Logger logger, Level level, String format, Object... arguments) {
    switch (level) {
      case ERROR -> logger.error(format, arguments);
      case WARN -> logger.warn(format, arguments);
      case INFO -> logger.info(format, arguments);
      case DEBUG -> logger.debug(format, arguments);
      case TRACE -> logger.trace(format, arguments);
    }
  }
}
