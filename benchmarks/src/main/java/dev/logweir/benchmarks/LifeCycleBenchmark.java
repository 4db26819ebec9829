package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Question: what does a job cost from its start to its final report, beside its lines?
 *
 * <p>Workload: a job is started, writes nothing or one line, and is finished, one after the other
 * on one engine, with one sink. An operation is a job.
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar LifeCycleBenchmark -prof gc}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init")
public class LifeCycleBenchmark {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final byte[] LINE = "a line\n".getBytes(US_ASCII);

  private LogweirEngine engine;
  private volatile long bytes;
  private final BatchSender sender = lines -> bytes = LogBatch.of(lines).byteCount();

  /** Creates the engine. */
  @Setup
  public void open() {
    engine = LogweirEngine.builder().build();
  }

  /** Ends it. */
  @TearDown
  public void close() {
    engine.close();
    if (bytes != LINE.length && bytes != 0) {
      throw new IllegalStateException("a batch of " + bytes + " bytes");
    }
  }

  /** Measures a job without output. */
  @Benchmark
  public LogReport silent() {
    return LogStreamer.builder(sender).engine(engine).start().finish(TIMEOUT);
  }

  /** Measures a job of one line, which is sent. */
  @Benchmark
  public LogReport oneLine() {
    LogStreamer log = LogStreamer.builder(sender).engine(engine).start();
    log.stdout().write(LINE);
    LogReport report = log.finish(TIMEOUT);
    if (report.sink().shipped().bytes() != LINE.length) {
      throw new IllegalStateException(report.toString());
    }
    return report;
  }
}
