package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
 * Question: does a line cost the same with few jobs and with many, with small buffers and with
 * large ones?
 *
 * <p>Workload: {@value #LINES} lines of 100 bytes an invocation, in chunks of 4 KiB, each for a job
 * taken at random, without losing any; an operation is a line. The jobs live on between
 * invocations. Bytes and lines that arrive are compared with those written.
 *
 * <p>Commands: {@code java -jar benchmarks/target/benchmarks.jar ScalingBenchmark.jobs -prof
 * dev.logweir.benchmarks.CpuProfiler}; the same with {@code ScalingBenchmark.sizes}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(ScalingBenchmark.LINES)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(value = 1, jvmArgsAppend = "-Xmx3g")
public class ScalingBenchmark {
  static final int LINES = 100 * Workload.LINES;

  /** Measures lines of a number of jobs. */
  @Benchmark
  public void jobs(Jobs state) throws InterruptedException {
    state.write();
  }

  /** Measures lines of one job with buffers of a size. */
  @Benchmark
  public void sizes(Sizes state) throws InterruptedException {
    state.write();
  }

  /** Measures the copy of the same lines into an array for each job, and out of it when full. */
  @Benchmark
  public long jobsFloor(Arrays state) {
    return state.write();
  }

  /** What nobody can do without, by one thread: as much memory is gone through as by the jobs. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public static class Arrays {
    private final byte[] bytes = Workload.of("100").bytes();
    private final byte[] request = new byte[16 << 10];
    private final SplittableRandom random = new SplittableRandom(1);
    private byte[][] arrays;
    private int[] filled;

    /** Number of jobs. */
    @Param({"1", "10", "100", "1000", "10000"})
    public int jobs;

    /** Creates it, as JMH does. */
    public Arrays() {}

    /** Makes the arrays, each filled by as much as chance will have it. */
    @Setup(Level.Trial)
    public void setUp() {
      arrays = new byte[jobs][Jobs.MAX_SIZE];
      filled = new int[jobs];
      for (int job = 0; job < jobs; job++) {
        filled[job] = random.nextInt(Jobs.MAX_SIZE / Workload.CHUNK) * Workload.CHUNK;
      }
    }

    long write() {
      long sum = 0;
      for (int line = 0; line < LINES; line += Workload.LINES) {
        for (int at = 0; at < bytes.length; at += Workload.CHUNK) {
          sum += write(random.nextInt(jobs), at);
        }
      }
      return sum;
    }

    private long write(int job, int offset) {
      byte[] array = arrays[job];
      System.arraycopy(bytes, offset, array, filled[job], Workload.CHUNK);
      filled[job] += Workload.CHUNK;
      long sum = Floor.count(bytes, offset, offset + Workload.CHUNK);
      if (filled[job] == array.length) {
        for (int at = 0; at < array.length; at += request.length) {
          System.arraycopy(array, at, request, 0, request.length);
          sum += request[at & 0xFF];
        }
        filled[job] = 0;
      }
      return sum;
    }
  }

  /** Many jobs. */
  public static class Jobs extends Plan {
    private static final int MAX_SIZE = 64 << 10;

    /** Number of jobs. */
    @Param({"1", "10", "100", "1000", "10000"})
    public int jobs;

    /** Creates it, as JMH does. */
    public Jobs() {}

    /** Starts the jobs. */
    @Setup(Level.Trial)
    public void setUp() throws InterruptedException {
      start(jobs, MAX_SIZE);
    }
  }

  /** One job. */
  public static class Sizes extends Plan {
    /** The setting {@code maxSize}, in KiB. */
    @Param({"64", "256", "1024", "4096", "16384"})
    public int maxSizeKiB;

    /** Creates it, as JMH does. */
    public Sizes() {}

    /** Starts the job. */
    @Setup(Level.Trial)
    public void setUp() throws InterruptedException {
      start(1, maxSizeKiB << 10);
    }
  }

  /** The jobs and their account. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public abstract static class Plan {
    private final byte[] bytes = Workload.of("100").bytes();
    private final List<Job> jobs = new ArrayList<>();
    private final SplittableRandom random = new SplittableRandom(1);
    private LogweirEngine engine;

    Plan() {}

    /** Starts the jobs, and fills the batch of each by as much as chance will have it. */
    final void start(int count, int maxSize) throws InterruptedException {
      engine = LogweirEngine.builder().build();
      for (int job = 0; job < count; job++) {
        jobs.add(new Job(engine, maxSize));
      }
      for (Job job : jobs) {
        job.fill(bytes, random.nextInt(maxSize / Workload.CHUNK));
      }
    }

    final void write() throws InterruptedException {
      for (int line = 0; line < LINES; line += Workload.LINES) {
        for (int at = 0; at < bytes.length; at += Workload.CHUNK) {
          jobs.get(random.nextInt(jobs.size())).write(bytes, at);
        }
      }
    }

    /** Ends the jobs. */
    @TearDown(Level.Trial)
    public void end() {
      jobs.forEach(Job::end);
      engine.close();
    }
  }

  /** A job whose writer waits where it would get further ahead than loses nothing. */
  private static final class Job implements BatchSender {
    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final ThreadLocal<byte[]> REQUEST =
        ThreadLocal.withInitial(() -> new byte[16 << 10]);

    private final long window;
    private final LogStreamer log;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition sent = lock.newCondition();
    private long written;
    private boolean lineOpen;
    private volatile long delivered;
    private long lineEnds;

    Job(LogweirEngine engine, int maxSize) {
      window = 2L * maxSize;
      log = LogStreamer.builder(this).engine(engine).maxSize(maxSize).start();
    }

    void fill(byte[] bytes, int chunks) throws InterruptedException {
      for (int chunk = 0; chunk < chunks; chunk++) {
        write(bytes, chunk * Workload.CHUNK % bytes.length);
      }
    }

    void write(byte[] bytes, int offset) throws InterruptedException {
      if (written + Workload.CHUNK - delivered > window) {
        awaitRoom();
      }
      log.stdout().write(bytes, offset, Workload.CHUNK);
      written += Workload.CHUNK;
      lineOpen = bytes[offset + Workload.CHUNK - 1] != '\n';
    }

    private void awaitRoom() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (written + Workload.CHUNK - delivered > window) {
          sent.await();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void send(List<String> lines) {
      byte[] request = REQUEST.get();
      LineReader reader = LogBatch.of(lines).reader();
      int read = reader.readLines(request, 0, request.length);
      int bytes = 0;
      while (read > 0) {
        bytes += read;
        lineEnds += request[read - 1] == '\n' ? 1 : 0;
        read = reader.readLines(request, 0, request.length);
      }
      lock.lock();
      try {
        long sum = delivered + bytes;
        delivered = sum;
        sent.signalAll(); // the writer in awaitRoom
      } finally {
        lock.unlock();
      }
    }

    void end() {
      LogReport report = log.finish(TIMEOUT);
      written += lineOpen ? 1 : 0; // what is read of a line ends with a line end
      if (!report.isComplete() || delivered != written || lineEnds == 0) {
        throw new IllegalStateException(
            "delivered " + delivered + " of " + written + ": " + report);
      }
    }
  }
}
