package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.logweir.LogBatch;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
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
 * Question: what does it cost to make the body of a request of a batch, beside Base64 alone and
 * beside JSON as one would write it?
 *
 * <p>Workload: {@value #LINES} lines in a batch, written to a stream that lets them go. An
 * operation is a line.
 *
 * <ul>
 *   <li>{@code ours}: the length computed, and the body written
 *   <li>{@code oursWritten}: the body written, its length being known, as in each further attempt
 *   <li>{@code base64ByLine}: {@code Base64.Encoder.encode(byte[], byte[])} for each line, from an
 *       array of its own to one target
 *   <li>{@code base64Bulk}: the same for all bytes at once: the floor
 *   <li>{@code jackson}: Jackson's writer and {@code Base64.Encoder.encodeToString} for each line
 * </ul>
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar EncodingBenchmark -prof gc}
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(EncodingBenchmark.LINES)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init")
public class EncodingBenchmark {
  static final int LINES = 4_096;

  private static final Base64.Encoder ENCODER = Base64.getEncoder();

  /** Length of a line in bytes without its line end, or {@code mixed}: 0 to 400. */
  @Param({"100", "10", "1000", "mixed"})
  public String line;

  private final LineSink sink = new LineSink();
  private byte[][] lines;
  private byte[] all;
  private byte[] target;
  private byte[] head;
  private LogBatch batch;
  private LogChunkBody body;

  /** Makes the lines, and compares what the two ways write. */
  @Setup
  public void setUp() throws IOException {
    SplittableRandom random = new SplittableRandom(1);
    List<String> texts = new ArrayList<>();
    StringBuilder joined = new StringBuilder();
    for (int i = 0; i < LINES; i++) {
      int length = line.equals("mixed") ? random.nextInt(401) : Integer.parseInt(line);
      StringBuilder text = new StringBuilder();
      while (text.length() < length) {
        text.append((char) random.nextInt(' ', '~' + 1));
      }
      texts.add(text.toString());
      joined.append(text);
    }
    lines = texts.stream().map(text -> text.getBytes(UTF_8)).toArray(byte[][]::new);
    all = joined.toString().getBytes(UTF_8);
    target = new byte[all.length * 4 / 3 + 4];
    head = new RequestBodies("runner").appendHead("job", Instant.EPOCH);
    batch = LogBatch.of(texts);
    body = new LogChunkBody(batch, 0, LINES, head);
    long written = oursWritten();
    // A separator has a space more than Jackson's.
    if (written != body.length() || jackson() + LINES - 1 != written) {
      throw new IllegalStateException("not the same: " + written + " bytes");
    }
  }

  /** Measures the length and the body. */
  @Benchmark
  public long ours() throws IOException {
    sink.bytes = 0;
    new LogChunkBody(batch, 0, LINES, head).writeTo(sink);
    return sink.bytes;
  }

  /** Measures the body alone. */
  @Benchmark
  public long oursWritten() throws IOException {
    sink.bytes = 0;
    body.writeTo(sink);
    return sink.bytes;
  }

  /** Measures Base64 line by line. */
  @Benchmark
  public long base64ByLine() {
    long bytes = 0;
    for (byte[] bytesOfLine : lines) {
      bytes += ENCODER.encode(bytesOfLine, target);
    }
    return bytes;
  }

  /** Measures Base64 of all bytes at once. */
  @Benchmark
  public long base64Bulk() {
    return ENCODER.encode(all, target);
  }

  /** Measures a generator. */
  @Benchmark
  public long jackson() throws IOException {
    sink.bytes = head.length;
    try (JsonGenerator json = RequestBodies.JSON.createGenerator(sink)) {
      json.writeStartArray();
      for (byte[] bytesOfLine : lines) {
        json.writeString(ENCODER.encodeToString(bytesOfLine));
      }
      json.writeEndArray();
      json.writeRaw("}},\"operationName\":\"RunnerAppendJobLog\"}");
    }
    // The opening bracket is in the head already.
    return sink.bytes - 1;
  }

  private static final class LineSink extends OutputStream {
    private long bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      bytes += length;
    }
  }
}
