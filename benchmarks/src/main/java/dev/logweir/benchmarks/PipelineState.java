package dev.logweir.benchmarks;

import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A pipeline that is open during a run of a benchmark, and the account of what was written to it.
 */
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init")
public abstract class PipelineState {
  static final int MAX_SIZE = 256 << 10;

  /** Number of lines that one call of {@link #write()} writes. */
  static final int LINES = 2 * Workload.LINES;

  /** Length of a line in bytes with its line end, or {@code mixed}. */
  @Param({"100", "10", "1024", "mixed"})
  public String line;

  private Workload workload;
  private Delivery delivery;
  private long passes;

  PipelineState() {}

  /**
   * Makes the bytes, sees every one of them arrive once, and opens the pipeline that is measured.
   */
  @Setup(Level.Trial)
  public void setUp() throws Exception {
    workload = Workload.of(line);
    run(Delivery.everyByte());
    write();
    close();
    check(true);
    run(Delivery.sampled());
  }

  /** Ends the pipeline and compares what arrived with what was written. */
  @TearDown(Level.Trial)
  public void tearDown() throws Exception {
    close();
    check(false);
  }

  /** Writes the lines in chunks. */
  void write() throws Exception {
    byte[] bytes = workload.bytes();
    for (int line = 0; line < LINES; line += Workload.LINES) {
      for (int at = 0; at < bytes.length; at += Workload.CHUNK) {
        write(bytes, at, Workload.CHUNK);
      }
      passes++;
    }
  }

  byte[] bytes() {
    return workload.bytes();
  }

  /** Opens a pipeline whose sender hands all lines to the delivery. */
  abstract void open(Delivery delivery) throws Exception;

  /** Writes without losing anything. */
  abstract void write(byte[] bytes, int offset, int length) throws Exception;

  /** Returns when all that was written is delivered. */
  abstract void close() throws Exception;

  private void run(Delivery target) throws Exception {
    delivery = target;
    passes = 0;
    open(target);
  }

  private void check(boolean everyByte) {
    Delivery.Sum expected = Delivery.expected(workload, passes, everyByte);
    if (!delivery.sum().equals(expected)) {
      throw new IllegalStateException("arrived " + delivery.sum() + " of " + expected);
    }
  }
}
