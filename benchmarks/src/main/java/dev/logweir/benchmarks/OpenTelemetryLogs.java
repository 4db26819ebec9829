package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.api.common.Value;
import io.opentelemetry.api.logs.Logger;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessorBuilder;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.regex.Pattern;

/**
 * OpenTelemetry's {@code BatchLogRecordProcessor}: a record for each line with the line as its body
 * and nothing else, exported in batches.
 *
 * <p>Its queue is bounded by records (2,048) and drops what does not fit; a batch goes when it has
 * {@code maxExportBatchSize} records (512) or is {@code scheduleDelay} (1 s) old, as <a
 * href="https://opentelemetry.io/docs/specs/otel/logs/sdk/#batching-processor">its
 * specification</a> says. With both larger, 8,192 and 32,768 records, a line cost no less, so they
 * stay; for least time a batch is one record, so that none waits for the delay.
 */
final class OpenTelemetryLogs implements Pipeline {
  private static final int QUEUE = 2_048;
  private static final Pattern SECRETS = Pattern.compile(String.join("|", Secrets.all()));

  private final Window window;
  private final SdkLoggerProvider provider;
  private final LineSplitter lines;

  OpenTelemetryLogs(LineSink sink, Mode mode) {
    this(sink, mode, false);
  }

  /**
   * @param masks whether the exporter replaces the secrets by a regular expression, as a record is
   *     read-only in it and a processor cannot change its body
   */
  OpenTelemetryLogs(LineSink sink, Mode mode, boolean masks) {
    window = mode == Mode.LOSSLESS ? new Window(QUEUE) : Window.open();
    BatchLogRecordProcessorBuilder processor =
        BatchLogRecordProcessor.builder(new Exporter(sink, window, masks));
    if (mode == Mode.PROMPT) {
      processor.setMaxExportBatchSize(1).setScheduleDelay(Duration.ofMillis(1));
    }
    provider = SdkLoggerProvider.builder().addLogRecordProcessor(processor.build()).build();
    Logger logger = provider.get("job");
    lines =
        new LineSplitter(
            (bytes, offset, length) -> {
              window.begin();
              logger.logRecordBuilder().setBody(new String(bytes, offset, length, UTF_8)).emit();
            });
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    lines.write(bytes, offset, length);
  }

  @Override
  public void finish() throws InterruptedException {
    provider.forceFlush();
    window.awaitAll();
    provider.close();
  }

  @Override
  public void stop() {
    provider.close();
  }

  private record Exporter(LineSink sink, Window window, boolean masks)
      implements LogRecordExporter {
    @Override
    public CompletableResultCode export(Collection<LogRecordData> logs) {
      for (LogRecordData log : logs) {
        Value<?> body = log.getBodyValue();
        String text = body == null ? "" : body.asString();
        sink.line(masks ? SECRETS.matcher(text).replaceAll(Secrets.MASK) : text);
      }
      sink.sent();
      window.end(logs.size());
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode flush() {
      return CompletableResultCode.ofSuccess();
    }

    @Override
    public CompletableResultCode shutdown() {
      return CompletableResultCode.ofSuccess();
    }
  }
}
