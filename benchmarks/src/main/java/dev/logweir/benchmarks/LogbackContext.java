package dev.logweir.benchmarks;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;

/** Makes contexts of Logback that have nothing to do with the logging of this program. */
final class LogbackContext {
  private LogbackContext() {}

  static LoggerContext create() {
    LoggerContext context = new LoggerContext();
    // Without it every event fails, and is lost without a word.
    context.setMDCAdapter(new LogbackMDCAdapter());
    context.setName("peer");
    context.start();
    return context;
  }
}
