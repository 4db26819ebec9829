package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
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
 * Question: what does it cost to look for secrets in a line, beside a search for its end and beside
 * {@code String.replace} for one secret after the other?
 *
 * <p>Workload: {@value #LINES} lines of 100 bytes, words of a build's output; secrets of 16 to 40
 * letters and digits. With {@code hits} of {@code 1/16}, each sixteenth line has one of the secrets
 * in it. An operation is a line. {@code newlineScan} finds the end of each line, eight bytes at a
 * time; {@code replace} gets lines that are decoded already. {@code maskedRuns} gets the same lines
 * in runs of about 4 KiB, and is shown one by one those that it does not pass over, as in a drain.
 *
 * <p>Before a run, both ways mask all lines, and what comes out is compared.
 *
 * <p>Command: {@code java -jar benchmarks/target/benchmarks.jar MaskerBenchmark -prof gc}, with
 * {@code -p encoded=true} for encoded forms
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@OperationsPerInvocation(MaskerBenchmark.LINES)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@State(Scope.Thread)
@SuppressWarnings("NullAway.Init")
public class MaskerBenchmark implements LineTarget {
  static final int LINES = 4_096;

  private static final int LENGTH = 100;
  private static final int RUN = 40;
  private static final String LETTERS =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  private static final String[] WORDS =
      "[INFO] Building module of sources compiled in 12 ms target/classes resolving artifact version"
          .split(" ");

  /** Number of secrets. */
  @Param({"50", "1", "10", "100", "1000"})
  public int secrets;

  /** Share of the lines that have a secret in them. */
  @Param({"0", "1/16"})
  public String hits;

  /** Whether encoded forms are looked for too. */
  @Param("false")
  public boolean encoded;

  private final LogLine line = new LogLine(LogSource.STDOUT);
  private MaskerStream stream;
  private ProcessorStage stage;
  private byte[][] runs;
  private final List<String> masked = new ArrayList<>();
  private List<String> values;
  private byte[][] lines;
  private String[] texts;
  private boolean keeping;
  private long sum;

  /** Makes lines and secrets, and compares what the two ways make of them. */
  @Setup
  public void setUp() {
    SplittableRandom random = new SplittableRandom(1);
    values = new ArrayList<>();
    for (int i = 0; i < secrets; i++) {
      values.add(letters(random, random.nextInt(16, 41)));
    }
    lines = new byte[LINES][];
    texts = new String[LINES];
    for (int i = 0; i < LINES; i++) {
      texts[i] = text(random, hits.equals("1/16") && i % 16 == 0);
      lines[i] = (texts[i] + '\n').getBytes(UTF_8);
    }
    SecretMasker masker = SecretMasker.builder().addAll(values).encoded(encoded).build();
    stream = new MaskerStream(masker::values);
    stage = new ProcessorStage(LogSource.STDOUT, stream, this, JobSettings.DEFAULT_MAX_LINE);
    runs = runs();
    stage.lend(new byte[JobSettings.DEFAULT_MAX_LINE + Scratch.PREFIX_BYTES]);
    keeping = true;
    masker();
    keeping = false;
    for (int i = 0; i < LINES; i++) {
      if (!masked.get(i).equals(replaced(texts[i]))) {
        throw new IllegalStateException("masked as '" + masked.get(i) + "': " + texts[i]);
      }
    }
    masked.clear();
  }

  private byte[][] runs() {
    byte[][] joined = new byte[(LINES + RUN - 1) / RUN][];
    for (int i = 0; i < joined.length; i++) {
      ByteArrayOutputStream run = new ByteArrayOutputStream();
      for (int j = i * RUN; j < Math.min(LINES, (i + 1) * RUN); j++) {
        run.write(lines[j], 0, lines[j].length);
      }
      joined[i] = run.toByteArray();
    }
    return joined;
  }

  private String text(SplittableRandom random, boolean hit) {
    StringBuilder text = new StringBuilder();
    while (text.length() < LENGTH) {
      text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
    }
    text.setLength(LENGTH);
    if (hit) {
      String value = values.get(random.nextInt(values.size()));
      text.replace(30, 30 + value.length(), value);
    }
    return text.toString();
  }

  private static String letters(SplittableRandom random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
    }
    return text.toString();
  }

  private String replaced(String text) {
    String result = text;
    for (String value : values) {
      result = result.replace(value, "**********");
    }
    return result;
  }

  /** Measures the search for the end of each line. */
  @Benchmark
  public long newlineScan() {
    long ends = 0;
    for (byte[] bytes : lines) {
      ends += Newlines.first(bytes, 0, bytes.length);
    }
    return ends;
  }

  /** Measures the masker, line by line as a job's drain calls it. */
  @Benchmark
  public long masker() {
    for (byte[] bytes : lines) {
      line.setContent(bytes, 0, bytes.length - 1);
      line.setPart(true, true, false);
      line.setTally(bytes.length, 1);
      stage.accept(line);
    }
    return sum;
  }

  /** Measures the masker over runs of lines. */
  @Benchmark
  public long maskedRuns() {
    for (byte[] bytes : runs) {
      int from = 0;
      while (true) {
        from = stream.plainUntil(bytes, from, bytes.length);
        if (from == bytes.length) {
          break;
        }
        int end = Newlines.first(bytes, from, bytes.length);
        line.setContent(bytes, from, end - from);
        line.setPart(true, true, false);
        line.setTally(end + 1 - from, 1);
        stage.accept(line);
        from = end + 1;
        if (from == bytes.length) {
          break;
        }
      }
      sum += from;
    }
    return sum;
  }

  /** Measures one {@code String.replace} after the other. */
  @Benchmark
  public long replace() {
    long length = 0;
    for (String text : texts) {
      length += replaced(text).length();
    }
    return length;
  }

  @Override
  public void accept(LogLine line) {
    sum += line.length() + line.sourceBytes;
    if (keeping) {
      masked.add(line.text());
    }
  }

  @Override
  public void filtered(long sourceBytes, int sourceLines) {
    throw new IllegalStateException("nothing is removed");
  }

  @Override
  public void failed(Throwable cause, long sourceBytes, int sourceLines) {
    throw new IllegalStateException(cause);
  }

  @Override
  public void warn(Throwable cause) {
    throw new IllegalStateException(cause);
  }
}
