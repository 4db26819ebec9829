package dev.logweir.faktory;

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
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the clients that it is given to, over all their jobs; no tag names a job.
 *
 * <p>With the prefix {@code logweir.faktory}, the default: {@code logweir.faktory.push} (timer, tag
 * {@code outcome}: {@code accepted}, {@code failed}, {@code refused}) for each attempt at pushing a
 * job, {@code .enqueue.failed} for jobs that are not known to be in Faktory (too large, refused,
 * all attempts failed, interrupted; also one whose reply was lost, but not one whose batch alone
 * was not committed), {@code .enqueue.batch.failed} for those of them that were for a batch, {@code
 * .pool.active} and {@code .pool.waiting}. Counters and gauges are read on demand, so that no push
 * waits for a registry. Thread-safe.
 */
public final class FaktoryMetrics implements AutoCloseable {
  /** The prefix of the meters' names if none is given. */
  public static final String DEFAULT_PREFIX = "logweir.faktory";

  private final LongAdder failed = new LongAdder();
  private final LongAdder batchFailed = new LongAdder();
  private final @Nullable MeterRegistry registry;
  private final List<ConnectionPool> pools = new CopyOnWriteArrayList<>();
  private final List<Meter> meters = new ArrayList<>();
  private final Map<Outcome, Timer> pushes = new EnumMap<>(Outcome.class);

  /** The result of an attempt at a push. */
  enum Outcome {
    ACCEPTED("accepted"),
    FAILED("failed"),
    REFUSED("refused");

    private final String tag;

    Outcome(String tag) {
      this.tag = tag;
    }
  }

  private FaktoryMetrics(@Nullable MeterRegistry registry) {
    this.registry = registry;
  }

  /** Returns meters in no registry. */
  static FaktoryMetrics none() {
    return new FaktoryMetrics(null);
  }

  /**
   * Makes the meters in a registry, under the prefix {@value #DEFAULT_PREFIX}.
   *
   * @throws NullPointerException if {@code registry} is null
   * @throws IllegalArgumentException if the registry has them already
   */
  public static FaktoryMetrics register(MeterRegistry registry) {
    return register(registry, DEFAULT_PREFIX);
  }

  /**
   * Makes the meters in a registry. With the prefix {@code opslevel.runner.jobs}, Prometheus shows
   * {@code opslevel_runner_jobs_enqueue_failed_total}.
   *
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if the prefix is blank, or the registry has such meters
   *     already
   */
  public static FaktoryMetrics register(MeterRegistry registry, String prefix) {
    Objects.requireNonNull(registry, "registry");
    Objects.requireNonNull(prefix, "prefix");
    if (prefix.isBlank()) {
      throw new IllegalArgumentException("prefix must not be blank: '" + prefix + "'");
    }
    if (registry.find(prefix + ".pool.active").meter() != null) {
      throw new IllegalArgumentException("prefix must be new in the registry: " + prefix);
    }
    FaktoryMetrics metrics = new FaktoryMetrics(registry);
    metrics.addMeters(registry, prefix + ".");
    return metrics;
  }

  private void addMeters(MeterRegistry target, String prefix) {
    for (Outcome outcome : Outcome.values()) {
      Timer timer =
          Timer.builder(prefix + "push")
              .tag("outcome", outcome.tag)
              .description("Attempts at pushing a job, waiting for a connection included")
              .register(target);
      pushes.put(outcome, timer);
      meters.add(timer);
    }
    counter(target, prefix + "enqueue.failed", "Jobs not known to have got into Faktory", failed);
    counter(
        target,
        prefix + "enqueue.batch.failed",
        "Those of them that were for a batch",
        batchFailed);
    gauge(
        target, prefix + "pool.active", "connections", "Connections in use", ConnectionPool::inUse);
    gauge(
        target,
        prefix + "pool.waiting",
        "pushes",
        "Pushes that wait for a connection",
        ConnectionPool::waiting);
  }

  private void counter(MeterRegistry target, String name, String text, LongAdder value) {
    meters.add(
        FunctionCounter.builder(name, value, LongAdder::sum)
            // Without a unit, which Prometheus would append to the name.
            .description(text)
            .register(target));
  }

  private void gauge(
      MeterRegistry target,
      String name,
      String unit,
      String text,
      ToIntFunction<ConnectionPool> value) {
    meters.add(
        Gauge.builder(name, pools, all -> all.stream().mapToInt(value).sum())
            .baseUnit(unit)
            .description(text)
            .strongReference(true)
            .register(target));
  }

  void attach(ConnectionPool pool) {
    pools.add(pool);
  }

  void detach(ConnectionPool pool) {
    pools.remove(pool);
  }

  /** Records the time of an attempt. Swallows what the registry throws. */
  void pushed(Outcome outcome, long nanos) {
    Timer timer = pushes.get(outcome);
    if (timer == null) {
      return;
    }
    try {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    } catch (RuntimeException | Error ignored) {
      // A meter that throws costs its own figure and nothing else.
    }
  }

  /** Counts a job that is not tried again and was never accepted. */
  void gaveUp(boolean forBatch) {
    failed.increment();
    if (forBatch) {
      batchFailed.increment();
    }
  }

  /** Removes the meters from the registry. */
  @Override
  public void close() {
    if (registry != null) {
      meters.forEach(registry::remove);
    }
  }
}
