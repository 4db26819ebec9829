package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

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
import org.openjdk.jmh.infra.Blackhole;

/**
 * Question: what does a line cost from the write to a sender that reads its bytes, beside what
 * nobody can do without, and beside what people would use instead?
 *
 * <p>Workload: one job that never ends during a run writes lines in chunks of 4 KiB or of a line,
 * without losing any, to one sink without processors. An operation is a line: time is that of the
 * writer, which is held to the pace of the slowest part, so its inverse is the rate of lines that
 * can be kept up; {@code cpu} is the time of all threads of the process, {@code gc.alloc.rate.norm}
 * the bytes allocated. Before each run every byte is compared, and at its end the number of bytes
 * and lines that arrived and a sum over them.
 *
 * <ul>
 *   <li>{@code floorCopy}, {@code floorCount}, {@code floorFind}: a copy of the bytes; with a count
 *       of the line ends; with the place of each
 *   <li>{@code stringLoop}: a {@code String} of each line, and nothing done with it
 *   <li>{@code peer}: each {@link Peer}
 * </ul>
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar PeerBenchmark -foe true -prof gc
 * -prof dev.logweir.benchmarks.CpuProfiler -p line=100 -p chunk=4096}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(PeerState.LINES)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PeerBenchmark {
  private static final int PASSES = PeerState.LINES / Workload.LINES;

  /** Creates it, as JMH does. */
  public PeerBenchmark() {}

  /** Measures the copy alone. */
  @Benchmark
  public byte floorCopy(Bytes state) {
    byte last = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      last += state.floor.copy(state.bytes);
    }
    return last;
  }

  /** Measures the copy and a count of the line ends. */
  @Benchmark
  public int floorCount(Bytes state) {
    int sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      sum += state.floor.copyAndCount(state.bytes);
    }
    return sum;
  }

  /** Measures the copy and a search for each line end. */
  @Benchmark
  public int floorFind(Bytes state) {
    int sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
      sum += state.floor.copyAndFind(state.bytes);
    }
    return sum;
  }

  /** Measures the making of a {@code String} of each line. */
  @Benchmark
  public void stringLoop(Bytes state, Blackhole hole) throws InterruptedException {
    LineSplitter lines =
        new LineSplitter(
            (bytes, offset, length) -> hole.consume(new String(bytes, offset, length, UTF_8)));
    for (int pass = 0; pass < PASSES; pass++) {
      for (int at = 0; at < state.bytes.length; at += Workload.CHUNK) {
        lines.write(state.bytes, at, Workload.CHUNK);
      }
    }
  }

  /** Measures a peer. */
  @Benchmark
  public void peer(PeerState state) throws Exception {
    state.write();
  }

  /** The bytes, as many as the peers get. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public static class Bytes {
    /** Length of a line in bytes with its line end, {@code mixed} or {@code build}. */
    @Param({"100", "10", "1024", "build"})
    public String line;

    final Floor floor = new Floor();
    byte[] bytes;

    /** Creates it, as JMH does. */
    public Bytes() {}

    /** Makes the bytes and sees that the floor finds their line ends. */
    @Setup
    public void setUp() {
      bytes = Workload.of(line).bytes();
      if (floor.copyAndCount(bytes) != Workload.LINES) {
        throw new IllegalStateException("not all line ends found");
      }
    }
  }
}
