package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SafeBuffer;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Question: what does a write of 4 KiB cost the job, beside a copy of 4 KiB and the scan of it?
 *
 * <p>Workload: {@value #WRITES} writes of lines, which fit; an operation is a write. Nothing else
 * runs meanwhile: what has gathered is drained and sent between the invocations, and not measured.
 *
 * <ul>
 *   <li>{@code copy}, {@code copyAndCount}: the same bytes into as many arrays of 4 KiB, one after
 *       the other; and the line ends in the copies counted
 *   <li>{@code toBatch}: one sink and nobody who looks at lines, so that they go past the buffer
 *   <li>{@code toBuffer}: a processor looks at the lines, and is busy with the first one
 *   <li>{@code toBatchByTurns}, {@code toBufferByTurns}: the same, each write to the other stream
 * </ul>
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar WriteBenchmark -prof gc}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(WriteBenchmark.WRITES)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class WriteBenchmark {
  static final int WRITES = 48;

  private static final int MAX_SIZE = 256 << 10;

  /** Measures the copy alone. */
  @Benchmark
  public byte copy(Arrays state) {
    return state.copy();
  }

  /** Measures the copy and a count of the line ends. */
  @Benchmark
  public int copyAndCount(Arrays state) {
    return state.copyAndCount();
  }

  /** Measures writes that go past the buffer. */
  @Benchmark
  public void toBatch(ToBatch state) {
    state.write();
  }

  /** Measures writes into the buffer. */
  @Benchmark
  public void toBuffer(ToBuffer state) {
    state.write();
  }

  /** Measures writes that go past the buffers, to both streams by turns. */
  @Benchmark
  public void toBatchByTurns(ToBatch state) {
    state.writeByTurns();
  }

  /** Measures writes into the buffers, to both streams by turns. */
  @Benchmark
  public void toBufferByTurns(ToBuffer state) {
    state.writeByTurns();
  }

  /** The bytes of all writes. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public abstract static class Source {
    /** Length of a line in bytes with its line end. */
    @Param({"100", "10", "1024"})
    public String line;

    byte[] bytes;

    Source() {}

    /** Makes the bytes. */
    @Setup
    public void makeBytes() {
      bytes = Workload.of(line).bytes();
    }

    /** Returns where the bytes of a write begin. */
    int offset(int write) {
      return write * Workload.CHUNK % bytes.length;
    }
  }

  /** Where the floor copies to. */
  public static class Arrays extends Source {
    private final byte[][] arrays = new byte[WRITES][Workload.CHUNK];

    /** Creates it, as JMH does. */
    public Arrays() {}

    byte copy() {
      byte last = 0;
      for (int write = 0; write < WRITES; write++) {
        System.arraycopy(bytes, offset(write), arrays[write], 0, Workload.CHUNK);
        last += arrays[write][Workload.CHUNK - 1];
      }
      return last;
    }

    int copyAndCount() {
      int count = 0;
      for (int write = 0; write < WRITES; write++) {
        System.arraycopy(bytes, offset(write), arrays[write], 0, Workload.CHUNK);
        count += Floor.count(arrays[write]);
      }
      return count;
    }
  }

  /** A job where lines go past the buffer. */
  public static class ToBatch extends Job {
    /** Creates it, as JMH does. */
    public ToBatch() {}

    @Override
    LogStreamer.Builder with(LogStreamer.Builder builder) {
      return builder;
    }
  }

  /** A job whose drain is busy while it writes. */
  public static class ToBuffer extends Job {
    private static final byte[] LINE_END = {'\n'};

    private final Semaphore begun = new Semaphore(0);
    private final Semaphore go = new Semaphore(0);
    private volatile boolean occupied;

    /** Creates it, as JMH does. */
    public ToBuffer() {}

    @Override
    LogStreamer.Builder with(LogStreamer.Builder builder) {
      return builder.processor(
          line -> {
            if (occupied) {
              occupied = false;
              begun.release();
              go.acquire();
            }
          });
    }

    /** Ends a line and waits until the drain has it. */
    @Setup(Level.Invocation)
    public void occupyDrain() throws InterruptedException {
      occupied = true;
      write(LINE_END, 0, 1);
      begun.acquire();
    }

    @Override
    public void send() throws InterruptedException {
      go.release();
      super.send();
    }
  }

  /** A job whose sends wait until the writes are over. */
  @SuppressWarnings("NullAway.Init")
  public abstract static class Job extends Source {
    private final Queue<Runnable> sends = new ArrayDeque<>();
    private LogweirEngine engine;
    private LogStreamer log;
    private SafeBuffer stdout;
    private SafeBuffer stderr;
    private long written;
    private long sent;

    Job() {}

    abstract LogStreamer.Builder with(LogStreamer.Builder builder);

    /** Starts the job. */
    @Setup
    public void start() {
      BatchSender sender = lines -> sent += LogBatch.of(lines).byteCount();
      engine = LogweirEngine.builder().sendExecutor(sends::add).build();
      log = with(LogStreamer.builder(sender).engine(engine).maxSize(MAX_SIZE)).start();
      stdout = log.stdout();
      stderr = log.stderr();
    }

    void write() {
      for (int write = 0; write < WRITES; write++) {
        write(bytes, offset(write), Workload.CHUNK);
      }
    }

    void writeByTurns() {
      for (int write = 0; write < WRITES; write++) {
        SafeBuffer stream = write % 2 == 0 ? stdout : stderr;
        stream.write(bytes, offset(write), Workload.CHUNK);
        written += Workload.CHUNK;
      }
    }

    final void write(byte[] source, int offset, int length) {
      stdout.write(source, offset, length);
      written += length;
    }

    /** Sends what was written. */
    @TearDown(Level.Invocation)
    public void send() throws InterruptedException {
      if (!log.drain()) {
        throw new IllegalStateException("not drained");
      }
      for (Runnable send = sends.poll(); send != null; send = sends.poll()) {
        send.run();
      }
    }

    /** Sees that no line was dropped. */
    @TearDown
    public void end() throws InterruptedException {
      send();
      LogReport report = log.report();
      if (report.sink().droppedTotal().bytes() > 0 || report.sink().accepted().bytes() != written) {
        throw new IllegalStateException(report.toString());
      }
      log.close();
      engine.close();
      if (sent == 0) {
        throw new IllegalStateException("nothing was sent");
      }
    }
  }
}
