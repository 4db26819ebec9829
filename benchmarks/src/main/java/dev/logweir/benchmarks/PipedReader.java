package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;

/**
 * What a careful user would write in an hour: a pipe of 256 KiB, and a thread that reads lines from
 * it with a {@code BufferedReader} and sends each. It loses nothing, but a writer waits for the
 * sender when the pipe is full.
 *
 * <p>A reader that found the pipe empty looks again after a second, unless the writer flushes
 * ({@code PipedInputStream.read} waits so): {@link Mode#PROMPT} flushes after each write. The
 * others do not, as that is faster while there is enough to write.
 */
final class PipedReader implements Pipeline {
  private static final int PIPE = 256 << 10;

  private final boolean flushes;
  private final PipedOutputStream out = new PipedOutputStream();
  private final Thread reader;

  PipedReader(LineSink sink, Mode mode) throws IOException {
    flushes = mode == Mode.PROMPT;
    PipedInputStream in = new PipedInputStream(out, PIPE);
    reader = new Thread(() -> read(in, sink), "pipe-reader");
    reader.start();
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    out.write(bytes, offset, length);
    if (flushes) {
      out.flush();
    }
  }

  @Override
  public void finish() throws IOException, InterruptedException {
    stop();
  }

  @Override
  public void stop() throws IOException, InterruptedException {
    out.close();
    reader.join();
  }

  private static void read(PipedInputStream in, LineSink sink) {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(in, UTF_8))) {
      lines
          .lines()
          .forEach(
              line -> {
                sink.line(line);
                sink.sent();
              });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
