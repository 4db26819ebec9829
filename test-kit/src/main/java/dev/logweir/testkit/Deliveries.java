package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** What a server has read and answered. Thread-safe. */
final class Deliveries {
  private final ReentrantLock lock = new ReentrantLock();
  private final List<byte[]> accepted = new ArrayList<>();
  private int count;
  private long bytes;
  private long lastBytes;

  void read(long size) {
    with(
        () -> {
          count++;
          bytes += size;
          lastBytes = size;
        });
  }

  /** The server begins to answer, so that the sender may know of these lines. */
  void answer(List<byte[]> lines) {
    with(() -> accepted.addAll(lines));
  }

  void forget() {
    with(
        () -> {
          count = 0;
          bytes = 0;
          accepted.clear();
        });
  }

  List<String> accepted() {
    lock.lock();
    try {
      return accepted.stream().map(line -> new String(line, UTF_8)).toList();
    } finally {
      lock.unlock();
    }
  }

  byte[] acceptedBytes() {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    with(
        () -> {
          for (byte[] line : accepted) {
            all.writeBytes(line);
            all.write('\n');
          }
        });
    return all.toByteArray();
  }

  int count() {
    lock.lock();
    try {
      return count;
    } finally {
      lock.unlock();
    }
  }

  long bytes() {
    lock.lock();
    try {
      return bytes;
    } finally {
      lock.unlock();
    }
  }

  long lastBytes() {
    lock.lock();
    try {
      return lastBytes;
    } finally {
      lock.unlock();
    }
  }

  private void with(Runnable action) {
    lock.lock();
    try {
      action.run();
    } finally {
      lock.unlock();
    }
  }
}
