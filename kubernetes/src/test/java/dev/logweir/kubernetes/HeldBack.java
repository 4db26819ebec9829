package dev.logweir.kubernetes;

import dev.logweir.BatchSender;
import dev.logweir.LogStreamer;
import dev.logweir.WhenFull;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A command that writes more than a log, a frame and the kernel's buffers hold, into a log that
 * waits for a sender that takes nothing until it is released.
 */
final class HeldBack {
  /** What the command writes, at least. */
  static final int TOTAL_BYTES = 8 << 20;

  private static final byte[] CHUNK =
      "0123456789abcde\n".repeat(1_000).getBytes(StandardCharsets.UTF_8);

  /** What the server could send. */
  final AtomicLong offered = new AtomicLong();

  /** What the sender has taken. */
  final AtomicLong taken = new AtomicLong();

  final CountDownLatch release = new CountDownLatch(1);

  /** Lets the next command write as long as it may. */
  void runOn(FakeKubernetes server) {
    server.exec(
        e -> {
          e.upgrade();
          while (offered.get() < TOTAL_BYTES) {
            e.stdout(CHUNK);
            offered.addAndGet(CHUNK.length);
          }
          e.exit(0).close(1000);
        });
  }

  LogStreamer log() {
    BatchSender slow =
        lines -> {
          release.await();
          lines.forEach(line -> taken.addAndGet(line.length() + 1));
        };
    return LogStreamer.builder(slow).maxSize(64 << 10).whenFull(WhenFull.WAIT).start();
  }
}
