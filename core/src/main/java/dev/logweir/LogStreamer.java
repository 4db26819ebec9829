package dev.logweir;

import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * Ships the output of one job: takes what is written to its two streams, and gives it in batches of
 * whole lines to one or more senders.
 *
 * <p>Thread-safe. Nothing that is written here waits for a sender; what does not fit is dropped at
 * a line end, counted, and marked in the log. {@link #maxRetainedBytes()} is the most heap that it
 * holds. A job ends by {@link #finish}, or by {@link #close()} if {@code finish} was not called.
 */
public final class LogStreamer implements AutoCloseable {
  /**
   * How long {@link WhenFull#WAIT} waits for a sink without progress if not set: 10 minutes, as
   * long as the senders of Logweir try a batch in all.
   */
  public static final Duration DEFAULT_MAX_WAIT = JobSettings.DEFAULT_MAX_WAIT;

  final Job job;

  private LogStreamer(JobSettings settings) {
    job = Job.start(settings, true);
  }

  /**
   * Returns a builder of a job.
   *
   * @throws NullPointerException if {@code sender} is null
   */
  public static Builder builder(BatchSender sender) {
    return new Builder(Objects.requireNonNull(sender, "sender"));
  }

  /** Returns the job's standard output. */
  public SafeBuffer stdout() {
    return job.streams().stdout();
  }

  /** Returns the job's standard error. */
  public SafeBuffer stderr() {
    return job.streams().stderr();
  }

  /**
   * Reads both streams of a child process until they end, or until two seconds after the child's
   * exit if a descendant holds a pipe open. With {@link WhenFull#WAIT} it stops reading while there
   * is no room. Reads on two threads of its own, with 8 KiB each. A last line without a line end is
   * a line of its own: nothing that comes later joins it.
   *
   * @return how the two streams ended; where one was not read to its end, the report of this job is
   *     not complete
   * @throws NullPointerException if {@code process} is null
   * @throws InterruptedException if the calling thread is interrupted; the readers are let go
   */
  public PumpResult pump(Process process) throws InterruptedException {
    Objects.requireNonNull(process, "process");
    return new ProcessPump(job, job.streams()).run(process);
  }

  /**
   * Reads two streams until both end; as {@link #pump(Process)}, but there is no child whose exit
   * would end it. Closes neither stream, except one whose reading failed, so that its writer or
   * another reader notices.
   *
   * @return how the two streams ended
   * @throws NullPointerException if an argument is null
   * @throws InterruptedException if the calling thread is interrupted; the readers are let go
   */
  public PumpResult pump(InputStream stdout, InputStream stderr) throws InterruptedException {
    Objects.requireNonNull(stdout, "stdout");
    Objects.requireNonNull(stderr, "stderr");
    return new ProcessPump(job, job.streams()).run(stdout, stderr);
  }

  /**
   * Moves the complete lines of the streams to the sinks now, on the calling thread, or waits for
   * the thread that does. What is written meanwhile may be left for later. Sends nothing that is
   * not due, and waits for no sender; {@link #flush} does. Does nothing from within a processor,
   * listener or sender of this job.
   *
   * @return whether all was taken that was complete when this was called; false if a sink has no
   *     room for it
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean drain() throws InterruptedException {
    return job.streams().drainNow();
  }

  /**
   * Sends what is complete in the streams, and what is in batches, as soon as the senders are free,
   * and waits for it; a line that has not ended stays. Returns false at once from within a
   * processor, listener or sender of this job.
   *
   * @param timeout how long to wait at most: 0 to 1 day; what was not sent by then is sent later
   * @return whether all of it was sent in time @throws NullPointerException if {@code timeout} is
   *     null @throws IllegalArgumentException if {@code timeout} is out of range @throws
   *     InterruptedException if the thread is interrupted while it waits
   */
  public boolean flush(Duration timeout) throws InterruptedException {
    long nanos = Checks.timeout("timeout", timeout);
    return job.flush(nanos);
  }

  /** As {@link #finish(Duration)} with the flush timeout, 10 seconds by default. */
  public LogReport finish() {
    return job.finish(job.settings.timeoutNanos);
  }

  /**
   * Ends the job: takes no more writes, sends what is held, and returns a report of what was lost
   * and why when all is sent or the time is up. A call that comes later waits for the same end and
   * returns the same report. From within a processor or sender of this job it begins the end and
   * returns the report so far. An interrupt cancels: what is held is dropped, and the report
   * returned at once with the interrupt restored.
   *
   * <p>If the JVM has no memory for the report within half a second after the end, the returned one
   * says only that the log is not complete, with one line of each sink dropped as {@link
   * DropReason#MEMORY}; {@link #report()} has the counts once there is memory again.
   *
   * @param timeout 0 to 1 day
   * @throws NullPointerException if {@code timeout} is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   */
  public LogReport finish(Duration timeout) {
    return job.finish(Checks.timeout("timeout", timeout));
  }

  /**
   * Ends the job within the flush timeout if {@link #finish} was not called; on an interrupted
   * thread without waiting. While another thread is in {@link #finish}, cancels: that call returns
   * at once. Later calls do nothing.
   */
  @Override
  public void close() {
    job.close();
  }

  /**
   * Returns what is known of the job's end: its exit code if its {@link ExitMarker} came, or else
   * the code given to {@link #exited}; severed if there is a marker, neither came, and the standard
   * output was read to its end or this log has ended; otherwise open. Where several commands write
   * to one log, it is the end of the last one; see {@link #nextCommand}.
   */
  public LogEnd end() {
    return job.sources.end();
  }

  /**
   * Marks the end of one command and the beginning of the next, if they write to {@link #stdout} or
   * its waiting view: to be called after the first has ended and before the second begins. A pump
   * is a command of its own and needs no such call.
   *
   * <p>{@link #end} is then open again, until the next command ends. If there is an {@link
   * ExitMarker} and a command ended without it, the report is not complete, however later commands
   * end. Nor is it if a pump begins while the one before still reads, as their markers can't be
   * told apart. Without this call between them, commands count as one, whose end is the last marker
   * that came: so the output of a child that outlives its command changes nothing.
   *
   * <p>Does nothing once the log has ended.
   */
  public void nextCommand() {
    job.sources.nextCommand();
  }

  /**
   * Sets the exit code of the job, if it is known from elsewhere than its {@link ExitMarker}, such
   * as the status of an exec. A marker's code wins. If there is a marker and it did not come, the
   * report is still not complete: output before the marker may be missing too. Does nothing once
   * the log has ended: its report is final.
   *
   * @param code 0 to 255
   * @throws IllegalArgumentException if it is out of range
   */
  public void exited(int code) {
    Checks.count("code", code, 0, ExitMarker.MAX_CODE);
    job.sources.exited(code);
  }

  /** Returns the balance so far, or the final one after the end. */
  public LogReport report() {
    return job.report();
  }

  /**
   * Returns the last lines as the first sink gets them, at most 20 and at most as many as {@link
   * Builder#recentLineBytes} holds, for a report of a failure.
   */
  public List<String> recentLines() {
    return job.firstSink().recentLines();
  }

  /** Returns the heap bytes charged to this job's places now. */
  public long retainedBytes() {
    return job.retainedBytes();
  }

  /**
   * Returns the most heap bytes that this job holds: 6 × {@code maxSize}, 8 KiB of its own and the
   * recent lines, the senders' and processors' own, 4 × {@code maxSize} a further sink, 16 KiB for
   * each concurrent pump, and room for long lines if {@code maxLineBytes} is over 64 KiB. Excludes
   * what a source itself holds; the sources for Kubernetes' pods say how much.
   */
  public long maxRetainedBytes() {
    return job.maxRetainedBytes();
  }

  @Override
  public String toString() {
    return "LogStreamer[" + job.name() + ", " + job.state() + "]";
  }

  /**
   * Builds and starts a job. Every setter checks at once; contradictions are found in {@link
   * #start()}. Not thread-safe.
   */
  public static final class Builder {
    private final JobSettings settings = new JobSettings();

    private Builder(BatchSender sender) {
      settings.sink(sender);
    }

    /**
     * Adds a further sink, with batches and a queue of its own; at most 4 in all.
     *
     * @throws NullPointerException if {@code sender} is null
     * @throws IllegalArgumentException if there are too many
     */
    public Builder sink(BatchSender sender) {
      settings.sink(sender);
      return this;
    }

    /**
     * Adds a processor behind those added before; at most 8 in all.
     *
     * @throws NullPointerException if {@code processor} is null
     * @throws IllegalArgumentException if there are too many
     */
    public Builder processor(LogProcessor processor) {
      settings.processor(processor);
      return this;
    }

    /**
     * Adds a listener of the lines that the sinks get.
     *
     * @throws NullPointerException if {@code listener} is null
     */
    public Builder listener(LogListener listener) {
      settings.listener(listener);
      return this;
    }

    /**
     * Sets the name of the job, for reports and the messages about it: 1 to 200 characters, none of
     * them a control character. Default: {@code job-1} and so on, counted by the engine. Names need
     * not be unique.
     *
     * @throws NullPointerException if {@code name} is null
     * @throws IllegalArgumentException if {@code name} is empty, too long, or has a control
     *     character
     */
    public Builder name(String name) {
      settings.name(name);
      return this;
    }

    /**
     * Sets the engine that the job runs on. Default: {@link LogweirEngine#shared()}.
     *
     * @throws NullPointerException if {@code engine} is null
     */
    public Builder engine(LogweirEngine engine) {
      settings.engine(engine);
      return this;
    }

    /**
     * Sets the bound of each place, in heap bytes: 4 KiB to 64 MiB, default 256 KiB.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxSize(int bytes) {
      settings.maxSize(bytes);
      return this;
    }

    /**
     * Sets how long the oldest line of a batch waits at most: 0 to 1 day, default 30 s, shortened
     * for each job by up to a tenth. 0: as soon as the sender is free.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxInterval(Duration interval) {
      settings.maxInterval(interval);
      return this;
    }

    /**
     * Sets how long {@link LogStreamer#finish()} and {@link LogStreamer#close()} take at most: 0 to
     * 1 day, default 10 s.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder flushTimeout(Duration timeout) {
      settings.flushTimeout(timeout);
      return this;
    }

    /**
     * Sets the longest line that goes out in one piece: 256 B to half of {@code maxSize}; if not
     * set, a quarter of {@code maxSize} and at most 64 KiB.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxLineBytes(int bytes) {
      settings.maxLineBytes(bytes);
      return this;
    }

    /**
     * Sets how many heap bytes {@link LogStreamer#recentLines()} takes: 0 to 1 MiB, default 8 KiB.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder recentLineBytes(int bytes) {
      settings.recentLineBytes(bytes);
      return this;
    }

    /**
     * Sets what gives way when a queue is full. Default: {@link OverflowPolicy#DROP_NEWEST}.
     *
     * @throws NullPointerException if {@code overflow} is null
     */
    public Builder overflow(OverflowPolicy overflow) {
      settings.overflow(overflow);
      return this;
    }

    /**
     * Sets what {@link LogStreamer#pump} does when there is no room, and whether there are
     * {@linkplain SafeBuffer#waiting() streams that wait}. Default: {@link WhenFull#DROP}.
     *
     * @throws NullPointerException if {@code whenFull} is null
     */
    public Builder whenFull(WhenFull whenFull) {
      settings.whenFull(whenFull);
      return this;
    }

    /**
     * Sets how long {@link WhenFull#WAIT} waits for a sink that makes no progress, before its
     * overflow policy applies, until it makes progress again: 1 ms to 1 day, default 10 minutes. A
     * {@code send} that ends is progress, and so is a part of a batch that the sender reports as
     * taken. A hanging attempt and a pause before the next one are not. So this should be no
     * shorter than the time for which the sender tries a batch, as is the case by default.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxWait(Duration wait) {
      settings.maxWait(wait);
      return this;
    }

    /**
     * Sets the marker that proves the job's end: a report is complete only if it came, from each
     * command if there are {@linkplain LogStreamer#nextCommand several}. Default: none.
     *
     * @throws NullPointerException if {@code marker} is null
     */
    public Builder exitMarker(ExitMarker marker) {
      settings.exitMarker = Objects.requireNonNull(marker, "marker");
      return this;
    }

    /** Sets whether gaps are marked in the log. Default: true. */
    public Builder markers(boolean shown) {
      settings.markers = shown;
      return this;
    }

    /**
     * Sets what runs after the log has ended, such as reporting the job's outcome; a fifth of the
     * time of {@code finish}, or a second if that is more, and at most half, is kept for it.
     *
     * @throws NullPointerException if {@code afterLog} is null
     */
    public Builder afterLog(AfterLog afterLog) {
      settings.afterLog = Objects.requireNonNull(afterLog, "afterLog");
      return this;
    }

    /**
     * Returns the most heap bytes that the job will hold, without its pumps; as {@link
     * LogStreamer#maxRetainedBytes()}.
     *
     * @throws IllegalArgumentException if settings contradict each other, or a sender's or
     *     processor's own bytes are negative
     */
    public long maxRetainedBytes() {
      return settings.complete().maxRetainedBytes(true);
    }

    boolean has(LogProcessor processor) {
      return settings.processors.contains(processor);
    }

    int sinks() {
      return settings.senders.size();
    }

    /**
     * Starts the job. If that fails, the senders and processors are not closed: they are still the
     * caller's.
     *
     * @throws IllegalArgumentException if settings contradict each other, a sender's bound is too
     *     small for a fragment of 256 B and a marker, or a sender's or processor's own bytes are
     *     negative
     * @throws IllegalStateException if the engine is closed, its budget has no room for the job's
     *     reserve, or a processor or listener has 16 calls, of all jobs' instances of its class,
     *     that hang
     */
    public LogStreamer start() {
      return new LogStreamer(settings.complete());
    }
  }
}
