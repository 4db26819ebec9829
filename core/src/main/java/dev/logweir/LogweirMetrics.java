package dev.logweir;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the engines that it is given to, over all their jobs; no tag names a job.
 *
 * <p>Counters and gauges are read on demand, so that no job ever waits for a registry. With the
 * prefix {@code logweir}, the default: {@code logweir.bytes.dropped} and {@code
 * logweir.lines.dropped} with the tag {@code reason}, {@code .bytes.shipped}, {@code
 * .lines.shipped}, {@code .bytes.filtered}, {@code .bytes.sent}, {@code .batches}, {@code .send}
 * (timer, tag {@code outcome}), {@code .bytes.retained}, {@code .bytes.limit}, {@code
 * .jobs.active}, {@code .calls.abandoned}. Thread-safe.
 */
public final class LogweirMetrics implements AutoCloseable {
  /** The prefix of the meters' names if none is given. */
  public static final String DEFAULT_PREFIX = "logweir";

  final Totals totals = new Totals();
  private final @Nullable MeterRegistry registry;
  private final List<Gauges> engines = new CopyOnWriteArrayList<>();
  private final List<Meter> meters = new ArrayList<>();
  private final Map<Outcome, Timer> sends = new EnumMap<>(Outcome.class);

  /** The result of a call of a sender. */
  private enum Outcome {
    SHIPPED("shipped"),
    FAILED("failed"),
    REFUSED("refused");

    private final String tag;

    Outcome(String tag) {
      this.tag = tag;
    }
  }

  private LogweirMetrics(@Nullable MeterRegistry registry) {
    this.registry = registry;
  }

  /** Returns meters in no registry. */
  static LogweirMetrics none() {
    return new LogweirMetrics(null);
  }

  /**
   * Makes the meters in a registry, under the prefix {@value #DEFAULT_PREFIX}.
   *
   * @throws NullPointerException if {@code registry} is null
   * @throws IllegalArgumentException if the registry has them already
   */
  public static LogweirMetrics register(MeterRegistry registry) {
    return register(registry, DEFAULT_PREFIX);
  }

  /**
   * Makes the meters in a registry. With the prefix {@code opslevel.runner.log}, Prometheus shows
   * {@code opslevel_runner_log_bytes_dropped_total}.
   *
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if the prefix is blank, or the registry has such meters
   *     already
   */
  public static LogweirMetrics register(MeterRegistry registry, String prefix) {
    Objects.requireNonNull(registry, "registry");
    Objects.requireNonNull(prefix, "prefix");
    if (prefix.isBlank()) {
      throw new IllegalArgumentException("prefix must not be blank: '" + prefix + "'");
    }
    if (registry.find(prefix + ".jobs.active").meter() != null) {
      throw new IllegalArgumentException("prefix must be new in the registry: " + prefix);
    }
    LogweirMetrics metrics = new LogweirMetrics(registry);
    boolean made = false;
    try {
      metrics.addMeters(registry, prefix + ".");
      made = true;
    } finally {
      if (!made) {
        metrics.close();
      }
    }
    return metrics;
  }

  private void addMeters(MeterRegistry target, String prefix) {
    for (DropReason reason : DropReason.ALL) {
      meters.add(
          counter(prefix + "bytes.dropped", t -> t.droppedBytes(reason))
              .tag("reason", reason.value())
              .description("Bytes of jobs that did not arrive, as the jobs wrote them")
              .register(target));
      meters.add(
          counter(prefix + "lines.dropped", t -> t.droppedLines(reason))
              .tag("reason", reason.value())
              .description("Lines of jobs that did not arrive")
              .register(target));
    }
    add(
        target,
        prefix + "bytes.shipped",
        "Bytes of jobs that arrived, as the jobs wrote them",
        t -> t.shippedBytes.sum());
    add(target, prefix + "lines.shipped", "Lines of jobs that arrived", t -> t.shippedLines.sum());
    add(
        target,
        prefix + "bytes.filtered",
        "Bytes of jobs that processors removed on purpose",
        t -> t.filteredBytes.sum());
    add(
        target,
        prefix + "bytes.sent",
        "Bytes of text in batches that arrived, markers and prefixes included",
        t -> t.sentBytes.sum());
    add(target, prefix + "batches", "Batches that arrived", t -> t.batches.sum());
    for (Outcome outcome : Outcome.values()) {
      Timer timer =
          Timer.builder(prefix + "send")
              .tag("outcome", outcome.tag)
              .description("Time in calls of senders")
              .register(target);
      sends.put(outcome, timer);
      meters.add(timer);
    }
    gauge(
        target,
        prefix + "bytes.retained",
        "Heap bytes charged to jobs now",
        m -> m.engines.stream().mapToLong(e -> e.retained.getAsLong()).sum());
    gauge(
        target,
        prefix + "bytes.limit",
        "Heap bytes that the jobs and their engines may come to",
        m -> m.engines.stream().mapToLong(e -> e.limit.getAsLong()).sum());
    gauge(
        target,
        prefix + "jobs.active",
        "Jobs started and not over",
        m -> m.engines.stream().mapToLong(e -> e.jobs.getAsLong()).sum());
    gauge(
        target,
        prefix + "calls.abandoned",
        "Calls that ignored their interruption and still run",
        m -> m.engines.stream().mapToLong(e -> e.abandonedCalls.getAsLong()).sum());
  }

  private FunctionCounter.Builder<Totals> counter(String name, ToDoubleFunction<Totals> value) {
    return FunctionCounter.builder(name, totals, value);
  }

  private void add(MeterRegistry target, String name, String text, ToDoubleFunction<Totals> value) {
    meters.add(counter(name, value).description(text).register(target));
  }

  private void gauge(
      MeterRegistry target, String name, String text, ToDoubleFunction<LogweirMetrics> value) {
    meters.add(
        Gauge.builder(name, this, value).description(text).strongReference(true).register(target));
  }

  /** The figures of an engine and its jobs. */
  static final class Gauges {
    private final LongSupplier retained;
    private final LongSupplier limit;
    private final LongSupplier jobs;
    private final LongSupplier abandonedCalls;

    Gauges(
        LongSupplier retained, LongSupplier limit, LongSupplier jobs, LongSupplier abandonedCalls) {
      this.retained = retained;
      this.limit = limit;
      this.jobs = jobs;
      this.abandonedCalls = abandonedCalls;
    }
  }

  void attach(Gauges engine) {
    engines.add(engine);
  }

  void detach(Gauges engine) {
    engines.remove(engine);
  }

  /** Records the time of a call. Swallows what the registry throws. */
  void sent(@Nullable Throwable failure, long nanos) {
    Outcome outcome = failure == null ? Outcome.SHIPPED : Outcome.FAILED;
    if (failure instanceof SendException e && e.kind() != SendException.Kind.FAILED) {
      outcome = Outcome.REFUSED;
    }
    Timer timer = sends.get(outcome);
    if (timer == null) {
      return;
    }
    try {
      assert LockOrder.CHECK.isFree();
      timer.record(nanos, TimeUnit.NANOSECONDS);
    } catch (Throwable ignored) {
      // A meter that throws costs its own figure and nothing else.
    }
  }

  private static void remove(MeterRegistry from, Meter meter) {
    try {
      from.remove(meter);
    } catch (Throwable ignored) {
      // A meter that throws may stay; the others go.
    }
  }

  /** Removes the meters from the registry. */
  @Override
  public void close() {
    if (registry != null) {
      for (Meter meter : meters) {
        remove(registry, meter);
      }
    }
  }
}
