package dev.logweir.benchmarks;

import com.sun.management.ThreadMXBean;
import dev.logweir.LinePrefixer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SecretMasker;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import dev.logweir.WhenFull;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the jobs of one row from their start to their end, looking all the while at what they hold.
 *
 * <p>There are so many equal jobs that they come to {@value #PLACES_BYTES} bytes for each place of
 * the formula, since the engine's own part is 5 MiB, which would cover up what one small job holds
 * too much. First the jobs write more than there is room for. Then, so that nothing is dropped
 * before it gets to a buffer and all six places fill, each is pumped with {@link WhenFull#WAIT}
 * while it writes on. Jobs with a healthy sender only have the pump write, and lose nothing. At
 * last all jobs finish side by side.
 */
final class WorstCase {
  private static final int PLACES_BYTES = 4 << 20;
  private static final int CHUNK = 4 << 10;
  private static final int LOOKS = 8;
  private static final int FILLING = 6;
  private static final int FILLING_WITH_PREFIX = 2;
  private static final int STEADY = 1;
  private static final int WAITING = 3;
  private static final Duration STALLED_END = Duration.ofMillis(200);
  private static final Duration END = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 10;
  private static final int TRIES = 50;

  /** The most that may be left in the end: a thread that has not quite ended, say. */
  static final int LEFT_BYTES = 256 << 10;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final WorstCaseRow row;
  private final Flaw flaw;
  private final MemoryText source;
  private final byte[] text;
  private final int jobCount;
  private final MemorySender[][] senders;
  private final TalkingChild[] children;
  private final PlainBuffer[] uncapped;
  private final long[] written;
  private final ThreadPoolExecutor threads;
  private final HeapMeter meter;
  private final LogStreamer[] jobs;
  private @Nullable LogweirEngine engine;
  private HeapMeter.@Nullable Look worst;
  private long allocated;
  private long lines;
  private int position;
  private int pass;

  private WorstCase(WorstCaseRow row, Flaw flaw) {
    this.row = row;
    this.flaw = flaw;
    source = MemoryText.of(row.line());
    text = source.bytes();
    jobCount = PLACES_BYTES / row.maxSize();
    senders = new MemorySender[jobCount][row.sinks()];
    children = new TalkingChild[jobCount];
    uncapped = new PlainBuffer[jobCount];
    written = new long[jobCount];
    jobs = new LogStreamer[jobCount];
    for (int i = 0; i < jobCount; i++) {
      for (int sink = 0; sink < row.sinks(); sink++) {
        senders[i][sink] =
            new MemorySender(
                row.sender(), row.processors(), row.maxSize(), this::whileSending, flaw);
      }
      children[i] = new TalkingChild(text);
      uncapped[i] = new PlainBuffer(Integer.MAX_VALUE);
    }
    threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(2 * jobCount);
    threads.prestartAllCoreThreads();
    // All that is not the library's is there by now.
    meter = new HeapMeter();
  }

  /**
   * Runs a row.
   *
   * @throws IllegalStateException if an account does not balance, or a healthy sender did not get
   *     what was written
   */
  static Figures run(WorstCaseRow row, Flaw flaw) throws Exception {
    WorstCase run = new WorstCase(row, flaw);
    try {
      return run.run();
    } finally {
      run.threads.shutdown();
      boolean unused = run.threads.awaitTermination(1, TimeUnit.MINUTES);
    }
  }

  /**
   * What was measured.
   *
   * @param worst of all looks while a job was there, with the formula of engine and jobs
   * @param afterJobs when the jobs were over, with the formula of the engine
   * @param left when the engine was closed, in bytes
   * @param allocated by all threads once the places had filled, in bytes
   * @param lines written at that time
   */
  record Figures(
      HeapMeter.Look worst, HeapMeter.Look afterJobs, long left, long allocated, long lines) {
    /** Returns whether all that was held is within the formula, and nothing is left. */
    boolean isWithin() {
      return worst.ratio() <= 1 && afterJobs.ratio() <= 1 && left <= LEFT_BYTES;
    }

    /** Returns NaN if no line ended. */
    double allocatedPerLine() {
      return lines == 0 ? Double.NaN : (double) allocated / lines;
    }
  }

  /** In methods of its own, as a frame that is interpreted keeps what it needs no more. */
  private Figures run() throws Exception {
    start();
    runJobs();
    HeapMeter.Look afterJobs = afterJobs();
    closeEngine();
    return new Figures(Objects.requireNonNull(worst), afterJobs, leftInTheEnd(), allocated, lines);
  }

  /** A send that was interrupted at the deadline keeps its batch for the moment it takes to end. */
  private HeapMeter.Look afterJobs() {
    HeapMeter.Look look = meter.look();
    for (int i = 0; i < TRIES && look.ratio() > 1; i++) {
      look = meter.look();
    }
    return look;
  }

  private void start() {
    engine = LogweirEngine.builder().build();
    for (int i = 0; i < jobCount; i++) {
      jobs[i] = job(i, engine);
    }
    meter.compareWith(this::formula);
    meter.look();
  }

  private void closeEngine() {
    Objects.requireNonNull(engine).close();
    engine = null;
  }

  private void runJobs() throws Exception {
    // A prefix makes a short line many times as long.
    boolean grows = row.processors() && row.line().equals("1");
    int filling = grows ? FILLING_WITH_PREFIX : FILLING;
    List<Future<?>> pumps;
    if (row.sender() == MemorySender.Kind.HEALTHY) {
      pumps = pump();
      talk(filling);
      allocated = -allocatedBytes();
      lines = -acceptedLines();
      talk(STEADY);
      allocated += allocatedBytes();
      lines += acceptedLines();
    } else {
      write(filling, true);
      allocated = -allocatedBytes();
      lines = -acceptedLines();
      write(STEADY, false);
      allocated += allocatedBytes();
      lines += acceptedLines();
      pumps = pump();
      write(WAITING, true);
    }
    end(pumps);
    worst = meter.worst();
  }

  private LogStreamer job(int index, LogweirEngine shared) {
    LogStreamer.Builder builder =
        LogStreamer.builder(senders[index][0])
            .engine(shared)
            .maxSize(row.maxSize())
            .whenFull(WhenFull.WAIT)
            .maxWait(Duration.ofDays(1));
    for (int sink = 1; sink < row.sinks(); sink++) {
      builder.sink(senders[index][sink]);
    }
    if (row.processors()) {
      // One each: a shared one would be in the formula of every job, but in the heap once.
      builder.processor(SecretMasker.of(source.secrets())).processor(LinePrefixer.numbered());
    }
    return builder.start();
  }

  private long formula() {
    long bytes = engine == null ? 0 : engine.maxRetainedBytes();
    for (LogStreamer job : jobs) {
      bytes += job == null ? 0 : job.maxRetainedBytes();
    }
    return bytes;
  }

  private void whileSending() {
    meter.lookNowAndThen();
  }

  /** Writes so many times {@code maxSize} to each job, half as much of it to standard error. */
  private void write(int sizes, boolean looking) throws InterruptedException {
    long bytes = (long) sizes * row.maxSize();
    int round = 0;
    long nextLook = 1;
    for (long done = 0; done < bytes; round++) {
      int length = Math.min(CHUNK, text.length - position);
      for (int i = 0; i < jobCount; i++) {
        write(i, length);
        if (i % 2 == 0) {
          jobs[i].drain();
        }
      }
      done += length;
      position = (position + length) % text.length;
      pass += position == 0 ? 1 : 0;
      if (looking && (done >= nextLook || Integer.bitCount(round) == 1)) {
        meter.look();
        nextLook = done + bytes / LOOKS;
      }
    }
  }

  private void write(int job, int length) {
    if (flaw == Flaw.UNCAPPED && senders[job][0].isStalled()) {
      uncapped[job].write(text, position, length);
      return;
    }
    jobs[job].stdout().write(text, position, length);
    written[job] += length;
    if (pass % 2 == 1) {
      jobs[job].stderr().write(text, position, length);
      written[job] += length;
    }
  }

  private List<Future<?>> pump() throws InterruptedException {
    List<Future<?>> pumps = new ArrayList<>();
    for (int i = 0; i < jobCount; i++) {
      LogStreamer job = jobs[i];
      TalkingChild child = children[i];
      pumps.add(
          threads.submit(
              () -> {
                job.pump(child.stdout(), child.stderr());
                return null;
              }));
    }
    for (TalkingChild child : children) {
      child.awaitSilence();
    }
    return pumps;
  }

  /** Has the children write so many times {@code maxSize}, and half as much to standard error. */
  private void talk(int sizes) throws InterruptedException {
    int passes = Math.max(2, (int) ((long) sizes * row.maxSize() / text.length));
    for (int i = 0; i < jobCount; i++) {
      written[i] += (long) (passes + passes / 2) * text.length;
      children[i].say(passes, passes / 2);
    }
    pass += passes;
    for (TalkingChild child : children) {
      child.awaitSilence();
    }
  }

  /** Finishes all jobs at once, checks their reports, and forgets them. */
  private void end(List<Future<?>> pumps) throws Exception {
    meter.look();
    Duration timeout = row.sender() == MemorySender.Kind.STALLED ? STALLED_END : END;
    CountDownLatch left = new CountDownLatch(jobCount);
    List<Future<LogReport>> ends = new ArrayList<>();
    for (LogStreamer job : jobs) {
      ends.add(
          threads.submit(
              () -> {
                try {
                  return job.finish(timeout);
                } finally {
                  left.countDown();
                }
              }));
    }
    do {
      meter.look();
    } while (!left.await(LOOK_MILLIS, TimeUnit.MILLISECONDS));
    for (int i = 0; i < jobCount; i++) {
      children[i].end();
      pumps.get(i).get();
      check(i, ends.get(i).get());
      jobs[i].close();
    }
    meter.look();
    Arrays.fill(jobs, null);
  }

  private void check(int job, LogReport report) {
    for (int sink = 0; sink < row.sinks(); sink++) {
      SinkReport account = report.sinks().get(sink);
      Tally accounted =
          account
              .shipped()
              .plus(account.filtered())
              .plus(account.droppedTotal())
              .plus(account.held());
      require(accounted.equals(account.accepted()), "out of balance: " + account);
      require(account.accepted().bytes() == written[job], written[job] + " written: " + account);
      if (row.sender() == MemorySender.Kind.HEALTHY) {
        require(account.isComplete(), account.toString());
        ByteSum.Value pass = source.sum(row.processors());
        ByteSum.Value expected = pass.times(written[job] / text.length);
        ByteSum.Value arrived = senders[job][sink].sum();
        require(arrived.equals(expected), "arrived " + arrived + " of " + expected);
      }
    }
  }

  private void require(boolean held, String otherwise) {
    if (!held) {
      throw new IllegalStateException(row + ": " + otherwise);
    }
  }

  private long leftInTheEnd() {
    long left = meter.heldNow();
    // Threads of the engine are told to end, and take their moment.
    for (int i = 0; i < TRIES && left > LEFT_BYTES; i++) {
      left = Math.min(left, meter.heldNow());
    }
    return left;
  }

  private long acceptedLines() {
    long lines = 0;
    for (LogStreamer job : jobs) {
      lines += job.report().sinks().get(0).accepted().lines();
    }
    return lines;
  }

  private long allocatedBytes() {
    long byAll =
        LongStream.of(THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds()))
            .filter(bytes -> bytes > 0)
            .sum();
    return byAll - meter.allocatedBytes();
  }
}
