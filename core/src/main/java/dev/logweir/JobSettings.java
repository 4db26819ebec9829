package dev.logweir;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a job is made of, for both of its builders: the settings and the code of others. Checked one
 * by one as they are given and together when they are complete.
 */
final class JobSettings {
  static final int MIN_SIZE = 4 << 10;
  static final int MAX_SIZE = 64 << 20;
  static final int DEFAULT_SIZE = 256 << 10;
  static final int MIN_LINE = 256;
  static final int DEFAULT_MAX_LINE = Scratch.USUAL_LINE;
  static final int DEFAULT_RECENT = 8 << 10;
  static final int MAX_RECENT = 1 << 20;
  static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(30);
  static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
  static final Duration DEFAULT_MAX_WAIT = Duration.ofMinutes(10);

  /** A pump's two buffers, with their headers. */
  static final int PUMP_BYTES = 16 << 10;

  static final int MAX_NAME = 200;

  static final int MAX_SINKS = 4;

  private static final int INTERVAL_SPREAD = 10;

  /** A sink has a batch being assembled, a queue of two, and a batch being sent. */
  private static final int SINK_PLACES = 4;

  /** A place for each of the two streams. */
  private static final int STREAM_PLACES = 2;

  /** The job's own objects. */
  private static final int OWN_BYTES = 8 << 10;

  final List<BatchSender> senders;
  final List<LogProcessor> processors;
  final List<LogListener> listeners;

  /** Null until one is given: then the shared one. */
  private @Nullable LogweirEngine engine;

  @Nullable AfterLog afterLog;

  /** Null until one is given. */
  @Nullable String name;

  int maxSize = DEFAULT_SIZE;
  int maxLineBytes;
  int recentLineBytes = DEFAULT_RECENT;
  long intervalNanos = DEFAULT_INTERVAL.toNanos();
  long timeoutNanos = DEFAULT_TIMEOUT.toNanos();
  long maxWaitNanos = DEFAULT_MAX_WAIT.toNanos();
  OverflowPolicy overflow = OverflowPolicy.DROP_NEWEST;
  WhenFull whenFull = WhenFull.DROP;
  boolean markers = true;

  /** Whether the lines come from a program, and so from no stream. */
  boolean submitted;

  @Nullable ExitMarker exitMarker;

  JobSettings() {
    senders = new ArrayList<>(1);
    processors = new ArrayList<>();
    listeners = new ArrayList<>();
  }

  private JobSettings(JobSettings other) {
    senders = List.copyOf(other.senders);
    processors = List.copyOf(other.processors);
    listeners = List.copyOf(other.listeners);
    engine = other.engine;
    afterLog = other.afterLog;
    name = other.name;
    maxSize = other.maxSize;
    maxLineBytes = other.maxLineBytes;
    recentLineBytes = other.recentLineBytes;
    intervalNanos = other.intervalNanos;
    timeoutNanos = other.timeoutNanos;
    maxWaitNanos = other.maxWaitNanos;
    overflow = other.overflow;
    whenFull = other.whenFull;
    markers = other.markers;
    submitted = other.submitted;
    exitMarker = other.exitMarker;
  }

  void sink(BatchSender sender) {
    Objects.requireNonNull(sender, "sender");
    Checks.count("number of sinks", senders.size() + 1, 1, MAX_SINKS);
    senders.add(sender);
  }

  void processor(LogProcessor processor) {
    Objects.requireNonNull(processor, "processor");
    Checks.count("number of processors", processors.size() + 1, 1, Scratch.MAX_PROCESSORS);
    processors.add(processor);
  }

  void listener(LogListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
  }

  void engine(LogweirEngine given) {
    engine = Objects.requireNonNull(given, "engine");
  }

  LogweirEngine engine() {
    return engine == null ? LogweirEngine.shared() : engine;
  }

  void name(String given) {
    Objects.requireNonNull(given, "name");
    Checks.count("length of name", given.length(), 1, MAX_NAME);
    for (int i = 0; i < given.length(); i++) {
      char c = given.charAt(i);
      int type = Character.getType(c);
      if (type == Character.CONTROL
          || type == Character.LINE_SEPARATOR
          || type == Character.PARAGRAPH_SEPARATOR) {
        throw new IllegalArgumentException(
            String.format("name must have no control characters: U+%04X at %d", (int) c, i));
      }
    }
    name = given;
  }

  void maxSize(int bytes) {
    maxSize = Checks.inRange("maxSize", bytes, MIN_SIZE, MAX_SIZE);
  }

  void maxLineBytes(int bytes) {
    maxLineBytes = Checks.inRange("maxLineBytes", bytes, MIN_LINE, MAX_SIZE / 2);
  }

  void recentLineBytes(int bytes) {
    recentLineBytes = Checks.inRange("recentLineBytes", bytes, 0, MAX_RECENT);
  }

  void maxInterval(Duration interval) {
    intervalNanos = Checks.timeout("maxInterval", interval);
  }

  void flushTimeout(Duration timeout) {
    timeoutNanos = Checks.timeout("flushTimeout", timeout);
  }

  void maxWait(Duration wait) {
    maxWaitNanos = Checks.inRange("maxWait", wait, Duration.ofMillis(1), Checks.LONGEST).toNanos();
  }

  void overflow(OverflowPolicy policy) {
    overflow = Objects.requireNonNull(policy, "overflow");
  }

  void whenFull(WhenFull policy) {
    whenFull = Objects.requireNonNull(policy, "whenFull");
  }

  /**
   * Returns a copy in which nothing is left open.
   *
   * @throws IllegalArgumentException if settings contradict each other
   */
  JobSettings complete() {
    JobSettings copy = new JobSettings(this);
    if (maxLineBytes > maxSize / 2) {
      throw new IllegalArgumentException(
          "maxLineBytes must be at most half of maxSize, " + maxSize / 2 + " B: " + maxLineBytes);
    }
    if (maxLineBytes == 0) {
      copy.maxLineBytes = Math.min(maxSize / 4, DEFAULT_MAX_LINE);
    }
    return copy;
  }

  /**
   * Returns the most heap bytes that the job holds, without its pumps' buffers.
   *
   * @param streams whether it has streams of its own
   * @throws IllegalArgumentException if a sender's or processor's own bytes are negative
   */
  long maxRetainedBytes(boolean streams) {
    long places = (long) SINK_PLACES * senders.size() + (streams ? STREAM_PLACES : 0);
    long bytes = places * maxSize + OWN_BYTES + (streams ? recentLineBytes : 0);
    for (BatchSender sender : senders) {
      bytes += Checks.atLeast("maxRetainedBytes", sender.maxRetainedBytes(), 0);
    }
    for (LogProcessor processor : processors) {
      bytes += Checks.atLeast("maxRetainedBytes", processor.maxRetainedBytes(), 0);
    }
    if (streams && maxLineBytes > DEFAULT_MAX_LINE) {
      bytes += Scratch.maxBytes(maxLineBytes, processors.size());
    }
    return bytes;
  }

  /** Whether there is a processor or a listener. */
  boolean hasLineCode() {
    return !processors.isEmpty() || !listeners.isEmpty();
  }

  /** Returns how many places have a reserve of a segment in the engine's budget. */
  int reservedPlaces(boolean streams) {
    return senders.size() + (streams ? STREAM_PLACES : 0);
  }

  /**
   * Returns the interval of one job: shorter by up to a tenth, so that jobs do not send together.
   */
  long spreadInterval() {
    long spread = intervalNanos / INTERVAL_SPREAD;
    return spread == 0
        ? intervalNanos
        : intervalNanos - ThreadLocalRandom.current().nextLong(spread);
  }
}
