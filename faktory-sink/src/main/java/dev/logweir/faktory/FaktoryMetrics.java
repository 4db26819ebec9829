package dev.logweir.faktory;

import dev.logweir.SendException;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The meters of one client. Counters and gauges are read when they are asked for, so that no push
 * waits for a registry. Thread-safe.
 */
final class FaktoryMetrics implements AutoCloseable {
  private final LongAdder failed = new LongAdder();
  private final LongAdder batchFailed = new LongAdder();
  private final @Nullable MeterRegistry registry;
  private final List<Meter> meters = new ArrayList<>();
  private final Map<Outcome, Timer> pushes = new EnumMap<>(Outcome.class);

  /** What became of an attempt at a push. */
  private enum Outcome {
    ACCEPTED("accepted"),
    FAILED("failed"),
    REFUSED("refused");

    private final String tag;

    Outcome(String tag) {
      this.tag = tag;
    }
  }

  /**
   * Makes the meters.
   *
   * @param registry null for none
   */
  FaktoryMetrics(@Nullable MeterRegistry registry, String prefix, ConnectionPool pool) {
    this.registry = registry;
    if (registry == null) {
      return;
    }
    for (Outcome outcome : Outcome.values()) {
      Timer timer =
          Timer.builder(prefix + ".push")
              .tag("outcome", outcome.tag)
              .description("Attempts at pushing a job, waiting for a connection included")
              .register(registry);
      pushes.put(outcome, timer);
      meters.add(timer);
    }
    counter(registry, prefix + ".enqueue.failed", "Jobs that did not get into Faktory", failed);
    counter(
        registry,
        prefix + ".enqueue.batch.failed",
        "Those of them that were for a batch",
        batchFailed);
    gauge(registry, prefix + ".pool.active", "Connections in use", pool, ConnectionPool::inUse);
    gauge(
        registry,
        prefix + ".pool.waiting",
        "Pushes that wait for a connection",
        pool,
        ConnectionPool::waiting);
  }

  private void counter(MeterRegistry target, String name, String text, LongAdder value) {
    meters.add(
        FunctionCounter.builder(name, value, LongAdder::sum)
            .baseUnit("jobs")
            .description(text)
            .register(target));
  }

  private void gauge(
      MeterRegistry target,
      String name,
      String text,
      ConnectionPool pool,
      ToDoubleFunction<ConnectionPool> value) {
    meters.add(
        Gauge.builder(name, pool, value)
            .baseUnit("connections")
            .description(text)
            .strongReference(true)
            .register(target));
  }

  /** Takes the time of an attempt. What the registry throws is nobody's business here. */
  void pushed(@Nullable AttemptException failure, long nanos) {
    Outcome outcome =
        failure == null
            ? Outcome.ACCEPTED
            : failure.result().kind() == SendException.Kind.FAILED
                ? Outcome.FAILED
                : Outcome.REFUSED;
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

  /** Counts a job that is not tried again. */
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
