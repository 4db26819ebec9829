package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.OutputStream;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Writes a stream's lines in pieces that have nothing to do with them, and times each write. */
final class StressWriter extends Thread {
  private static final int MAX_PIECE = 12_000;
  private static final int BURST_LINES = 40;
  private static final long PACE_NANOS = 500_000;

  private final OutputStream target;
  private final StressLines lines;
  private final SplittableRandom random;
  private final int count;
  private final AtomicLong longestWrite;
  private volatile boolean stopped;
  private int written;
  private long bytes;
  private long lineEnds;
  private boolean midLine;
  private @Nullable Throwable failure;

  StressWriter(
      String name,
      OutputStream target,
      StressLines lines,
      long seed,
      int count,
      AtomicLong longestWrite) {
    super(name);
    this.target = target;
    this.lines = lines;
    random = new SplittableRandom(seed);
    this.count = count;
    this.longestWrite = longestWrite;
  }

  @Override
  public void run() {
    try {
      StringBuilder text = new StringBuilder();
      while (written < count && !stopped) {
        int burst = Math.min(count - written, 1 + random.nextInt(BURST_LINES));
        for (int i = 0; i < burst; i++) {
          lines.append(text, written + i);
        }
        if (written + burst == count && random.nextInt(3) == 0) {
          text.setLength(text.length() - 1); // the last line without a line end
        }
        write(text.toString().getBytes(US_ASCII));
        text.setLength(0);
        written += burst;
        if (random.nextInt(4) == 0) {
          LockSupport.parkNanos(random.nextLong(PACE_NANOS));
        }
      }
    } catch (Throwable e) {
      failure = e;
    }
  }

  private void write(byte[] all) throws IOException {
    int from = 0;
    while (from < all.length) {
      int length = Math.min(all.length - from, 1 + random.nextInt(MAX_PIECE));
      if (random.nextInt(8) == 0) {
        length = Math.min(length, 1 + random.nextInt(20));
      }
      long begun = System.nanoTime();
      target.write(all, from, length);
      long took = System.nanoTime() - begun;
      longestWrite.accumulateAndGet(took, Math::max);
      for (int i = from; i < from + length; i++) {
        lineEnds += all[i] == '\n' ? 1 : 0;
      }
      from += length;
      bytes += length;
      midLine = all[from - 1] != '\n';
    }
  }

  /** Ends soon. */
  void stop(boolean now) {
    stopped = now;
  }

  /** Returns how many lines with a number were written; after the thread has ended. */
  int written() {
    return written;
  }

  long bytes() {
    return bytes;
  }

  /** Returns the lines as accounts have them: one without a line end at the end is one. */
  long lines() {
    return lineEnds + (midLine ? 1 : 0);
  }

  @Nullable Throwable failure() {
    return failure;
  }
}
