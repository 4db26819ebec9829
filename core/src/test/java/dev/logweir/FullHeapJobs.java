package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Jobs that write while the heap of this JVM is full, for {@link FullHeapTest}: the JDK's own
 * allocations fail here too, and those of threads that nobody named.
 *
 * <p>Prints what is not as it must be and ends with 1; with 0 and a line of counts otherwise. What
 * the writers do allocates nothing, so that whatever fails is the library's.
 */
final class FullHeapJobs {
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int ROUNDS = 2;

  /** Lines that each writer writes in a round while the heap is full. */
  private static final int LINES = 25;

  private static final int PAD = 4_000;
  private static final int DIGITS = 9;

  /** Of {@code " [logweir 0123abcd: continued]"}. */
  private static final int CONTINUED_BYTES = 30;

  private static final long PAUSE_NANOS = 1_000_000;

  private static volatile boolean begun;
  private static volatile int failedAt;

  private static final AtomicReference<Throwable> FAILURE = new AtomicReference<>();

  private FullHeapJobs() {}

  public static void main(String[] args) throws Exception {
    MemoryBudget budget = MemoryBudget.of(8 << 20);
    LogweirEngine engine = LogweirEngine.builder().budget(budget).build();
    require(runJobs(engine, false) == 0, "lines were lost"); // and all classes are there now
    long lost = runJobs(engine, true);
    require(runJobs(engine, false) == 0, "with memory again, lines were lost");
    require(engine.retainedBytes() <= engine.maxRetainedBytes(), "more is retained than allowed");
    engine.close(TIMEOUT);
    require(budget.usedBytes() == 0, "budget used: " + budget.usedBytes());
    require(engine.activeJobs() == 0, "active jobs: " + engine.activeJobs());
    require(engine.abandonedCalls() == 0, "abandoned calls: " + engine.abandonedCalls());
    require(engine.drains.threads() == 0, "drain threads: " + engine.drains.threads());
    require(engine.sends.threads() == 0, "send threads: " + engine.sends.threads());
    System.out.println("lines lost for want of memory: " + lost);
    System.exit(0); // the engine's last thread may take its time to go
  }

  /** Runs a job of each kind to its end; returns how many lines were lost for want of memory. */
  private static long runJobs(LogweirEngine engine, boolean full) throws Exception {
    Checked plainSender = new Checked();
    Checked maskedSender = new Checked();
    Checked shippedSender = new Checked();
    LogStreamer plain =
        LogStreamer.builder(plainSender).engine(engine).maxSize(256 << 10).markers(false).start();
    LogStreamer masked =
        LogStreamer.builder(maskedSender)
            .engine(engine)
            .maxSize(256 << 10)
            .markers(false)
            .maxInterval(Duration.ofMillis(1))
            .processor(OutcomeVariables.unmasked())
            .processor(SecretMasker.of(List.of("not in any line", "nor is this")))
            .processor(LinePrefixer.numbered())
            .start();
    BatchShipper shipper =
        BatchShipper.builder(shippedSender)
            .engine(engine)
            .maxSize(256 << 10)
            .markers(false)
            .start();
    Writer[] writers = {
      new Writer('o', plain.stdout()::write),
      new Writer('e', plain.stderr()::write),
      new Writer('o', masked.stdout()::write),
      new Writer('e', masked.stderr()::write),
      new Writer('s', shipper::submit)
    };
    for (int round = 0; round < ROUNDS; round++) {
      begun = false;
      for (Writer writer : writers) {
        writer.begin();
      }
      Object[] ballast = full ? fill(null) : null;
      begun = true;
      for (int seen = 0, now = 0; now < LINES * writers.length; now = written(writers)) {
        if (full && now != seen) {
          seen = now;
          ballast = fill(ballast); // what others have let go
        }
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      ballast = null;
      for (Writer writer : writers) {
        writer.thread.join();
      }
      plain.flush(TIMEOUT);
      masked.flush(TIMEOUT);
      shipper.flush(TIMEOUT);
    }
    List<SinkReport> reports =
        List.of(
            plain.finish(TIMEOUT).sink(), masked.finish(TIMEOUT).sink(), shipper.finish(TIMEOUT));
    Throwable failure = FAILURE.get();
    if (failure != null) {
      throw new AssertionError("a write or a sender failed: " + (char) failedAt, failure);
    }
    long lost = 0;
    List<Checked> senders = List.of(plainSender, maskedSender, shippedSender);
    for (int i = 0; i < reports.size(); i++) {
      SinkReport report = reports.get(i);
      long written = (i == 2 ? 1L : 2L) * ROUNDS * LINES;
      require(report.accepted().lines() == written, written + " lines were written: " + report);
      long counted =
          report.shipped().lines()
              + report.filtered().lines()
              + report.droppedTotal().lines()
              + report.held().lines();
      require(counted == written, "the balance does not close: " + report);
      require(report.held().isZero(), "held at the end: " + report);
      require(report.dropped(DropReason.FLUSH_TIMEOUT).isZero(), "at its deadline: " + report);
      long arrived = senders.get(i).lines.get();
      require(arrived >= report.shipped().lines(), arrived + " arrived: " + report);
      lost += report.droppedTotal().lines();
    }
    return lost;
  }

  private static int written(Writer[] writers) {
    int lines = 0;
    for (Writer writer : writers) {
      lines += writer.written.get();
    }
    return lines;
  }

  /** Takes what is free, down to the smallest arrays. */
  private static Object[] fill(Object[] before) {
    Object[] ballast = before;
    for (int size = 64 << 10; size >= 2; size /= 4) {
      try {
        while (true) {
          Object[] next = new Object[size];
          next[0] = ballast;
          ballast = next;
        }
      } catch (OutOfMemoryError ignored) {
        // smaller ones may still have a place
      }
    }
    return ballast;
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      System.out.println(otherwise);
      System.exit(1);
    }
  }

  private interface Target {
    void write(byte[] bytes, int offset, int length) throws Exception;
  }

  /** Writes numbered lines from a thread of its own, out of one array. */
  private static final class Writer {
    final Target target;
    final byte[] line;
    final AtomicInteger written = new AtomicInteger();
    Thread thread = new Thread();
    private int number;

    Writer(char stream, Target target) {
      this.target = target;
      // Long lines: a segment is full after a few, and the next one is not to be had.
      line = ("x".repeat(PAD) + '#' + stream + "0".repeat(DIGITS) + '\n').getBytes(US_ASCII);
    }

    void begin() throws InterruptedException {
      written.set(0);
      CountDownLatch running = new CountDownLatch(1);
      thread =
          new Thread(
              () -> {
                running.countDown();
                while (!begun) {
                  Thread.onSpinWait(); // a latch may want memory
                }
                write();
              });
      thread.start();
      running.await();
    }

    private void write() {
      boolean shipped = line[line.length - 2 - DIGITS] == 's';
      try {
        while (written.get() < LINES) {
          number++;
          for (int i = 0, left = number; i < DIGITS; i++, left /= 10) {
            line[line.length - 2 - i] = (byte) ('0' + left % 10);
          }
          target.write(line, 0, shipped ? line.length - 1 : line.length);
          written.incrementAndGet();
        }
      } catch (Throwable e) {
        FAILURE.compareAndSet(null, e);
        failedAt = line[line.length - 2 - DIGITS];
        written.set(LINES);
      }
    }
  }

  /** Counts lines, and looks that each was written and comes once, in its stream's order. */
  private static final class Checked implements BatchSender {
    private final byte[] bytes = new byte[2 * PAD];
    private final int[] last = new int[128];
    private final AtomicLong lines = new AtomicLong();

    /** Bytes of the line under way that came as fragments, for want of one segment for it all. */
    private int before;

    @Override
    public void send(List<String> batch) {
      LineReader reader = LogBatch.of(batch).reader();
      while (reader.next()) {
        int length = reader.read(bytes, 0, bytes.length);
        if (bytes[length - 1] == ']') {
          before += length - CONTINUED_BYTES;
          continue;
        }
        int at = length - DIGITS;
        int number = 0;
        for (int i = Math.max(0, at); i < length; i++) {
          number = number * 10 + (bytes[i] - '0');
        }
        // With a prefix in front of it, the first one may be longer.
        boolean whole = at >= 2 && before + at >= PAD + 2 && bytes[at - 2] == '#';
        if (!whole || reader.length() > length || number <= last[bytes[at - 1]]) {
          String shown =
              new String(bytes, Math.max(0, length - 99), Math.min(length, 99), US_ASCII);
          FAILURE.compareAndSet(null, new AssertionError("not as it was written: " + shown));
          return;
        }
        last[bytes[at - 1]] = number;
        before = 0;
        lines.incrementAndGet();
      }
    }
  }
}
