package dev.logweir.testkit;

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

  List<byte[]> accepted() {
    return monitor.get(() -> List.copyOf(accepted));
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
