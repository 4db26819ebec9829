package dev.logweir.benchmarks;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import zipkin2.reporter.AsyncReporter;
import zipkin2.reporter.BytesEncoder;
import zipkin2.reporter.BytesMessageSender;
import zipkin2.reporter.Encoding;

/**
 * zipkin-reporter's {@code AsyncReporter}, whose span is a line's bytes, encoded by doing nothing.
 *
 * <p>A message goes when {@code messageMaxBytes} are there or its first line is {@code
 * messageTimeout} (1 s) old; {@code queuedMaxSpans} (10,000) bounds the lines that wait, and more
 * are dropped, says <a href="https://github.com/openzipkin/zipkin-reporter-java#tuning">its
 * documentation</a>, which also advises a smaller {@code messageMaxBytes} against the CPU that
 * large messages cost: so both 16 KiB and 256 KiB are measured. Its encoding is the one without
 * overhead for a line, {@code PROTO3}. For least cost the queue is large enough to fill two
 * messages with short lines.
 */
final class ZipkinReporter implements Pipeline {
  private static final int QUEUE = 100_000;
  private static final int WINDOW = 80_000;

  private final Window window;
  private final AsyncReporter<byte[]> reporter;
  private final LineSplitter lines;

  ZipkinReporter(LineSink sink, Mode mode, int messageBytes) {
    window = mode == Mode.LOSSLESS ? new Window(WINDOW) : Window.open();
    AsyncReporter.Builder builder = AsyncReporter.builder(new Sender(sink, window, messageBytes));
    if (mode == Mode.LOSSLESS) {
      builder.queuedMaxSpans(QUEUE).closeTimeout(10, TimeUnit.SECONDS);
    } else if (mode == Mode.PROMPT) {
      builder.messageTimeout(1, TimeUnit.MILLISECONDS);
    }
    reporter = builder.build(new Bytes());
    lines =
        new LineSplitter(
            (bytes, offset, length) -> {
              window.begin();
              reporter.report(Arrays.copyOfRange(bytes, offset, offset + length));
            });
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws InterruptedException {
    lines.write(bytes, offset, length);
  }

  @Override
  public void finish() throws InterruptedException {
    window.awaitAll();
    reporter.close();
  }

  @Override
  public void stop() {
    reporter.close();
  }

  private static final class Bytes implements BytesEncoder<byte[]> {
    @Override
    public Encoding encoding() {
      return Encoding.PROTO3;
    }

    @Override
    public int sizeInBytes(byte[] line) {
      return line.length;
    }

    @Override
    public byte[] encode(byte[] line) {
      return line;
    }
  }

  private static final class Sender extends BytesMessageSender.Base {
    private final LineSink sink;
    private final Window window;
    private final int messageBytes;

    Sender(LineSink sink, Window window, int messageBytes) {
      super(Encoding.PROTO3);
      this.sink = sink;
      this.window = window;
      this.messageBytes = messageBytes;
    }

    @Override
    public int messageMaxBytes() {
      return messageBytes;
    }

    @Override
    public void send(List<byte[]> message) {
      for (byte[] line : message) {
        sink.line(line, 0, line.length);
      }
      sink.sent();
      window.end(message.size());
    }

    @Override
    public void close() {}
  }
}
