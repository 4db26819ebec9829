package dev.logweir.examples;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * Writes what libraries log, from INFO on, as one line each to stderr, a failure with its text and
 * without its stack trace: most are a state of the network, which a trace says nothing about.
 *
 * <p>Thread-safe. Lines go to the {@link Console} of the run, so that they do not tear its
 * progress.
 */
public final class LogProvider implements SLF4JServiceProvider {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static volatile @Nullable Consumer<String> target;

  private final IMarkerFactory markers = new BasicMarkerFactory();
  private final MDCAdapter context = new NOPMDCAdapter();

  /** For the service loader. */
  public LogProvider() {}

  /** From now on lines go there; null for stderr. */
  static void to(@Nullable Consumer<String> lines) {
    target = lines;
  }

  @Override
  public ILoggerFactory getLoggerFactory() {
    return Lines::new;
  }

  @Override
  public IMarkerFactory getMarkerFactory() {
    return markers;
  }

  @Override
  public MDCAdapter getMDCAdapter() {
    return context;
  }

  @Override
  public String getRequestedApiVersion() {
    return "2.0.99";
  }

  @Override
  public void initialize() {}

  /** Returns the line for a message, with the texts of the failure and its causes. */
  static String line(Level level, String message, @Nullable Throwable failure) {
    StringBuilder line = new StringBuilder(level + " " + message);
    String last = message;
    int depth = 0;
    for (Throwable cause = failure; cause != null && depth < 4; cause = cause.getCause(), depth++) {
      String text =
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
      if (cause instanceof Error || cause instanceof RuntimeException) {
        // Not a state of the network: where it came from is worth the room.
        StackTraceElement[] trace = cause.getStackTrace();
        text =
            cause.getClass().getName() + ": " + text + (trace.length == 0 ? "" : " at " + trace[0]);
      }
      if (!last.contains(text)) {
        line.append(": ").append(text);
        last = text;
      }
    }
    return line.toString();
  }

  private static void print(String line) {
    Consumer<String> lines = target;
    if (lines != null) {
      lines.accept(line);
      return;
    }
    LOCK.lock();
    try {
      System.err.println(line);
    } finally {
      LOCK.unlock();
    }
  }

  private static final class Lines extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1L;

    Lines(String name) {
      this.name = name;
    }

    @Override
    protected @Nullable String getFullyQualifiedCallerName() {
      return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(
        Level level,
        @Nullable Marker marker,
        String message,
        Object[] values,
        @Nullable Throwable failure) {
      print(line(level, MessageFormatter.basicArrayFormat(message, values), failure));
    }

    @Override
    public boolean isTraceEnabled() {
      return false;
    }

    @Override
    public boolean isDebugEnabled() {
      return false;
    }

    @Override
    public boolean isInfoEnabled() {
      return true;
    }

    @Override
    public boolean isWarnEnabled() {
      return true;
    }

    @Override
    public boolean isErrorEnabled() {
      return true;
    }
  }
}
