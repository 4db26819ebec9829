package dev.logweir;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.ILoggerFactory;
import org.slf4j.LoggerFactory;

/**
 * What the jobs of a runner share: threads, timer, free segments, and the budget if there is one.
 *
 * <p>It has no thread while it has no job, and one while its jobs have nothing to do. Threads are
 * daemons: for drains at most as many as the machine has processors, for sends at most {@code
 * maxConcurrentSends}, for the ends of jobs one a job that ends, at most 1,024, and one for timers
 * while it has jobs. Thread-safe.
 */
public final class LogweirEngine implements AutoCloseable {
  /*
   * Two locks, each held for a few steps. `registering` decides between close and the start of a
   * job: after close has set `closed` under it, a job is either among `jobs`, and is ended, or is
   * refused. `scratchLock` guards the rooms that are lent to drains, one a drain thread.
   *
   * Threads, timer and meters are needed by the deadlines of jobs that end. So they are released
   * by whoever is last, close or the last job to unregister, and only once.
   */

  /** How many sends run at once if not set. */
  public static final int DEFAULT_MAX_CONCURRENT_SENDS = 1024;

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(10);
  private static final int MEMORY_TRIES = 50;
  private static final int MAX_SENDS = 1 << 16;
  static final int MAX_CLOSINGS = 1024;
  private static final int FREE_LARGE_BYTES = 3 << 20;
  private static final int FREE_SMALL_BYTES = 1 << 20;
  private static final int OWN_BYTES = 64 << 10;
  private static final long DRAIN_IDLE_NANOS = TimeUnit.SECONDS.toNanos(5);

  final EngineTime time;
  private final FailureLog.Loggers loggers;
  private final AtomicInteger jobNumbers = new AtomicInteger();
  final WorkerPool drains;
  final SendPool sends;

  /** Apart from the sends: what ends must not wait behind other jobs' calls that hang. */
  final SendPool closings;

  final AbandonedCalls abandoned = new AbandonedCalls();
  final LogweirMetrics metrics;
  final Totals totals;

  private final LogweirMetrics.Gauges gauges =
      new LogweirMetrics.Gauges(
          this::retainedBytes, this::limitBytes, this::activeJobs, this::abandonedCalls);
  private final @Nullable MemoryBudget budget;
  private final int drainThreads;
  private final int maxConcurrentSends;
  private final SegmentPool large;
  private final SegmentPool small;
  private final Set<EngineJob> jobs = ConcurrentHashMap.newKeySet();
  private final MemoryLock scratchLock = new MemoryLock(LockOrder.Level.LEAF);

  @GuardedBy("scratchLock")
  private final List<Scratch> scratches;

  /** A job that starts beside {@link #close} is ended by it, or does not start. */
  private final MemoryLock registering = new MemoryLock(LockOrder.Level.LEAF);

  private volatile boolean closed;
  private final AtomicBoolean released = new AtomicBoolean();

  private LogweirEngine(Builder builder) {
    time = builder.time == null ? new SystemTime("logweir-timer") : builder.time;
    loggers = new FailureLog.Loggers(builder.loggers, time);
    drainThreads = Runtime.getRuntime().availableProcessors();
    scratches = new ArrayList<>(drainThreads);
    drains = new WorkerPool(builder.drainFactory, drainThreads, DRAIN_IDLE_NANOS, time);
    FailureLog log = log(SendPool.class, "engine");
    maxConcurrentSends = builder.maxConcurrentSends;
    sends = new SendPool("logweir-send-", maxConcurrentSends, builder.sendExecutor, log);
    closings = new SendPool("logweir-close-", MAX_CLOSINGS, builder.closeExecutor, log);
    budget = builder.budget;
    large = new SegmentPool(Segment.LARGE, FREE_LARGE_BYTES / Segment.LARGE, builder.segments);
    small = new SegmentPool(Segment.SMALL, FREE_SMALL_BYTES / Segment.SMALL, builder.segments);
    metrics = builder.metrics == null ? LogweirMetrics.none() : builder.metrics;
    totals = metrics.totals;
    metrics.attach(gauges);
  }

  /** Returns the engine of jobs that name none. It is never closed: {@link #close} refuses it. */
  public static LogweirEngine shared() {
    return Shared.ENGINE;
  }

  /** Made when first asked for. */
  private static final class Shared {
    private static final LogweirEngine ENGINE = builder().build();
  }

  /** Returns a builder of an engine of one's own. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns the number of jobs started and not yet ended. */
  public int activeJobs() {
    return jobs.size();
  }

  /**
   * Returns the number of calls that hang: they ignored an interrupt, or held a drain's thread for
   * more than a second while others waited, and have not returned yet.
   */
  public int abandonedCalls() {
    return abandoned.count();
  }

  /** Returns the heap bytes charged to jobs now, without their fixed parts. */
  public long retainedBytes() {
    return jobs.stream().mapToLong(EngineJob::retainedBytes).sum();
  }

  /**
   * Returns the most heap bytes that the engine itself holds: free segments (4 MiB), a scratch for
   * long lines a drain thread, and its own objects. A pod needs this and the {@link
   * LogStreamer#maxRetainedBytes()} of all its jobs.
   */
  public long maxRetainedBytes() {
    long scratch = Scratch.maxBytes(Scratch.USUAL_LINE, Scratch.MAX_PROCESSORS) * drainThreads;
    return FREE_LARGE_BYTES + FREE_SMALL_BYTES + scratch + OWN_BYTES;
  }

  /** What the engine and its jobs may come to. */
  long limitBytes() {
    return maxRetainedBytes() + jobs.stream().mapToLong(EngineJob::maxRetainedBytes).sum();
  }

  /**
   * Ends all jobs side by side under one deadline, then the threads. From within a processor,
   * sender, listener or callback of one of its jobs it begins the end of all and returns at once;
   * each job keeps its deadline, and the threads and the timer end with the last job.
   *
   * @param timeout 0 to 1 day
   * @return the final reports of the jobs that had not ended; from within one of them, the reports
   *     so far
   * @throws NullPointerException if {@code timeout} is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   * @throws IllegalStateException if this is the shared engine
   */
  public List<LogReport> close(Duration timeout) {
    long nanos = Checks.timeout("timeout", timeout);
    if (this == Shared.ENGINE) {
      throw new IllegalStateException("the shared engine can't be closed");
    }
    long deadline = time.nanoTime() + nanos;
    registering.lock();
    try {
      closed = true; // a job that is not among the jobs by now does not start
    } finally {
      registering.unlock();
    }
    boolean waits = !isOn() && !isWithinAJob();
    List<LogReport> reports = null;
    while (reports == null) {
      try {
        reports = endAll(List.copyOf(jobs), nanos, deadline, waits);
      } catch (OutOfMemoryError e) {
        if (time.nanoTime() - deadline >= 0) {
          releaseIfOver();
          throw e;
        }
        MemoryLock.awaitMemory(); // each step of an end may be taken again
      }
    }
    releaseIfOver();
    if (waits) {
      try {
        sends.awaitEnd(Math.max(0, deadline - time.nanoTime()));
        closings.awaitEnd(Math.max(0, deadline - time.nanoTime()));
        drains.awaitEnd(Math.max(0, deadline - time.nanoTime()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return reports;
  }

  private static List<LogReport> endAll(
      List<EngineJob> open, long nanos, long deadline, boolean waits) {
    List<LogReport> reports = new ArrayList<>(open.size());
    for (int i = 0; i < open.size(); i++) {
      open.get(i).beginEnd(nanos, waits);
    }
    for (int i = 0; i < open.size(); i++) {
      EngineJob job = open.get(i);
      reports.add(waits ? job.finishBy(deadline) : job.finalReport());
    }
    return reports;
  }

  /** Whether the end of a job or of a thread waits for the call that the calling thread is in. */
  private boolean isOn() {
    return drains.isOn() || sends.isOn() || closings.isOn();
  }

  private boolean isWithinAJob() {
    for (int i = 0; i < MEMORY_TRIES; i++) {
      try {
        return jobs.stream().anyMatch(EngineJob::isWithin);
      } catch (OutOfMemoryError ignored) {
        MemoryLock.awaitMemory();
      }
    }
    return true; // to wait for oneself would be worse than not to wait
  }

  /**
   * Ends threads, timer and meters once the engine is closed and its last job is over: until then
   * the jobs' deadlines need them.
   */
  private void releaseIfOver() {
    if (closed && jobs.isEmpty() && released.compareAndSet(false, true)) {
      drains.close();
      sends.close();
      closings.close();
      time.close();
      metrics.detach(gauges);
    }
  }

  /** As {@link #close(Duration)} with 10 seconds. */
  @Override
  public void close() {
    close(CLOSE_TIMEOUT);
  }

  @Override
  public String toString() {
    return "LogweirEngine[" + (closed ? "closed" : "open") + ", " + activeJobs() + " jobs]";
  }

  /** Returns the log of the failures of a subject, such as a job. */
  FailureLog log(Class<?> category, Object subject) {
    return log(category.getName(), subject);
  }

  FailureLog log(String category, Object subject) {
    return new FailureLog(loggers, category, subject);
  }

  /** Returns the number of a job that was given no name. */
  int nextJobNumber() {
    return jobNumbers.incrementAndGet();
  }

  void register(EngineJob job) {
    registering.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the engine is closed");
      }
      time.hold();
      boolean added = false;
      try {
        added = jobs.add(job);
      } finally {
        if (!added) {
          time.release();
        }
      }
    } finally {
      registering.unlock();
    }
  }

  void unregister(EngineJob job) {
    if (jobs.remove(job)) {
      time.release();
    }
    releaseIfOver();
  }

  /** A call of a drain that was counted as hanging has returned: drains may wait for that. */
  void callReturned(Object owner) {
    if (abandoned.remove(owner)) {
      jobs.forEach(EngineJob::requestDrain);
    }
  }

  int drainThreads() {
    return drainThreads;
  }

  int maxConcurrentSends() {
    return maxConcurrentSends;
  }

  @Nullable MemoryBudget budget() {
    return budget;
  }

  SegmentPool pool(int maxSize) {
    return Segment.nominalFor(maxSize) == Segment.SMALL ? small : large;
  }

  /** Lends room for lines of the usual length; a job with longer ones has its own. */
  Scratch takeScratch() {
    scratchLock.lock();
    try {
      if (!scratches.isEmpty()) {
        return scratches.remove(scratches.size() - 1);
      }
    } finally {
      scratchLock.unlock();
    }
    return new Scratch(Scratch.USUAL_LINE);
  }

  void giveScratch(Scratch scratch) {
    scratchLock.lock();
    try {
      if (scratches.size() < drainThreads && !closed) {
        scratches.add(scratch);
      }
    } catch (OutOfMemoryError ignored) {
      // It is garbage then: what the pass took must not be lost for it.
    } finally {
      scratchLock.unlock();
    }
  }

  /** Builds an engine. Not thread-safe. */
  public static final class Builder {
    private int maxConcurrentSends = DEFAULT_MAX_CONCURRENT_SENDS;
    private @Nullable Executor sendExecutor;
    private @Nullable Executor closeExecutor;
    private @Nullable MemoryBudget budget;
    private @Nullable LogweirMetrics metrics;
    private @Nullable EngineTime time;
    private ILoggerFactory loggers = LoggerFactory::getLogger;
    private IntFunction<Segment> segments = Segment::new;
    private ThreadFactory drainFactory = DaemonThreads.platform("logweir-drain-");

    private Builder() {}

    /**
     * Sets how many calls of senders run at once; further jobs wait in their queues. 1 to 65,536,
     * default {@value #DEFAULT_MAX_CONCURRENT_SENDS}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxConcurrentSends(int sends) {
      maxConcurrentSends = Checks.count("maxConcurrentSends", sends, 1, MAX_SENDS);
      return this;
    }

    /**
     * Sets the executor that calls senders. It must run tasks on other threads; tasks that it
     * refuses or runs on the caller go to the engine's own threads, with one warning. Its {@code
     * execute} must return at once, as the engine's timer and the end of a job call it too; no
     * write does.
     *
     * @throws NullPointerException if {@code sendExecutor} is null
     */
    public Builder sendExecutor(Executor sendExecutor) {
      this.sendExecutor = Objects.requireNonNull(sendExecutor, "sendExecutor");
      return this;
    }

    /**
     * Sets a ceiling over the segments of all jobs. None by default: then each job has its own
     * bound only.
     *
     * @throws NullPointerException if {@code budget} is null
     */
    public Builder budget(MemoryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /**
     * Sets the meters.
     *
     * @throws NullPointerException if {@code metrics} is null
     */
    public Builder metrics(LogweirMetrics metrics) {
      this.metrics = Objects.requireNonNull(metrics, "metrics");
      return this;
    }

    /**
     * Sets clock and timers, for tests: see {@link EngineTime}. Default: those of the system.
     *
     * @throws NullPointerException if {@code time} is null
     */
    public Builder time(EngineTime time) {
      this.time = Objects.requireNonNull(time, "time");
      return this;
    }

    Builder loggers(ILoggerFactory factory) {
      loggers = factory;
      return this;
    }

    /** Sets where segments come from that no one has given back. */
    Builder segments(IntFunction<Segment> heap) {
      segments = heap;
      return this;
    }

    /** Sets where processors and senders are closed and the callback after the log runs. */
    Builder closeExecutor(Executor executor) {
      closeExecutor = executor;
      return this;
    }

    Builder drainThreads(ThreadFactory factory) {
      drainFactory = factory;
      return this;
    }

    /** Returns the engine. */
    public LogweirEngine build() {
      return new LogweirEngine(this);
    }
  }
}
