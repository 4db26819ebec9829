package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.InputStream;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/**
 * Reads two streams into the buffers of a job, a child's or any other two.
 *
 * <p>Each stream has a thread, and the caller waits for both: a read of a pipe that a descendant
 * holds open answers neither interrupt nor close, so that a caller that reads would be blocked as
 * long.
 */
final class ProcessPump {
  /*
   * Its parties are two readers, the caller of run, the thread that learns of the process's exit,
   * and the engine's timer. The lock guards what they share. It is a lock of this pump alone,
   * taken before the job's, and no stream is read or written under it.
   *
   * The caller waits until both readers have ended, or until it is detached: by an interrupt, or
   * by the timer once the process has exited and, for the grace, no reader brought bytes or had
   * any in hand. A detached reader may still be in a read. It finds out behind that (hold), gives
   * nothing more to the job, and ends. Both end the open line: detach, and a reader that had bytes
   * in hand meanwhile.
   */

  private static final int CHUNK = JobSettings.PUMP_BYTES / 2 - 64;
  private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** Enough for senders to get about what they get where nothing is dropped. */
  private static final int YIELDS = 4;

  private final Job job;
  private final JobDrain streams;
  private final boolean waits;
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.CALL);
  private final Condition changed = lock.newCondition();

  @GuardedBy("lock")
  private int reading = 2;

  /** Readers that have bytes in hand, and so are not held by a pipe. */
  @GuardedBy("lock")
  private int holding;

  @GuardedBy("lock")
  private boolean progressed;

  @GuardedBy("lock")
  private boolean detached;

  /** Made with the pump, as the caller must be released even if there is no memory. */
  private final EngineTimer grace =
      new EngineTimer() {
        @Override
        public void run() {
          graceOver();
        }
      };

  @GuardedBy("lock")
  private @Nullable SourceEnd outEnd;

  @GuardedBy("lock")
  private @Nullable SourceEnd errEnd;

  ProcessPump(Job job, JobDrain streams) {
    this.job = job;
    this.streams = streams;
    waits = job.settings.whenFull == WhenFull.WAIT;
  }

  PumpResult run(Process process) throws InterruptedException {
    CompletableFuture<Void> exit = process.onExit().thenRun(this::exited);
    try {
      return run(process.getInputStream(), process.getErrorStream());
    } finally {
      exit.cancel(false);
    }
  }

  PumpResult run(InputStream output, InputStream errors) throws InterruptedException {
    job.sources.pumpBegins();
    if (waits) {
      job.linesWait();
    }
    try {
      read(errors, LogSource.STDERR);
      read(output, LogSource.STDOUT);
      await();
    } finally {
      detach();
    }
    return result();
  }

  private void read(InputStream input, LogSource source) {
    String name = source == LogSource.STDOUT ? "stdout" : "stderr";
    try {
      DaemonThreads.thread("logweir-pump-" + name, () -> copy(input, source)).start();
    } catch (OutOfMemoryError e) {
      job.log.warn("{}: no thread to be had to read its {}: it is not shipped", name, null);
      readEnded(source, e);
      close(input);
    }
  }

  private SafeBuffer buffer(LogSource source) {
    return source == LogSource.STDOUT ? streams.stdout() : streams.stderr();
  }

  /** Reads a stream, whose code may throw anything, to its end. */
  private void copy(InputStream input, LogSource source) {
    SafeBuffer buffer = buffer(source);
    Throwable failure = null;
    try {
      byte[] chunk = new byte[CHUNK];
      int count = input.read(chunk);
      while (count >= 0 && pass(buffer, chunk, count)) {
        count = input.read(chunk);
      }
    } catch (Throwable e) {
      failure = e;
    } finally {
      readEnded(source, failure);
      if (failure != null) {
        close(input);
      }
    }
  }

  /** The reading has ended: the writer would wait for ever if the stream stayed open. */
  private static void close(InputStream input) {
    try {
      input.close();
    } catch (Throwable ignored) {
      // its code is foreign, and it is not used any more
    }
  }

  /**
   * Hands over what was read, unless the job has given up this reader: then it is not the job's.
   */
  private boolean pass(SafeBuffer buffer, byte[] chunk, int count) throws InterruptedException {
    boolean attached = hold(1);
    try {
      if (attached && waits) {
        if (new WaitingOutput(buffer).writeAll(chunk, 0, count) > 0) {
          throw new InterruptedException();
        }
      } else if (attached) {
        buffer.write(chunk, 0, count);
        if (buffer.isDropping() || job.places.isDropping()) {
          letOthersRun();
        }
      }
    } finally {
      if (!hold(-1) && attached) {
        buffer.endLine(); // it was given up meanwhile
      }
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

  private void readEnded(LogSource source, @Nullable Throwable failure) {
    if (failure != null) {
      job.log.debug("{}: {} in a read of its {}", Thrown.type(failure), source);
    }
    SourceEnd end = SourceEnd.of(source, failure);
    if (hold(1)) {
      buffer(source).endLine();
    }
    lock.lock();
    try {
      holding--;
      reading--;
      try {
        if (!detached) {
          ended(end);
        }
      } finally {
        // Whatever memory there is: the caller waits for it.
        if (reading == 0) {
          job.sources.pumpEnded();
        }
        changed.signalAll(); // the caller of run
      }
    } finally {
      lock.unlock();
    }
  }

  @GuardedBy("lock")
  private void ended(SourceEnd end) {
    if (end.source() == LogSource.STDOUT) {
      outEnd = end;
    } else {
      errEnd = end;
    }
    job.sources.sourceEnded(end);
  }

  /** A stream not read to its end by now was given up. */
  private PumpResult result() {
    lock.lock();
    try {
      return new PumpResult(Objects.requireNonNull(outEnd), Objects.requireNonNull(errEnd));
    } finally {
      lock.unlock();
    }
  }

  private void exited() {
    lock.lock();
    try {
      if (reading > 0 && !detached) {
        progressed = false;
        job.engine.time.set(grace, GRACE_NANOS);
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
        job.engine.time.set(grace, GRACE_NANOS);
        return;
      }
    } finally {
      lock.unlock();
    }
    detach();
  }

  private void await() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (reading > 0 && !detached) {
        lock.await(changed);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Gives up the readers that have not come to an end, and ends their lines. */
  private void detach() {
    boolean outOpen;
    boolean errOpen;
    lock.lock();
    try {
      if (detached) {
        return;
      }
      detached = true;
      outOpen = outEnd == null;
      errOpen = errEnd == null;
      if (outOpen) {
        ended(SourceEnd.of(LogSource.STDOUT, SourceEnd.Kind.LET_GO));
      }
      if (errOpen) {
        ended(SourceEnd.of(LogSource.STDERR, SourceEnd.Kind.LET_GO));
      }
      job.engine.time.cancel(grace);
    } finally {
      lock.unlock();
    }
    if (outOpen) {
      streams.stdout().endLine();
    }
    if (errOpen) {
      streams.stderr().endLine();
    }
    lock.lock();
    try {
      changed.signalAll(); // the caller of run
    } finally {
      lock.unlock();
    }
  }
}
