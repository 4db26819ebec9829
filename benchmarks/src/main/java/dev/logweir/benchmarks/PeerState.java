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
public class PeerState {
  /** Number of lines that one call of {@link #write()} writes. */
  static final int LINES = 2 * Workload.LINES;

  /** Name of a {@link Workload}. */
  @Param({"100", "10", "1024", "build"})
  public String line;

  /** Bytes of a chunk, 4096, or {@code line} for chunks of a line each. */
  @Param({"4096", "line"})
  public String chunk;

  /** Name of a {@link Peer}. */
  @Param({
    "LOGWEIR",
    "LOGWEIR_INTERVAL_0",
    "LOGWEIR_MASKED",
    "LOGWEIR_ENCODED",
    "LOGWEIR_PREFIXED",
    "LOGWEIR_ALL",
    "LOGWEIR_OWN",
    "LOGWEIR_ONE_THREAD",
    "LOGWEIR_BY_LINE",
    "STRING_LOOP",
    "PIPE",
    "PLAIN_PORT",
    "PLAIN_PORT_1MS",
    "PLAIN_PORT_MASKED",
    "ZIPKIN_16K",
    "ZIPKIN_256K",
    "OPENTELEMETRY",
    "OPENTELEMETRY_MASKED",
    "LOGBACK",
    "LOGBACK_MASKED",
    "LOKI4J"
  })
  public String peer;

  private Workload workload;
  private int[] ends;
  private Delivery delivery;
  private Pipeline pipeline;
  private long passes;
  private boolean numbers;

  /** Creates it, as JMH does. */
  public PeerState() {}

  /**
   * Makes the bytes, sees every one of them arrive once, and opens the pipeline that is measured.
   */
  @Setup(Level.Trial)
  public void setUp() throws Exception {
    workload = Workload.of(line);
    ends = chunk.equals("line") ? workload.lineEnds() : workload.chunkEnds();
    numbers = Peer.valueOf(peer).numbers();
    Delivery every = Delivery.everyByte();
    open(every, Peer.valueOf(peer).asWritten(every));
    write();
    finish(true);
    Delivery sampled = Delivery.sampled();
    open(sampled, sampled);
  }

  /** Ends the pipeline and compares what arrived with what was written. */
  @TearDown(Level.Trial)
  public void tearDown() throws Exception {
    finish(false);
  }

  /** Writes the lines in chunks. */
  void write() throws Exception {
    byte[] bytes = workload.bytes();
    for (int line = 0; line < LINES; line += Workload.LINES) {
      int from = 0;
      for (int end : ends) {
        pipeline.write(bytes, from, end - from);
        from = end;
      }
      passes++;
    }
  }

  private void open(Delivery target, LineSink sink) throws Exception {
    delivery = target;
    passes = 0;
    pipeline = Peer.valueOf(peer).open(sink, Mode.LOSSLESS);
  }

  private void finish(boolean everyByte) throws Exception {
    pipeline.finish();
    Delivery.Sum expected = Delivery.expected(workload, passes, everyByte);
    boolean right = delivery.sum().equals(expected);
    if (numbers && !everyByte) {
      // What time and number before each line come to is another figure in each run.
      right = delivery.lineCount() == expected.lines() && delivery.bytes() > expected.bytes();
    }
    if (!right) {
      throw new IllegalStateException("arrived " + delivery.sum() + " of " + expected);
    }
  }
}
