package dev.logweir;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the two streams of a child process into the buffers of a job.
 *
 * <p>Each stream has a thread, and the caller waits for both: a read of a pipe that a descendant
 * holds open answers neither interrupt nor close, so that a caller who read would be held as long.
 */
final class ProcessPump {
  private static final Logger LOG = LoggerFactory.getLogger(LogStreamer.class);

  /** Two buffers, with their headers. */
  static final int BYTES = 16 << 10;

  private static final int CHUNK = BYTES / 2 - 64;
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Enough for senders to get about what they get where nothing is dropped. */
  private static final int YIELDS = 4;

  private final Job job;
  private final JobDrain streams;
  private final Process process;
  private final boolean waits;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int reading = 2;

  /** Readers that have bytes in hand, and so are not held by a pipe. */
  private int holding;

  private boolean progressed;
  private boolean detached;
  private Time.@Nullable Entry grace;

  ProcessPump(Job job, JobDrain streams, Process process) {
    this.job = job;
    this.streams = streams;
    this.process = process;
    waits = job.settings.whenFull == WhenFull.WAIT;
  }

  void run() throws InterruptedException {
    job.pumpBegins(BYTES);
    if (waits) {
      job.linesWait();
    }
    CompletableFuture<Void> exit = process.onExit().thenRun(this::exited);
    try {
      read(process.getErrorStream(), streams.stderr(), "stderr");
      read(process.getInputStream(), streams.stdout(), "stdout");
      await();
    } finally {
      exit.cancel(false);
      detach();
    }
  }

  private void read(InputStream input, SafeBuffer buffer, String name) {
    Thread thread = DaemonThreads.thread("logweir-pump-" + name, () -> copy(input, buffer));
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      LOG.warn("No thread to be had to read a child's {}: it is not shipped", name, e);
      readEnded();
    }
  }

  private void copy(InputStream input, SafeBuffer buffer) {
    byte[] chunk = new byte[CHUNK];
    try {
      int count = input.read(chunk);
      while (count >= 0) {
        if (!pass(buffer, chunk, count)) {
          return;
        }
        count = input.read(chunk);
      }
    } catch (IOException e) {
      LOG.debug("A child's stream ended with an error", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      readEnded();
    }
  }

  /** Hands over what was read, unless the job has let this reader go: then it is not the job's. */
  private boolean pass(SafeBuffer buffer, byte[] chunk, int count) throws InterruptedException {
    boolean attached = hold(1);
    try {
      if (attached && waits) {
        buffer.writeWaiting(chunk, count);
      } else if (attached) {
        buffer.write(chunk, 0, count);
        if (buffer.isDropping() || job.isDropping()) {
          letOthersRun();
        }
      }
    } finally {
      hold(-1);
    }
    return attached;
  }

  /** What drops takes no processor from what ships: on a busy machine it would starve it. */
  @SuppressWarnings("ThreadPriorityCheck") // a hint is all it has to be
  private static void letOthersRun() {
    for (int i = 0; i < YIELDS; i++) {
      Thread.yield();
    }
  }

  private boolean hold(int more) {
    lock.lock();
    try {
      holding += more;
      progressed = true;
      return !detached;
    } finally {
      lock.unlock();
    }
  }

  private void readEnded() {
    lock.lock();
    try {
      reading--;
      if (reading == 0) {
        job.pumpEnded();
      }
      changed.signalAll(); // the caller of run
    } finally {
      lock.unlock();
    }
  }

  private void exited() {
    lock.lock();
    try {
      if (reading > 0 && !detached) {
        progressed = false;
        grace = job.engine.time.schedule(this::graceOver, GRACE_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  /** A reader that still brings bytes, or is held by a full buffer, gets another grace. */
  private void graceOver() {
    lock.lock();
    try {
      if (reading > 0 && !detached && (progressed || holding > 0)) {
        progressed = false;
        grace = job.engine.time.schedule(this::graceOver, GRACE_NANOS);
      } else {
        detach();
      }
    } finally {
      lock.unlock();
    }
  }

  private void await() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (reading > 0 && !detached) {
        changed.await();
      }
    } finally {
      lock.unlock();
    }
  }

  private void detach() {
    lock.lock();
    try {
      detached = true;
      if (grace != null) {
        grace.cancel();
      }
      changed.signalAll(); // the caller of run
    } finally {
      lock.unlock();
    }
  }
}
