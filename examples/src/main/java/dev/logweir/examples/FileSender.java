package dev.logweir.examples;

import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Appends lines to a file, each batch in one write. */
public final class FileSender implements BatchSender {
  private static final int MAX_BATCH_BYTES = 64 * 1024;

  private final OutputStream file;
  private final byte[] text = new byte[MAX_BATCH_BYTES];

  public FileSender(Path file) throws IOException {
    this.file = Files.newOutputStream(file, CREATE, APPEND);
  }

  @Override
  public void send(List<String> lines) throws IOException {
    LogBatch batch = LogBatch.of(lines);
    batch.call().written(); // if a write fails, a part may be in the file
    LineReader reader = batch.reader();
    for (int length = -1; length != 0; ) {
      length = reader.readLines(text, 0, text.length);
      file.write(text, 0, length);
    }
  }

  @Override
  public int maxBatchBytes() {
    return MAX_BATCH_BYTES; // so that text has room for a batch
  }

  @Override
  public long maxRetainedBytes() {
    return MAX_BATCH_BYTES + 1024;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
