package dev.logweir.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A runner of child processes on {@link SynchronousPort}, the plain design, with sends that hang:
 * {@code PlainRunner JOBS MAXSIZE BYTES_PER_SECOND COMMAND...}. Reads so much of all jobs together,
 * and runs until it is ended.
 */
final class PlainRunner {
  private static final Duration TICK = Duration.ofMillis(50);
  private static final int CHUNK = 4096;

  private PlainRunner() {}

  /** Runs. */
  public static void main(String[] args) throws IOException {
    int jobs = Integer.parseInt(args[0]);
    int maxSize = Integer.parseInt(args[1]);
    long nanosPerByte = TimeUnit.SECONDS.toNanos(1) * jobs / Long.parseLong(args[2]);
    List<String> command = Arrays.asList(args).subList(3, args.length);
    CountDownLatch never = new CountDownLatch(1);
    ExecutorService readers = Executors.newFixedThreadPool(jobs);
    for (int i = 0; i < jobs; i++) {
      SynchronousPort port = new SynchronousPort(maxSize, TICK, lines -> hang(never));
      Process child =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      readers.execute(() -> read(child.getInputStream(), port.stdout(), nanosPerByte));
    }
  }

  private static void read(InputStream in, PlainBuffer buffer, long nanosPerByte) {
    byte[] chunk = new byte[CHUNK];
    long due = System.nanoTime();
    try {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        buffer.write(chunk, 0, count);
        due += count * nanosPerByte;
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void hang(CountDownLatch never) {
    try {
      never.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
