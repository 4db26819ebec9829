package dev.logweir.benchmarks;

import dev.logweir.BatchSender;
import dev.logweir.LinePrefixer;
import dev.logweir.LogReport;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * The process whose heap is to be enough or not: jobs that talk, and an API that hangs: {@code
 * StalledJobs logweir|plain JOBS MAXSIZE}. With 0 jobs it says how large the heap is without, and
 * what the formula says.
 *
 * <p>In {@value #SECONDS} s every job writes {@value #TIMES} times what the formula allows it. To
 * stdout go, every {@value #LOOK_MILLIS} ms, a line {@code look} with the milliseconds since the
 * beginning, the bytes used in the heap, those left by the last collection, those held as the jobs
 * count them, those written, and the process's resident memory at its most; and at the end a line
 * {@code reported} with the number of jobs whose report balances.
 */
final class StalledJobs {
  static final int SECONDS = 5;
  static final int TIMES = 4;
  static final int LOOK_MILLIS = 50;

  private static final int WRITERS = 2;
  private static final int STDERR_EVERY = 8;
  private static final Duration TICK = Duration.ofMillis(50);
  private static final Duration END = Duration.ofSeconds(2);

  private final byte[] text = Workload.of("mixed").bytes();
  private final CountDownLatch never = new CountDownLatch(1);
  private final AtomicLong written = new AtomicLong();
  private final int count;
  private final int maxSize;
  private final LogweirEngine engine = LogweirEngine.builder().build();

  private StalledJobs(int count, int maxSize) {
    this.count = count;
    this.maxSize = maxSize;
  }

  /** Runs. */
  public static void main(String[] args) throws Exception {
    StalledJobs run = new StalledJobs(Integer.parseInt(args[1]), Integer.parseInt(args[2]));
    if (run.count == 0) {
      run.sayBase();
    } else if (args[0].equals("plain")) {
      run.plain();
    } else {
      run.logweir();
    }
    System.exit(0);
  }

  private LogStreamer.Builder job() {
    BatchSender stalled = lines -> never.await();
    return LogStreamer.builder(stalled)
        .engine(engine)
        .maxSize(maxSize)
        .processor(LinePrefixer.numbered());
  }

  private void sayBase() {
    // All classes are there once a job has come and gone.
    LogStreamer job = job().start();
    job.stdout().write(text, 0, text.length);
    job.finish(Duration.ofMillis(100));
    System.out.printf(
        "base %d %d %d%n", HeapUse.settled(), engine.maxRetainedBytes(), job().maxRetainedBytes());
  }

  private void logweir() throws Exception {
    List<LogStreamer> jobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      jobs.add(job().start());
    }
    long each = jobs.get(0).maxRetainedBytes() * TIMES;
    try (Looks looks = new Looks(engine::retainedBytes)) {
      write(
          each,
          (job, offset, length, toStderr) ->
              (toStderr ? jobs.get(job).stderr() : jobs.get(job).stdout())
                  .write(text, offset, length));
      List<LogReport> reports = engine.close(END);
      looks.last();
      long balanced = reports.stream().filter(report -> balances(report.sink())).count();
      long accepted = reports.stream().mapToLong(r -> r.sink().accepted().bytes()).sum();
      if (accepted != written.get()) {
        throw new IllegalStateException(accepted + " bytes accepted of " + written);
      }
      System.out.println("reported " + balanced);
      sayOther();
    }
  }

  private void plain() throws Exception {
    long each = job().maxRetainedBytes() * TIMES;
    List<SynchronousPort> jobs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      jobs.add(new SynchronousPort(maxSize, TICK, lines -> hang()));
    }
    LongSupplier held = () -> jobs.stream().mapToLong(job -> job.stdout().size()).sum();
    try (Looks looks = new Looks(held)) {
      write(
          each,
          (job, offset, length, toStderr) -> jobs.get(job).stdout().write(text, offset, length));
      looks.last();
    }
  }

  private void hang() {
    try {
      never.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says what the process has beside the heap. */
  private static void sayOther() {
    StringJoiner text = new StringJoiner(", ");
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      text.add(pool.getName() + " " + pool.getMemoryUsed());
    }
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      if (pool.getType() == MemoryType.NON_HEAP) {
        text.add(pool.getName() + " " + pool.getUsage().getUsed());
      }
    }
    System.out.printf(
        "beside the heap, in bytes: %s; %d threads at most%n",
        text, ManagementFactory.getThreadMXBean().getPeakThreadCount());
  }

  private static boolean balances(SinkReport account) {
    Tally accounted = account.shipped().plus(account.filtered()).plus(account.droppedTotal());
    return account.held().isZero() && accounted.equals(account.accepted());
  }

  /** Takes a part of the text for a job. */
  private interface Target {
    void write(int job, int offset, int length, boolean toStderr) throws IOException;
  }

  /** Writes at an even pace from some threads, so many bytes to each job. */
  private void write(long each, Target target) throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(WRITERS);
    long begun = System.nanoTime();
    List<Future<?>> ends = new ArrayList<>();
    for (int writer = 0; writer < WRITERS; writer++) {
      int first = writer;
      ends.add(
          writers.submit(
              () -> {
                write(each, target, first, begun);
                return null;
              }));
    }
    writers.shutdown();
    for (Future<?> end : ends) {
      end.get();
    }
  }

  private void write(long each, Target target, int first, long begun) throws IOException {
    long rounds = each / Workload.CHUNK;
    for (long round = 0; round < rounds; round++) {
      long due = begun + TimeUnit.SECONDS.toNanos(SECONDS) * round / rounds;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      int offset = (int) (round * Workload.CHUNK % text.length);
      for (int job = first; job < count; job += WRITERS) {
        target.write(job, offset, Workload.CHUNK, round % STDERR_EVERY == STDERR_EVERY - 1);
        written.addAndGet(Workload.CHUNK);
      }
    }
  }

  /** Prints what is in the heap, again and again. */
  private final class Looks implements AutoCloseable {
    private final LongSupplier held;
    private final long begun = System.nanoTime();
    private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

    Looks(LongSupplier held) {
      this.held = held;
      // Here, and not on the timer's thread, once the jobs write.
      look();
      var unused = timer.scheduleAtFixedRate(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    private void look() {
      System.out.printf(
          "look %d %d %d %d %d %s%n",
          TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begun),
          HeapUse.now(),
          HeapUse.leftByLastCollection(),
          held.getAsLong(),
          written.get(),
          mostResident());
    }

    private static String mostResident() {
      try {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(line -> line.startsWith("VmHWM:"))
            .map(line -> line.replaceAll("\\D", ""))
            .findFirst()
            .orElse("n/a");
      } catch (IOException e) {
        return "n/a";
      }
    }

    void last() throws InterruptedException {
      close();
      boolean unused = timer.awaitTermination(1, TimeUnit.MINUTES);
      look();
    }

    @Override
    public void close() {
      timer.shutdown();
    }
  }
}
