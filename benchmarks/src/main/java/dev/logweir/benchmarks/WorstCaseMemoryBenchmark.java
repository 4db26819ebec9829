package dev.logweir.benchmarks;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What do jobs hold at most, and is it within the formula?
 *
 * <p>Workload: as many equal jobs as have places of 4 MiB together (64 of 64 KiB, 4 of 1 MiB),
 * which write far more than there is room for, then as much as there is room for, and end; see
 * {@link WorstCase}. The figures stand beside the time, which says nothing:
 *
 * <ul>
 *   <li>{@code retainedBytes}: what was left in the heap after a collection, less what was left
 *       before the first job, where it came nearest to the formula. 12 to 60 looks: while the
 *       places fill, from within {@code send}, when all are full, during the end, and after it.
 *   <li>{@code formulaBytes}: {@code maxRetainedBytes()} of the engine and of all jobs, then.
 *   <li>{@code measuredPerFormula}: the largest of their ratios.
 *   <li>{@code afterJobsPerFormula}: the same when the jobs are over, with the engine's formula.
 *   <li>{@code leftBytes}: what was left when the engine was closed; at most 256 KiB, for threads
 *       that have not quite ended.
 *   <li>{@code allocatedBytesPerLine}: by all threads, once the places are full; not a number where
 *       no line ended.
 * </ul>
 *
 * <p>Reports are compared with what was written, and what healthy senders got with its sum.
 * Command, which also fails if a ratio is over 1: {@code benchmarks/run memory}. One row alone:
 * {@code java -jar benchmarks/target/benchmarks.jar WorstCaseMemoryBenchmark -p maxSize=65536 -p
 * line=1 -p sender=STALLED -p processors=false -p sinks=1}.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgs = {
      "-Xmx400m",
      "-XX:+UseSerialGC",
      // Every collection moves all that lives together: otherwise some leave garbage where it is.
      "-XX:MarkSweepAlwaysCompactCount=1",
      "-XX:MarkSweepDeadRatio=0",
      "-Dorg.slf4j.simpleLogger.defaultLogLevel=off"
    })
@Warmup(iterations = 0)
@Measurement(iterations = 1)
public class WorstCaseMemoryBenchmark {
  /** The system property that names a flaw to be measured: LEAK or UNCAPPED. */
  static final String FLAW = "logweir.benchmarks.flaw";

  private static final WorstCaseRow WARM_UP =
      new WorstCaseRow(64 << 10, "100", MemorySender.Kind.FAILING, true, 2);

  /** Runs one row. */
  @Benchmark
  public double row(Row row, Counters counters) throws Exception {
    WorstCase.Figures figures =
        WorstCase.run(row.row(), Flaw.valueOf(System.getProperty(FLAW, Flaw.NONE.name())));
    counters.take(figures);
    return figures.worst().ratio();
  }

  /** The row. */
  @State(Scope.Thread)
  @SuppressWarnings("NullAway.Init")
  public static class Row {
    private static boolean warm;

    /** Of the jobs, in bytes. */
    @Param({"65536", "262144", "1048576"})
    public int maxSize;

    /** Length of a line in bytes without its line end, or a kind of text. */
    @Param({"1", "10", "100", "65536", "endless", "multibyte", "random"})
    public String line;

    /** What the servers do. */
    @Param({"STALLED", "FAILING", "SLOW", "HEALTHY"})
    public String sender;

    /** Whether a masker with 50 secrets and a prefix are there. */
    @Param({"false", "true"})
    public boolean processors;

    /** Number of sinks of a job. */
    @Param({"1", "2"})
    public int sinks;

    /** Creates the state, as JMH does. */
    public Row() {}

    /** Has every class loaded before the first measurement of a process. */
    @Setup
    public void warmUp() throws Exception {
      if (!warm) {
        WorstCase.run(WARM_UP, Flaw.NONE);
        warm = true;
      }
    }

    private WorstCaseRow row() {
      return new WorstCaseRow(maxSize, line, MemorySender.Kind.valueOf(sender), processors, sinks);
    }
  }

  /** The figures of the row. */
  @AuxCounters(AuxCounters.Type.EVENTS)
  @State(Scope.Thread)
  public static class Counters {
    /** What was held, in bytes. */
    public long retainedBytes;

    /** What may be held, in bytes. */
    public long formulaBytes;

    /** The largest of the ratios. */
    public double measuredPerFormula;

    /** The ratio when the jobs are over. */
    public double afterJobsPerFormula;

    /** What was left of it all, in bytes. */
    public long leftBytes;

    /** By all threads, in bytes. */
    public double allocatedBytesPerLine;

    /** How often it was looked. */
    public long looks;

    /** Creates the counters, as JMH does. */
    public Counters() {}

    private void take(WorstCase.Figures figures) {
      retainedBytes = figures.worst().held();
      formulaBytes = figures.worst().formula();
      measuredPerFormula = figures.worst().ratio();
      afterJobsPerFormula = figures.afterJobs().ratio();
      leftBytes = figures.left();
      allocatedBytesPerLine = figures.allocatedPerLine();
      looks = figures.worst().number();
    }
  }
}
