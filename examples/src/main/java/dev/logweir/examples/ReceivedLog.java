package dev.logweir.examples;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What the embedded endpoint took for one job: sums, and a file if there is a folder for it.
 *
 * <p>A request is first written to a file of its own and joined to the job's when it was found to
 * be in order, so that a broken or refused one leaves nothing. Thread-safe.
 */
final class ReceivedLog {
  private final ReentrantLock lock = new ReentrantLock();
  private final long number;
  private final @Nullable Path file;
  private long requests;
  private long lines;
  private long bytes;
  private @Nullable String outcome;

  ReceivedLog(long number, @Nullable Path file) {
    this.number = number;
    this.file = file;
  }

  /**
   * Sums at one time; {@code bytes} has one for each line's end, {@code outcome} is null before.
   */
  record Sums(long requests, long lines, long bytes, @Nullable String outcome) {}

  /** Where the lines of one request wait for its end. */
  static final class Staged implements AutoCloseable {
    private final @Nullable Path file;
    private final OutputStream out;

    private Staged(@Nullable Path file, OutputStream out) {
      this.file = file;
      this.out = out;
    }

    /** In a file of its own in {@code folder}; without one the lines are let go. */
    static Staged in(@Nullable Path folder) throws IOException {
      if (folder == null) {
        return new Staged(null, OutputStream.nullOutputStream());
      }
      Path file = Files.createTempFile(folder, ".request-", null);
      return new Staged(file, new BufferedOutputStream(Files.newOutputStream(file)));
    }

    OutputStream out() {
      return out;
    }

    @Override
    public void close() throws IOException {
      out.close();
      if (file != null) {
        Files.deleteIfExists(file);
      }
    }
  }

  long number() {
    return number;
  }

  /** Takes over a log's request; says why not, or null. */
  @Nullable String append(ReceivedMutation mutation, Staged staged) throws IOException {
    staged.out().flush();
    lock.lock();
    try {
      if (outcome != null) {
        return "runnerJobId: the job has ended: " + outcome;
      }
      if (file != null && staged.file != null) {
        join(staged.file, file);
      }
      requests++;
      lines += mutation.lines();
      bytes += mutation.bytes();
      return null;
    } finally {
      lock.unlock();
    }
  }

  /** Takes the outcome; says why not, or null. The same one again is taken: it may be a retry. */
  @Nullable String end(String reported) {
    lock.lock();
    try {
      if (outcome != null && !outcome.equals(reported)) {
        return "outcome: is already " + outcome;
      }
      outcome = reported;
      return null;
    } finally {
      lock.unlock();
    }
  }

  Sums sums() {
    lock.lock();
    try {
      return new Sums(requests, lines, bytes, outcome);
    } finally {
      lock.unlock();
    }
  }

  private static void join(Path from, Path to) throws IOException {
    try (FileChannel source = FileChannel.open(from, StandardOpenOption.READ);
        FileChannel target =
            FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long start = target.size();
      long size = source.size();
      for (long done = 0; done < size; ) {
        done += target.transferFrom(source, start + done, size - done);
      }
    }
  }
}
