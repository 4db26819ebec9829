package dev.logweir.benchmarks;

import dev.logweir.LogReport;
import dev.logweir.LogweirEngine;
import dev.logweir.MemoryBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Random jobs on real threads, checked against all nine invariants: {@code StressRun --minutes N
 * --seed S [--break lose|reorder|join]}, called by {@code benchmarks/run stress}.
 *
 * <p>Each round has an engine of its own, with or without a budget and an executor, and up to eight
 * jobs whose writers, processors, senders and ends follow from the seed; their timing does not. The
 * first thing that does not hold ends the run with exit code 1 and names seed and round.
 */
public final class StressRun {
  private static final Duration ENGINE_TIMEOUT = Duration.ofSeconds(2);
  private static final long JOIN_MILLIS = 20_000;
  private static final long LONGEST_WRITE_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final long CLOSE_SLACK_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int MAX_JOBS = 8;

  private final StressSender.Flaw flaw;
  private final StressCounts counts = new StressCounts();

  private StressRun(StressSender.Flaw flaw) {
    this.flaw = flaw;
  }

  /** Runs and exits. */
  public static void main(String[] args) throws Exception {
    double minutes = -1;
    long seed = System.nanoTime();
    StressSender.Flaw flaw = StressSender.Flaw.NONE;
    try {
      for (int i = 0; i < args.length; i += 2) {
        String value = args[i + 1];
        switch (args[i]) {
          case "--minutes" -> minutes = Double.parseDouble(value);
          case "--seed" -> seed = Long.parseLong(value);
          case "--break" -> flaw = StressSender.Flaw.valueOf(value.toUpperCase(Locale.ROOT));
          default -> throw new IllegalArgumentException(args[i]);
        }
      }
    } catch (IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
      minutes = -1;
    }
    if (!(minutes > 0 && minutes <= 24 * 60)) {
      System.err.println("usage: StressRun --minutes N [--seed S] [--break lose|reorder|join]");
      System.exit(2);
    }
    System.out.printf(Locale.ROOT, "%sseed %d, %.1f minutes%n", Machine.describe(), seed, minutes);
    System.exit(new StressRun(flaw).run(seed, (long) (minutes * TimeUnit.MINUTES.toNanos(1))));
  }

  private int run(long seed, long nanos) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    long begun = System.nanoTime();
    List<String> faults = List.of();
    while (System.nanoTime() - begun < nanos && faults.isEmpty()) {
      faults = round(random.nextLong());
      counts.rounds++;
    }
    System.out.println(counts);
    if (faults.isEmpty()) {
      System.out.println("all invariants held");
      return 0;
    }
    System.out.println("FAILED in round " + counts.rounds + " of seed " + seed + ":");
    faults.forEach(System.out::println);
    return 1;
  }

  private List<String> round(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    CountDownLatch over = new CountDownLatch(1);
    AtomicLong longestWrite = new AtomicLong();
    MemoryBudget budget = random.nextInt(3) == 0 ? MemoryBudget.of(6L << 20) : null;
    ExecutorService executor = random.nextInt(4) == 0 ? Executors.newFixedThreadPool(4) : null;
    LogweirEngine.Builder builder =
        LogweirEngine.builder().maxConcurrentSends(1 + random.nextInt(8));
    if (budget != null) {
      builder.budget(budget);
    }
    if (executor != null) {
      builder.sendExecutor(
          task -> {
            if (task.hashCode() % 16 == 0) {
              throw new RejectedExecutionException("on purpose");
            }
            executor.execute(task);
          });
    }
    LogweirEngine engine = builder.build();
    List<StressJob> jobs = new ArrayList<>();
    List<Thread> runners = new ArrayList<>();
    int count = 1 + random.nextInt(MAX_JOBS);
    for (int i = 0; i < count; i++) {
      StressJob job = new StressJob("job" + i, random.nextLong(), engine, flaw, over, longestWrite);
      jobs.add(job);
      runners.add(
          new Thread(
              () -> {
                try {
                  job.run();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              },
              "stress-" + i));
    }
    List<String> faults = new ArrayList<>();
    runners.forEach(Thread::start);
    for (Thread runner : runners) {
      runner.join(TimeUnit.MINUTES.toMillis(2));
      if (runner.isAlive()) {
        faults.add(runner.getName() + " does not end");
      }
    }
    long closing = System.nanoTime();
    List<LogReport> left = engine.close(ENGINE_TIMEOUT);
    if (System.nanoTime() - closing > ENGINE_TIMEOUT.toNanos() + CLOSE_SLACK_NANOS) {
      faults.add("the engine's close took too long");
    }
    long expected = jobs.stream().filter(job -> job.end == StressJob.End.ENGINE).count();
    if (left.size() != expected) {
      faults.add("the engine ended " + left.size() + " jobs, there were " + expected);
    }
    over.countDown();
    for (StressJob job : jobs) {
      job.faults().forEach(fault -> faults.add(job + ": " + fault));
      job.count(counts);
    }
    if (executor != null) {
      executor.shutdown();
      executor.awaitTermination(JOIN_MILLIS, TimeUnit.MILLISECONDS);
    }
    counts.longestWriteNanos = Math.max(counts.longestWriteNanos, longestWrite.get());
    if (longestWrite.get() > LONGEST_WRITE_NANOS) {
      faults.add("a write took " + longestWrite + " ns");
    }
    leftBehind(before, engine, budget, faults);
    for (StressJob job : jobs) {
      if (job.retainedBytes() != 0) {
        faults.add(job + ": held after its end: " + job.retainedBytes());
      }
    }
    return faults;
  }

  private static void leftBehind(
      Set<Thread> before, LogweirEngine engine, @Nullable MemoryBudget budget, List<String> faults)
      throws InterruptedException {
    Set<Thread> left =
        Thread.getAllStackTraces().keySet().stream()
            .filter(thread -> !before.contains(thread) && thread.getName().startsWith("logweir-"))
            .collect(Collectors.toSet());
    for (Thread thread : left) {
      thread.join(JOIN_MILLIS);
      if (thread.isAlive()) {
        faults.add("left behind: " + thread);
      }
    }
    // Virtual threads are in no list: their calls are waited for here.
    long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MILLIS);
    while ((engine.abandonedCalls() != 0 || engine.retainedBytes() != 0)
        && System.nanoTime() - until < 0) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
    if (engine.activeJobs() != 0 || engine.abandonedCalls() != 0 || engine.retainedBytes() != 0) {
      faults.add("left in the engine: " + engine + ", abandoned calls " + engine.abandonedCalls());
    }
    if (budget != null && budget.usedBytes() != 0) {
      faults.add("left in the budget: " + budget);
    }
  }
}
