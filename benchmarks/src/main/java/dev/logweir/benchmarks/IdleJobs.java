package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.management.OperatingSystemMXBean;
import dev.logweir.BatchSender;
import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import java.lang.management.ManagementFactory;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * What do jobs cost that do nothing? {@code IdleJobs JOBS SECONDS} starts jobs and looks at them
 * before they write, and again when a line of each has been delivered.
 *
 * <p>Prints {@code idle} and {@code after-a-line}, each with the bytes of a job, the engine's
 * threads at once and after some seconds in which nothing happens, how many other threads there are
 * more than before, and the milliseconds of CPU that the process took in those seconds.
 */
final class IdleJobs {
  private static final int WARM_UP_JOBS = 100;
  private static final byte[] LINE = "a line\n".getBytes(US_ASCII);

  /** Threads for sends end when they had nothing to do for 10 s. */
  private static final int SETTLE_SECONDS = 12;

  private final LogStreamer[] jobs;
  private final int seconds;
  private final CountDownLatch delivered;
  private final LogweirEngine engine;
  private final long othersBefore = threads().others;
  private long base;

  private IdleJobs(int count, int seconds) {
    jobs = new LogStreamer[count];
    this.seconds = seconds;
    delivered = new CountDownLatch(count);
    engine = LogweirEngine.builder().build();
  }

  /** Runs. */
  public static void main(String[] args) throws Exception {
    int seconds = Integer.parseInt(args[1]);
    new IdleJobs(WARM_UP_JOBS, 0).run(false);
    new IdleJobs(Integer.parseInt(args[0]), seconds).run(true);
    System.exit(0);
  }

  private void run(boolean aloud) throws Exception {
    BatchSender sender = lines -> delivered.countDown();
    base = HeapUse.settled();
    for (int i = 0; i < jobs.length; i++) {
      jobs[i] = LogStreamer.builder(sender).engine(engine).start();
    }
    look("idle", aloud);
    for (LogStreamer job : jobs) {
      job.stdout().write(LINE, 0, LINE.length);
    }
    delivered.await();
    look("after-a-line", aloud);
    for (LogStreamer job : jobs) {
      if (!job.finish().isComplete()) {
        throw new IllegalStateException(job.report().toString());
      }
    }
    engine.close();
  }

  private void look(String when, boolean aloud) throws InterruptedException {
    Threads at = threads();
    long cpuMillis = cpuMillisOfNothing(aloud);
    long bytes = (HeapUse.settled() - base) / jobs.length;
    if (aloud) {
      System.out.printf(
          "%s %d %d %d %d %d%n",
          when, bytes, at.engines, threads().engines, threads().others - othersBefore, cpuMillis);
    }
  }

  private record Threads(long engines, long others) {}

  private static Threads threads() {
    Set<Thread> all = Thread.getAllStackTraces().keySet();
    long engines = all.stream().filter(thread -> thread.getName().startsWith("logweir")).count();
    return new Threads(engines, all.size() - engines);
  }

  private long cpuMillisOfNothing(boolean aloud) throws InterruptedException {
    CountDownLatch never = new CountDownLatch(1);
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    boolean unused = aloud && never.await(SETTLE_SECONDS, TimeUnit.SECONDS);
    long before = system.getProcessCpuTime();
    unused = never.await(seconds, TimeUnit.SECONDS);
    return TimeUnit.NANOSECONDS.toMillis(system.getProcessCpuTime() - before);
  }
}
