package dev.logweir.benchmarks;

import dev.logweir.LogReport;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Question: what does a line cost from the write to a sender that reads its bytes, beside what
 * nobody can do without, and beside the design that this one began as?
 *
 * <p>Workload: one job that never ends during a run writes lines in chunks of 4 KiB, without losing
 * any, to one sink without processors, {@code maxSize} 256 KiB. An operation is a line: time is
 * that of the writer, which is held to the pace of the slowest part, {@code cpu} that of all
 * threads of the process, {@code gc.alloc.rate.norm} the bytes allocated. Before each run every
 * byte is compared, and at its end the number of bytes and lines that arrived and a sum over them.
 *
 * <ul>
 *   <li>{@code floorCopy}, {@code floorCount}, {@code floorFind}: a copy of the bytes; with a count
 *       of the line ends; with the place of each
 *   <li>{@code logweirOneThread}: the writer calls {@code drain()} after each 64 KiB and then does
 *       the sends that have become due
 *   <li>{@code logweirOneThreadByLine}: the same, with a sender that takes the lines one by one, as
 *       one must that encodes each; the others read text as it is
 *   <li>{@code logweirEngineDrains}: the sends run on the engine's threads, and so do drains, where
 *       lines do not go past them; it calls {@code drain()} after each 128 KiB alone
 *   <li>{@code logweirInterval0}: the same, with batches that go as soon as the sender is free
 *   <li>{@code plainPort50ms}, {@code plainPort1ms}: {@link PlainPort} with its tick of 50 ms and
 *       of 1 ms
 * </ul>
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar PipelineBenchmark -foe true -prof
 * gc -prof dev.logweir.benchmarks.CpuProfiler}; the figure that has an aim with {@code -p
 * line=100}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(PipelineState.LINES)
@Warmup(iterations = 4, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(2)
public class PipelineBenchmark {
  private static final int PASSES = PipelineState.LINES / Workload.LINES;

  /** Measures the copy alone. */
  @Benchmark
  public byte floorCopy(FloorState state) {
    byte last = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      last += state.floor.copy(state.bytes);
    }
    return last;
  }

  /** Measures the copy and a count of the line ends. */
  @Benchmark
  public int floorCount(FloorState state) {
    int sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      sum += state.floor.copyAndCount(state.bytes);
    }
    return sum;
  }

  /** Measures the copy and a search for each line end. */
  @Benchmark
  public int floorFind(FloorState state) {
    int sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      sum += state.floor.copyAndFind(state.bytes);
    }
    return sum;
  }

  /** Measures Logweir, drained and sent by its writer. */
  @Benchmark
  public void logweirOneThread(OneThread state) throws Exception {
    state.write();
  }

  /** Measures the same with a sender that takes line by line. */
  @Benchmark
  public void logweirOneThreadByLine(OneThreadByLine state) throws Exception {
    state.write();
  }

  /** Measures Logweir, drained by its engine. */
  @Benchmark
  public void logweirEngineDrains(EngineDrains state) throws Exception {
    state.write();
  }

  /** Measures Logweir with an interval of zero. */
  @Benchmark
  public void logweirInterval0(Interval0 state) throws Exception {
    state.write();
  }

  /** Measures the plain port. */
  @Benchmark
  public void plainPort50ms(PlainPort50ms state) throws Exception {
    state.write();
  }

  /** Measures the plain port with a faster tick. */
  @Benchmark
  public void plainPort1ms(PlainPort1ms state) throws Exception {
    state.write();
  }

  /** The bytes, as many as the pipelines get, and their number of line ends. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public static class FloorState {
    /** Length of a line in bytes with its line end, or {@code mixed}. */
    @Param({"100", "10", "1024", "mixed"})
    public String line;

    final Floor floor = new Floor();
    byte[] bytes;

    /** Makes the bytes and sees that the floor finds their line ends. */
    @Setup
    public void setUp() {
      Workload workload = Workload.of(line);
      bytes = workload.bytes();
      if (floor.copyAndCount(bytes) != Workload.LINES) {
        throw new IllegalStateException("not all line ends found");
      }
    }
  }

  /** Logweir whose writer drains and sends. */
  public static class OneThread extends LogweirState {
    /** Creates it, as JMH does. */
    public OneThread() {
      super(new LogweirJob.Plan(Duration.ofSeconds(30), 64 << 10, true, false));
    }
  }

  /** Logweir whose writer drains and sends line by line. */
  public static class OneThreadByLine extends LogweirState {
    /** Creates it, as JMH does. */
    public OneThreadByLine() {
      super(new LogweirJob.Plan(Duration.ofSeconds(30), 64 << 10, true, true));
    }
  }

  /** Logweir whose engine drains. */
  public static class EngineDrains extends LogweirState {
    /** Creates it, as JMH does. */
    public EngineDrains() {
      super(new LogweirJob.Plan(Duration.ofSeconds(30), 128 << 10, false, false));
    }
  }

  /** Logweir whose batches go as soon as the sender is free. */
  public static class Interval0 extends LogweirState {
    /** Creates it, as JMH does. */
    public Interval0() {
      super(new LogweirJob.Plan(Duration.ZERO, 128 << 10, false, false));
    }
  }

  /** The plain port as it was. */
  public static class PlainPort50ms extends PlainPortState {
    /** Creates it, as JMH does. */
    public PlainPort50ms() {
      super(Duration.ofMillis(50));
    }
  }

  /** The plain port with a faster tick. */
  public static class PlainPort1ms extends PlainPortState {
    /** Creates it, as JMH does. */
    public PlainPort1ms() {
      super(Duration.ofMillis(1));
    }
  }

  /** Logweir, paced. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public abstract static class LogweirState extends PipelineState {
    private final LogweirJob.Plan plan;
    private LogweirJob job;

    LogweirState(LogweirJob.Plan plan) {
      this.plan = plan;
    }

    @Override
    void open(Delivery delivery) {
      job = new LogweirJob(MAX_SIZE, plan, delivery);
    }

    @Override
    void write(byte[] bytes, int offset, int length) throws InterruptedException {
      job.write(bytes, offset, length);
    }

    @Override
    void close() {
      LogReport report = job.finish();
      if (!report.isComplete()) {
        throw new IllegalStateException(report.toString());
      }
    }
  }

  /** The plain port, waiting for room. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public abstract static class PlainPortState extends PipelineState {
    private final Duration tick;
    private PlainPort port;

    PlainPortState(Duration tick) {
      this.tick = tick;
    }

    @Override
    void open(Delivery delivery) {
      port = new PlainPort(MAX_SIZE, tick, delivery::lines);
    }

    @Override
    void write(byte[] bytes, int offset, int length) throws InterruptedException {
      port.stdout().awaitRoom(length);
      port.stdout().write(bytes, offset, length);
    }

    @Override
    void close() throws Exception {
      port.finish();
    }
  }
}
