package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** What a server has read and answered. Thread-safe. */
final class Deliveries {
  private final Monitor monitor = new Monitor();
  private final List<byte[]> accepted = new ArrayList<>();
  private int count;
  private long bytes;
  private long lastBytes;

  void read(long size) {
    monitor.run(
        () -> {
          count++;
          bytes += size;
          lastBytes = size;
        });
  }

  /** The server begins to answer, so that the sender may know of these lines. */
  void answer(List<byte[]> lines) {
    monitor.run(() -> accepted.addAll(lines));
  }

  void forget() {
    monitor.run(
        () -> {
          count = 0;
          bytes = 0;
          accepted.clear();
        });
  }

  List<String> accepted() {
    return monitor.get(() -> accepted.stream().map(line -> new String(line, UTF_8)).toList());
  }

  byte[] acceptedBytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    monitor.run(
        () -> {
          for (byte[] line : accepted) {
            all.writeBytes(line);
            all.write('\n');
          }
        });
    return all.toByteArray();
  }

  int count() {
    return monitor.get(() -> count);
  }

  long bytes() {
    return monitor.get(() -> bytes);
  }

  long lastBytes() {
    return monitor.get(() -> lastBytes);
  }
}
