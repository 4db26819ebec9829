package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.AsyncAppender;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import org.jspecify.annotations.Nullable;

/**
 * Logback's {@code AsyncAppender} in front of an appender that sends: each line is logged as a
 * message at INFO.
 *
 * <p>Nothing is lost with {@code discardingThreshold} 0, as a full queue then holds the writer back
 * ({@code neverBlock} is false), says <a
 * href="https://logback.qos.ch/manual/appenders.html#AsyncAppender">its manual</a>; {@code
 * maxFlushTime} 0 waits at the end for the rest. Caller data, the expensive part of an event by the
 * manual, is off, as by default. For least cost the queue has room for 8,192 events, not 256; for
 * least time too, so that a burst does not make the writer wait.
 */
final class LogbackAsync implements Pipeline {
  private static final int QUEUE = 8_192;

  private final LoggerContext context = LogbackContext.create();
  private final LineSplitter lines;

  LogbackAsync(LineSink sink, Mode mode) {
    this(sink, mode, false);
  }

  /**
   * @param masks whether the layout replaces the secrets by a regular expression, as <a
   *     href="https://logback.qos.ch/manual/layouts.html#replace">its manual</a> shows
   */
  LogbackAsync(LineSink sink, Mode mode, boolean masks) {
    Sender sender = new Sender(sink, masks ? maskingLayout(context) : null);
    sender.setContext(context);
    sender.start();
    AsyncAppender async = new AsyncAppender();
    async.setContext(context);
    if (mode != Mode.DEFAULTS) {
      async.setQueueSize(QUEUE);
      async.setDiscardingThreshold(0);
      async.setMaxFlushTime(0);
    }
    async.addAppender(sender);
    async.start();
    Logger logger = context.getLogger("job");
    logger.addAppender(async);
    lines =
        new LineSplitter(
            (bytes, offset, length) -> logger.info(new String(bytes, offset, length, UTF_8)));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    lines.write(bytes, offset, length);
  }

  @Override
  public void finish() {
    context.stop();
  }

  @Override
  public void stop() {
    context.stop();
  }

  private static PatternLayout maskingLayout(LoggerContext context) {
    PatternLayout layout = new PatternLayout();
    layout.setContext(context);
    String secrets = String.join("|", Secrets.all());
    layout.setPattern("%replace(%msg){'" + secrets + "', '" + Secrets.MASK + "'}");
    layout.start();
    return layout;
  }

  private static final class Sender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private final LineSink sink;
    private final @Nullable PatternLayout layout;

    Sender(LineSink sink, @Nullable PatternLayout layout) {
      this.sink = sink;
      this.layout = layout;
    }

    @Override
    protected void append(ILoggingEvent event) {
      sink.line(layout == null ? event.getFormattedMessage() : layout.doLayout(event));
      sink.sent();
    }
  }
}
