package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import com.github.loki4j.client.http.HttpConfig;
import com.github.loki4j.client.http.Loki4jHttpClient;
import com.github.loki4j.client.http.LokiResponse;
import com.github.loki4j.logback.HttpSender;
import com.github.loki4j.logback.Loki4jAppender;
import com.github.loki4j.logback.PipelineConfigAppenderBase.BatchCfg;
import com.github.loki4j.logback.PipelineConfigAppenderBase.HttpCfg;
import java.nio.ByteBuffer;
import java.util.function.Function;

/**
 * {@code loki-logback-appender}: each line is logged as a message at INFO, and a batch of them is
 * encoded as JSON for Loki. The sender here takes the lines out of the JSON again, which is part of
 * what is measured.
 *
 * <p>By <a href="https://loki4j.github.io/loki-logback-appender/docs/configuration">its
 * documentation</a>: {@code staticLabels} computes labels once and not for each record, {@code
 * structuredMetadata} is off, and the pattern is the message alone. Bounds are by default those of
 * a batch (1,000 records) and of the queue of encoded batches (40 MiB); records in front of that
 * are not bounded. Its threads look for work every {@code internalQueuesCheckTimeoutMs} (25 ms).
 * For least cost they look every 5 ms, as at 25 ms the queue runs empty and the writer waits, and
 * buffers are on the heap ({@code useDirectBuffers}), as it keeps only one of them for the next
 * batch. For least time a batch is one record, and they look each millisecond.
 */
final class Loki4j implements Pipeline {
  private static final int WINDOW = 20_000;
  private static final int CHECK_MILLIS = 5;

  private final Window window;
  private final LoggerContext context = LogbackContext.create();
  private final LineSplitter lines;

  Loki4j(LineSink sink, Mode mode) {
    window = mode == Mode.LOSSLESS ? new Window(WINDOW) : Window.open();
    Loki4jAppender appender = new Loki4jAppender();
    appender.setContext(context);
    appender.setLabels("app=job");
    appender.setStructuredMetadata("off");
    PatternLayout message = new PatternLayout();
    message.setPattern("%msg");
    appender.setMessage(message);
    BatchCfg batch = new BatchCfg();
    batch.setStaticLabels(true);
    if (mode == Mode.LOSSLESS) {
      batch.setTimeoutMs(100);
      batch.setUseDirectBuffers(false);
      batch.setInternalQueuesCheckTimeoutMs(CHECK_MILLIS);
    } else if (mode == Mode.PROMPT) {
      batch.setMaxItems(1);
      batch.setInternalQueuesCheckTimeoutMs(1);
    }
    appender.setBatch(batch);
    HttpCfg http = new HttpCfg();
    http.setSender(new Sender(sink, window));
    appender.setHttp(http);
    appender.start();
    Logger logger = context.getLogger("job");
    logger.addAppender(appender);
    lines =
        new LineSplitter(
            (bytes, offset, length) -> {
              window.begin();
              logger.info(new String(bytes, offset, length, UTF_8));
            });
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    lines.write(bytes, offset, length);
  }

  @Override
  public void finish() throws InterruptedException {
    window.awaitAll();
    context.stop();
  }

  @Override
  public void stop() {
    context.stop();
  }

  private record Sender(LineSink sink, Window window) implements HttpSender {
    @Override
    public HttpConfig.Builder getConfig() {
      return HttpConfig.builder();
    }

    @Override
    public Function<HttpConfig, Loki4jHttpClient> getHttpClientFactory() {
      return config -> new Client(config, new LokiBody(sink), window);
    }
  }

  private record Client(HttpConfig config, LokiBody body, Window window)
      implements Loki4jHttpClient {
    @Override
    public HttpConfig getConfig() {
      return config;
    }

    @Override
    public LokiResponse send(ByteBuffer batch) {
      window.end(body.read(batch));
      return new LokiResponse(204, "");
    }

    @Override
    public void close() {}
  }
}
