package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Ships single lines of a program: the part of {@link LogStreamer} behind the streams, with one
 * sender.
 *
 * <p>Thread-safe. Submitting never waits for the sender, a processor or a listener. It holds at
 * most {@link #maxRetainedBytes()}: a batch being assembled, a queue of two, and a batch being
 * sent. With a processor or a listener, lines go the way of a {@link LogStreamer}'s standard
 * output: into a buffer, and from there to these on a thread of the engine.
 */
public final class BatchShipper implements AutoCloseable {
  /** How many lines are weighed behind a first one, before all of them are submitted. */
  private static final int WEIGHED_LINES = 64;

  /**
   * Held while the lines of a call are submitted: no other's come between them, nor between the
   * fragments of a long one. Not while the sender is asked what they cost, as that may hang.
   */
  private final MemoryLock lock = new MemoryLock(LockOrder.Level.CALLER);

  /** What is shown of a line, with no memory taken for it. */
  @GuardedBy("lock")
  private final LogLine view = new LogLine(LogSource.STDOUT);

  final Job job;
  private final SinkIntake intake;
  private final int maxLine;

  /** What a fragment costs of the server's bound, at most. */
  private final long fragmentCost;

  /** The way to processors and listeners; null if there are none. */
  private final @Nullable SafeBuffer buffer;

  private BatchShipper(JobSettings settings) {
    boolean buffered = settings.hasLineCode();
    job = Job.start(settings, buffered);
    buffer = buffered ? job.streams().stdout() : null;
    intake = job.firstSink().intake;
    maxLine = Math.min(settings.maxLineBytes, intake.maxLineBytes());
    fragmentCost = intake.weigh(maxLine + Markers.Mark.CONTINUED.length());
  }

  /**
   * Returns a builder of a shipper.
   *
   * @throws NullPointerException if {@code sender} is null
   */
  public static Builder builder(BatchSender sender) {
    return new Builder(Objects.requireNonNull(sender, "sender"));
  }

  /**
   * Submits a line; one with line ends in it is several. Lines that this shipper's own sender
   * submits, also by way of a logger, are sent with other lines or at the end: otherwise a log that
   * ships itself would never fall silent.
   *
   * @return whether it is in a batch, or in the buffer before processors and listeners; else it was
   *     dropped and counted
   * @throws NullPointerException if {@code line} is null
   */
  public boolean submit(String line) {
    byte[] bytes;
    try {
      bytes = line.getBytes(UTF_8);
    } catch (OutOfMemoryError ignored) {
      return submitUnread(line);
    }
    return submit(bytes, 0, bytes.length);
  }

  /** Submits a line that there is no memory to read: to the buffer, or as dropped. */
  private boolean submitUnread(String text) {
    SafeBuffer first = buffer;
    if (first != null) {
      return first.writeLine(text, !job.isOwnWord());
    }
    int lines = 1;
    long bytes = 1; // its line end
    int point;
    for (int at = 0; at < text.length(); at += Character.charCount(point)) {
      point = Utf8.pointAt(text, at);
      bytes += Utf8.length(point);
      lines += point == '\n' ? 1 : 0;
    }
    intake.refuse(DropReason.MEMORY, bytes, lines);
    return false;
  }

  /**
   * Submits a line as bytes, without a line end; one with line ends in it is several.
   *
   * @return whether it is in a batch, or in the buffer before processors and listeners; else it was
   *     dropped and counted
   * @throws NullPointerException if {@code bytes} is null
   * @throws IndexOutOfBoundsException if the range is not within the array
   */
  public boolean submit(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    SafeBuffer first = buffer;
    if (first != null) {
      return first.writeLine(bytes, offset, length, !job.isOwnWord());
    }
    int end = offset + length;
    int from = offset;
    boolean taken = true;
    do {
      int lineEnd = Newlines.first(bytes, from, end);
      boolean weighed = intake.isEncodedBounded();
      long cost = weighed ? weigh(bytes, from, lineEnd) : 0;
      long @Nullable [] more = null;
      int left = Integer.MAX_VALUE;
      if (weighed) {
        more = lineEnd + 1 < end ? weighLines(bytes, lineEnd + 1, end) : null;
        left = more == null ? 0 : more.length;
      }
      lock.lock();
      try {
        taken &= submitLine(bytes, from, lineEnd, cost);
        from = lineEnd + 1;
        for (int i = 0; i < left && from < end; i++) {
          lineEnd = Newlines.first(bytes, from, end);
          taken &= submitLine(bytes, from, lineEnd, more == null ? 0 : more[i]);
          from = lineEnd + 1;
        }
        view.setContent(Segment.NO_BYTES, 0, 0); // the array is the caller's
      } finally {
        lock.unlock();
        intake.startIfClaimed();
      }
    } while (from < end);
    return taken;
  }

  /**
   * Returns what the next lines cost of the server's bound; null if there is no memory for it, and
   * they have to be weighed one by one.
   */
  private long @Nullable [] weighLines(byte[] bytes, int start, int end) {
    long[] costs;
    try {
      costs = new long[WEIGHED_LINES];
    } catch (OutOfMemoryError ignored) {
      return null;
    }
    int from = start;
    for (int i = 0; i < costs.length && from < end; i++) {
      int lineEnd = Newlines.first(bytes, from, end);
      costs[i] = weigh(bytes, from, lineEnd);
      from = lineEnd + 1;
    }
    return costs;
  }

  /** Returns what the last piece of a line costs of the server's bound. */
  private long weigh(byte[] bytes, int start, int end) {
    int from = start;
    while (end - from > maxLine) {
      from = LineCut.boundary(bytes, from, from + maxLine);
    }
    return intake.weigh(end - from);
  }

  /**
   * Submits a line.
   *
   * @param cost of its last piece
   */
  @GuardedBy("lock")
  private boolean submitLine(byte[] bytes, int start, int end, long cost) {
    int from = start;
    while (end - from > maxLine) {
      int cut = LineCut.boundary(bytes, from, from + maxLine);
      show(view, bytes, from, cut, from == start);
      if (!intake.submit(view, Markers.Mark.CONTINUED, fragmentCost)) {
        // The rest is of no use, and could be taken for the end of what went before.
        show(view, bytes, cut, end, false);
        endLine(view);
        intake.refuse(view);
        return false;
      }
      from = cut;
    }
    show(view, bytes, from, end, from == start);
    endLine(view);
    return intake.submit(view, Markers.Mark.NONE, cost);
  }

  /** Shows a fragment. */
  private static void show(LogLine view, byte[] bytes, int from, int end, boolean first) {
    view.setContent(bytes, from, end - from);
    view.setPart(first, false, false);
    view.setTally(end - from, 0);
  }

  /** What is shown is a line's last piece. */
  private static void endLine(LogLine view) {
    view.setPart(view.isFirst(), true, false);
    view.setTally(view.sourceBytes + 1, 1);
  }

  /**
   * Sends what is held as soon as the sender is free, and waits for it. Returns false at once from
   * within the sender, a processor or a listener.
   *
   * @param timeout how long to wait at most: 0 to 1 day; what was not sent by then goes on its way
   * @return whether all of it was sent in time
   * @throws NullPointerException if {@code timeout} is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   * @throws InterruptedException if the thread is interrupted while it waits
   */
  public boolean flush(Duration timeout) throws InterruptedException {
    long nanos = Checks.timeout("timeout", timeout);
    return job.flush(nanos);
  }

  /** As {@link #finish(Duration)} with the flush timeout, 10 seconds by default. */
  public SinkReport finish() {
    return job.finish(job.settings.timeoutNanos).sink();
  }

  /**
   * Ends the shipper: sends what is held, and returns when all is sent or the time is up.
   *
   * @param timeout 0 to 1 day
   * @return the final balance
   * @throws NullPointerException if {@code timeout} is null
   * @throws IllegalArgumentException if {@code timeout} is out of range
   */
  public SinkReport finish(Duration timeout) {
    return job.finish(Checks.timeout("timeout", timeout)).sink();
  }

  /**
   * Ends the shipper within the flush timeout if {@link #finish} was not called; as {@link
   * LogStreamer#close}.
   */
  @Override
  public void close() {
    job.close();
  }

  /** Returns the token in this shipper's markers; as {@link LogReport#markerToken()}. */
  public String markerToken() {
    return Markers.text(job.markerToken);
  }

  /** Returns the balance so far, or the final one after the end. */
  public SinkReport report() {
    return job.report().sink();
  }

  /** Returns the heap bytes charged to the places now. */
  public long retainedBytes() {
    return job.retainedBytes();
  }

  /**
   * Returns the most heap bytes held: 4 × {@code maxSize}, 8 KiB, and the sender's own. With a
   * processor or a listener 6 × {@code maxSize}, 8 KiB, the sender's and the processors' own, and
   * room for long lines if {@code maxLineBytes} is over 64 KiB.
   */
  public long maxRetainedBytes() {
    return job.maxRetainedBytes();
  }

  @Override
  public String toString() {
    return "BatchShipper[" + job.name() + ", " + job.state() + "]";
  }

  /**
   * Builds and starts a shipper. Every setter checks at once; contradictions are found in {@link
   * #start()}. Not thread-safe.
   */
  public static final class Builder {
    private final JobSettings settings = new JobSettings();

    private Builder(BatchSender sender) {
      settings.sink(sender);
      settings.submitted = true;
      settings.recentLineBytes = 0; // a shipper has no recentLines()
    }

    /**
     * Adds a processor behind those added before; as {@link LogStreamer.Builder#processor}. All
     * lines are of {@link LogSource#STDOUT}.
     *
     * @throws NullPointerException if {@code processor} is null
     * @throws IllegalArgumentException if there are too many
     */
    public Builder processor(LogProcessor processor) {
      settings.processor(processor);
      return this;
    }

    /**
     * Adds a listener of the lines that the sender gets; as {@link LogStreamer.Builder#listener}.
     *
     * @throws NullPointerException if {@code listener} is null
     */
    public Builder listener(LogListener listener) {
      settings.listener(listener);
      return this;
    }

    /**
     * Sets the name; as {@link LogStreamer.Builder#name}.
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
     * Sets the engine; as {@link LogStreamer.Builder#engine}.
     *
     * @throws NullPointerException if {@code engine} is null
     */
    public Builder engine(LogweirEngine engine) {
      settings.engine(engine);
      return this;
    }

    /**
     * Sets the bound of each place in heap bytes; as {@link LogStreamer.Builder#maxSize}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxSize(int bytes) {
      settings.maxSize(bytes);
      return this;
    }

    /**
     * Sets how long a line waits in a batch; as {@link LogStreamer.Builder#maxInterval}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxInterval(Duration interval) {
      settings.maxInterval(interval);
      return this;
    }

    /**
     * Sets how long {@link BatchShipper#close()} takes at most; as {@link
     * LogStreamer.Builder#flushTimeout}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder flushTimeout(Duration timeout) {
      settings.flushTimeout(timeout);
      return this;
    }

    /**
     * Sets the longest line that goes out in one piece; as {@link
     * LogStreamer.Builder#maxLineBytes}.
     *
     * @throws IllegalArgumentException if out of range
     */
    public Builder maxLineBytes(int bytes) {
      settings.maxLineBytes(bytes);
      return this;
    }

    /**
     * Sets what gives way when the queue is full; as {@link LogStreamer.Builder#overflow}.
     *
     * @throws NullPointerException if {@code overflow} is null
     */
    public Builder overflow(OverflowPolicy overflow) {
      settings.overflow(overflow);
      return this;
    }

    /** Sets whether gaps are marked; as {@link LogStreamer.Builder#markers}. */
    public Builder markers(boolean shown) {
      settings.markers = shown;
      return this;
    }

    /**
     * Returns the most heap bytes that the shipper will hold; as {@link
     * BatchShipper#maxRetainedBytes()}.
     *
     * @throws IllegalArgumentException if settings contradict each other, or the sender's or a
     *     processor's own bytes are negative
     */
    public long maxRetainedBytes() {
      return settings.complete().maxRetainedBytes(settings.hasLineCode());
    }

    /**
     * Starts the shipper. If that fails, the sender and the processors are not closed: they are
     * still the caller's.
     *
     * @throws IllegalArgumentException if settings contradict each other, the sender's bound is too
     *     small for a fragment of 256 B and a marker, or its own or a processor's bytes are
     *     negative
     * @throws IllegalStateException as {@link LogStreamer.Builder#start()}
     */
    public BatchShipper start() {
      return new BatchShipper(settings.complete());
    }
  }
}
