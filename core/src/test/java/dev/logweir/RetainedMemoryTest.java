package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.Eventually;
import dev.logweir.testkit.FakeProcess;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Compares what jobs hold in the heap after a collection with what they say that they hold at most.
 */
@Timeout(120)
class RetainedMemoryTest {
  private static final int JOBS = 50;
  private static final long WRITTEN_PER_JOB = 200_000_000;
  private static final int CHUNK = 4 << 10;
  private static final int MANY_JOBS = 10_000;
  private static final int IDLE_JOB_BYTES = 3_072;

  /** Of a job, beside its places: its own objects, recent lines, a pump's two buffers. */
  private static final int OWN_BYTES = 32 << 10;

  /** A reference forgotten somewhere would be 4 B and what it leads to. */
  private static final long FORGOTTEN_BYTES = 4;

  enum Lines {
    OF_1_BYTE(2),
    OF_100_BYTES(100),
    OF_64_KIB(64 << 10),
    ENDLESS(0);

    private final int length;

    Lines(int length) {
      this.length = length;
    }

    /** Returns whole lines, or a part of the endless one, to be written again and again. */
    byte[] text() {
      byte[] text = new byte[length == 0 ? CHUNK : Math.max(length, CHUNK / length * length)];
      for (int i = 0; i < text.length; i++) {
        text[i] = length > 0 && i % length == length - 1 ? (byte) '\n' : (byte) 'x';
      }
      return text;
    }
  }

  @ParameterizedTest
  @EnumSource
  void stalledJobs_holdAtMostWhatTheySay(Lines lines) throws Exception {
    try (Jobs jobs = new Jobs(WhenFull.DROP)) {
      jobs.write(lines, WRITTEN_PER_JOB);

      assertThat(jobs.heldBytes())
          .isLessThanOrEqualTo(jobs.maxRetainedBytes())
          .isGreaterThan(jobs.maxRetainedBytes() / 3);
    }
  }

  /**
   * Nothing is dropped behind the buffers: all six places fill. But an endless line is cut where
   * its buffer is full for the first time, maybe long before the queue is, and nothing comes after
   * that.
   */
  @ParameterizedTest
  @EnumSource
  void stalledJobsThatWait_holdAtMostWhatTheySayAndUseIt(Lines lines) throws Exception {
    try (Jobs jobs = new Jobs(WhenFull.WAIT)) {
      jobs.write(lines, WRITTEN_PER_JOB);

      long most = jobs.maxRetainedBytes();
      assertThat(jobs.heldBytes())
          .isLessThanOrEqualTo(most)
          .isGreaterThan(lines == Lines.ENDLESS ? most / 3 : most / 5 * 3);
    }
  }

  /** Shows that the comparisons above can fail. */
  @Test
  void stalledJobsWithAListWithoutBound_holdMore() throws Exception {
    List<String> everyLine = Collections.synchronizedList(new ArrayList<>());
    try (Jobs jobs = new Jobs(WhenFull.DROP, line -> everyLine.add(line.text()))) {
      jobs.write(Lines.OF_100_BYTES, 8_000_000);

      assertThat(jobs.heldBytes()).isGreaterThan(jobs.maxRetainedBytes());
    }
  }

  @ParameterizedTest
  @EnumSource
  void jobsEndedAtTheirDeadline_holdNoLinesAnyMore(Lines lines) throws Exception {
    try (Jobs jobs = new Jobs(WhenFull.WAIT)) {
      jobs.write(lines, WRITTEN_PER_JOB / 10);
      jobs.endInVain();
      long most = jobs.engine.maxRetainedBytes() + (long) JOBS * OWN_BYTES;

      // Threads that are on their way out of a pump or a call may still hold some of it.
      Eventually.until(() -> jobs.heldBytes() <= most);
    }
  }

  @Test
  void idleJob_holdsLittle() {
    BatchSender sender = lines -> {};
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      LogStreamer[] jobs = new LogStreamer[MANY_JOBS];
      startAndFinish(engine, sender, 100);
      long before = heapBytes();
      for (int i = 0; i < MANY_JOBS; i++) {
        jobs[i] = LogStreamer.builder(sender).engine(engine).start();
      }
      long held = heapBytes() - before;

      assertThat(engine.activeJobs()).isEqualTo(MANY_JOBS);
      assertThat(held / MANY_JOBS).as("bytes of an idle job").isLessThanOrEqualTo(IDLE_JOB_BYTES);
      assertThat(jobs[MANY_JOBS - 1].retainedBytes()).isLessThanOrEqualTo(IDLE_JOB_BYTES);
    }
  }

  @Test
  void finishedJobs_leaveNothing() {
    BatchSender sender = lines -> {};
    try (LogweirEngine engine = LogweirEngine.builder().build()) {
      startAndFinish(engine, sender, 1_000);
      long before = heapBytes();
      startAndFinish(engine, sender, MANY_JOBS);

      assertThat(engine.activeJobs()).isZero();
      // The last ones' threads may be on their way out of them.
      Eventually.until(() -> heapBytes() - before < MANY_JOBS * FORGOTTEN_BYTES);
    }
  }

  private static void startAndFinish(LogweirEngine engine, BatchSender sender, int count) {
    for (int i = 0; i < count; i++) {
      LogStreamer job = LogStreamer.builder(sender).engine(engine).start();
      writeLine(job.stdout());
      if (i % 2 == 0) {
        assertThat(job.finish().isComplete()).isTrue();
      }
      job.close();
    }
  }

  private static void writeLine(SafeBuffer stream) {
    byte[] line = "a line\n".getBytes(US_ASCII);
    stream.write(line, 0, line.length);
  }

  private static long heapBytes() {
    System.gc();
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .map(MemoryPoolMXBean::getCollectionUsage)
        .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
        .sum();
  }

  /**
   * Equal jobs with an engine of their own, whose senders hang once they have a batch of some size.
   */
  private static final class Jobs implements AutoCloseable {
    private final CountDownLatch gate = new CountDownLatch(1);
    private final List<LogStreamer> jobs = new ArrayList<>();
    private final List<CountDownLatch> stalled = new ArrayList<>();
    private final CountDownLatch interrupted = new CountDownLatch(JOBS);
    private final ExecutorService pumps = Executors.newCachedThreadPool();
    private final long heapBefore = heapBytes();
    private final LogweirEngine engine = LogweirEngine.builder().build();

    Jobs(WhenFull whenFull, LogListener... listeners) {
      for (int i = 0; i < JOBS; i++) {
        CountDownLatch hangs = new CountDownLatch(1);
        stalled.add(hangs);
        LogStreamer.Builder builder =
            LogStreamer.builder(sender(hangs))
                .engine(engine)
                .whenFull(whenFull)
                .maxWait(Duration.ofDays(1));
        for (LogListener listener : listeners) {
          builder.listener(listener);
        }
        LogStreamer job = builder.start();
        jobs.add(job);
        if (whenFull == WhenFull.WAIT) {
          pump(job);
        }
      }
    }

    /** While a child's silent streams are pumped, lines wait for room in the queue. */
    private void pump(LogStreamer job) {
      Process child = new FakeProcess(silence(gate), silence(gate));
      var unused =
          pumps.submit(
              () -> {
                job.pump(child);
                return null;
              });
    }

    /**
     * The first batch is one line, as it goes at once: to hang in a full one fills this place too.
     */
    private BatchSender sender(CountDownLatch hangs) {
      return lines -> {
        if (LogBatch.of(lines).byteCount() > JobSettings.DEFAULT_SIZE / 2) {
          hangs.countDown();
          try {
            gate.await();
          } finally {
            interrupted.countDown();
          }
        }
      };
    }

    /** Writes one part in four to standard error, the rest to standard output. */
    void write(Lines lines, long bytesPerJob) throws InterruptedException {
      byte[] text = lines.text();
      for (int i = 0; i < jobs.size(); i++) {
        LogStreamer job = jobs.get(i);
        long written = 0;
        for (int round = 0; written < bytesPerJob; round++) {
          SafeBuffer stream = round % 4 == 3 ? job.stderr() : job.stdout();
          for (int at = 0; at < text.length; at += CHUNK) {
            stream.write(text, at, Math.min(CHUNK, text.length - at));
          }
          written += text.length;
          if (stalled.get(i).getCount() > 0) {
            job.drain();
          }
        }
        stalled.get(i).await();
        job.drain();
      }
    }

    /** Finishes all without any time, and waits until the interrupted senders have returned. */
    void endInVain() throws InterruptedException {
      jobs.forEach(job -> job.finish(Duration.ZERO));
      interrupted.await();
    }

    long heldBytes() {
      return heapBytes() - heapBefore;
    }

    long maxRetainedBytes() {
      return engine.maxRetainedBytes()
          + jobs.stream().mapToLong(LogStreamer::maxRetainedBytes).sum();
    }

    @Override
    public void close() {
      gate.countDown();
      pumps.shutdown();
      jobs.forEach(job -> job.finish(Duration.ofSeconds(60)));
      engine.close();
    }
  }

  /** Writes nothing until it is told to end. */
  private static InputStream silence(CountDownLatch end) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return read(new byte[1], 0, 1);
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        try {
          end.await();
          return -1;
        } catch (InterruptedException e) {
          throw new InterruptedIOException();
        }
      }
    };
  }
}
