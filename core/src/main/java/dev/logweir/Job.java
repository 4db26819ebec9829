package dev.logweir;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The life of a job, from start to final report, whatever feeds it and however many sinks it has:
 * makes its parts, and passes the events of one to the others. Its {@link JobPlaces} hold what was
 * written, its {@link JobSources} know how what writes has ended, its {@link JobEnd} ends it.
 */
final class Job extends JobContext implements EngineJob {
  final JobPlaces places;
  final JobSources sources;
  private final JobEnd end;

  /** Without pumps. */
  private final long maxRetainedBytes;

  private Job(LogweirEngine engine, JobSettings settings, boolean streams) {
    super(engine, settings);
    maxRetainedBytes = settings.maxRetainedBytes(streams);
    SegmentPool pool = engine.pool(settings.maxSize);
    List<Sink> sinks = openSinks(streams, pool);
    JobDrain drain = streams ? openStreams(sinks, pool) : null;
    sources = new JobSources(this, drain == null ? null : drain.stdout());
    places = new JobPlaces(this, drain, sinks, sources);
    end = new JobEnd(this, places);
  }

  /**
   * Starts a job. If it fails, nothing of it is left, and nothing was closed.
   *
   * @param settings complete ones
   * @param streams whether it has streams of its own
   * @throws IllegalStateException if the engine is closed, the budget has no room for the job's
   *     reserve, or too many abandoned calls stand in the way of a processor or listener
   * @throws IllegalArgumentException if the bound of a sender is too small, or what a sender or
   *     processor says that it holds is negative
   */
  static Job start(JobSettings settings, boolean streams) {
    LogweirEngine engine = settings.engine();
    settings.processors.forEach(processor -> checkLimit(engine, "a processor", processor));
    settings.listeners.forEach(listener -> checkLimit(engine, "a listener", listener));
    MemoryBudget budget = engine.budget();
    long reserve = (long) settings.reservedPlaces(streams) * Segment.nominalFor(settings.maxSize);
    if (budget != null && !budget.take(reserve)) {
      throw new IllegalStateException(
          "the budget must have room for the job's reserve of "
              + reserve
              + " B: "
              + (budget.limitBytes() - budget.usedBytes()));
    }
    boolean started = false;
    try {
      Job job = new Job(engine, settings, streams);
      engine.register(job); // from now on others see it
      started = true;
      return job;
    } finally {
      if (!started && budget != null) {
        budget.give(reserve);
      }
    }
  }

  private static void checkLimit(LogweirEngine engine, String what, Object owner) {
    if (engine.abandoned.isAtLimit(owner)) {
      throw new IllegalStateException(
          what + " must have less than " + AbandonedCalls.LIMIT + " abandoned calls");
    }
  }

  private List<Sink> openSinks(boolean streams, SegmentPool pool) {
    List<Sink> made = new ArrayList<>(settings.senders.size());
    for (BatchSender sender : settings.senders) {
      RecentLines recent =
          streams && made.isEmpty() ? new RecentLines(settings.recentLineBytes) : RecentLines.NONE;
      Sink sink = new Sink(this, sender, new SegmentAccount(pool, engine.budget()), recent);
      if (sink.intake.maxLineBytes() < JobSettings.MIN_LINE) {
        throw new IllegalArgumentException(
            "maxBatchBytes must have room for a fragment of 256 B and a marker: "
                + sender.maxBatchBytes());
      }
      made.add(sink);
    }
    return List.copyOf(made);
  }

  private JobDrain openStreams(List<Sink> sinks, SegmentPool pool) {
    MemoryBudget budget = engine.budget();
    return new JobDrain(
        this, sinks, new SegmentAccount(pool, budget), new SegmentAccount(pool, budget));
  }

  // ---- looking at it ----

  State state() {
    return end.state();
  }

  /** Returns the drain of a job that has streams. */
  JobDrain streams() {
    return Objects.requireNonNull(places.drain);
  }

  Sink firstSink() {
    return places.sinks.get(0);
  }

  LogReport report() {
    return end.report();
  }

  @Override
  public LogReport finalReport() {
    return end.finalReport();
  }

  @Override
  public long retainedBytes() {
    return places.retainedBytes();
  }

  @Override
  public long maxRetainedBytes() {
    return maxRetainedBytes + (long) JobSettings.PUMP_BYTES * sources.mostPumps();
  }

  @Override
  public boolean isWithin() {
    Thread thread = Thread.currentThread();
    return places.isOn(thread) || end.isOn(thread);
  }

  /**
   * Whether lines of the calling thread come from this job's own calls, or from a message about
   * them.
   */
  boolean isOwnWord() {
    return log.isTelling() || places.isOwnWord() || isWithin();
  }

  // ---- while it runs ----

  @Override
  public void requestDrain() {
    if (places.drain != null) {
      places.drain.request();
    }
  }

  @Override
  void roomFreed() {
    if (places.drain != null) {
      places.drain.requestOrRun();
    }
  }

  /**
   * Sends what is complete in the streams and what is held in batches as soon as the senders are
   * free.
   *
   * @return whether all of it was sent in time
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  boolean flush(long timeoutNanos) throws InterruptedException {
    if (isWithin()) {
      return false;
    }
    long deadline = engine.time.nanoTime() + timeoutNanos;
    JobDrain drain = places.drain;
    if (drain != null) {
      drain.stdout().store.ask();
    }
    boolean sent = drain == null || drain.drainBy(deadline);
    List<Sink> sinks = places.sinks;
    List<Flush> flushes = new ArrayList<>(sinks.size());
    sinks.forEach(sink -> flushes.add(sink.flush()));
    try {
      for (Flush flush : flushes) {
        long left = Math.max(0, deadline - engine.time.nanoTime());
        sent &= engine.time.await(flush.over, left);
      }
    } finally {
      for (int i = 0; i < flushes.size(); i++) {
        sent &= sinks.get(i).forget(flushes.get(i));
      }
    }
    return sent;
  }

  // ---- the end ----

  /** Begins the end, waits for it up to the timeout, and returns the final report. */
  LogReport finish(long timeoutNanos) {
    if (isWithin()) {
      end.begin(timeoutNanos, false);
      return finalReport();
    }
    end.countCallers(1); // whom a close cancels
    end.begin(timeoutNanos, true);
    end.await();
    end.countCallers(-1);
    return finalReport();
  }

  @Override
  public LogReport finishBy(long deadlineNanos) {
    end.begin(Math.max(0, deadlineNanos - engine.time.nanoTime()), true);
    end.await(deadlineNanos);
    return finalReport();
  }

  /** Ends the job; cancels the {@link #finish} that another thread is in. */
  void close() {
    boolean within = isWithin();
    if (end.hasBegun() && end.hasCallers() && !within) {
      end.timeUp();
      return;
    }
    end.begin(settings.timeoutNanos, !within);
    if (!within) {
      end.await();
    }
  }

  @Override
  public void beginEnd(long timeoutNanos, boolean waits) {
    end.begin(timeoutNanos, waits);
  }

  @Override
  void drained() {
    places.noMore();
  }

  @Override
  void sinkDone() {
    end.sinkDone();
  }

  @Override
  void over() {
    engine.unregister(this);
  }
}
