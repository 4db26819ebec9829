package dev.logweir.examples;

import dev.logweir.JobOutcome;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * The meters of jobs, named as OpsLevel's runner names its own, with the label {@code runner}.
 * Thread-safe. A Prometheus registry adds {@code _total} to counters and {@code _seconds} to
 * timers.
 */
final class JobMeters implements AutoCloseable {
  private static final String PREFIX = "opslevel_runner_";
  private static final Duration[] BUCKETS =
      Stream.of(5, 30, 60, 120, 300, 600, 900, 1_200)
          .map(Duration::ofSeconds)
          .toArray(Duration[]::new);

  private final MeterRegistry registry;
  private final Tags runner;
  private final Counter started;
  private final Timer duration;
  private final AtomicInteger processing = new AtomicInteger();
  private final Gauge gauge;
  private final Set<Counter> finished = ConcurrentHashMap.newKeySet();

  JobMeters(MeterRegistry registry, String runnerId) {
    this.registry = registry;
    runner = Tags.of("runner", runnerId);
    started =
        Counter.builder(PREFIX + "jobs_started")
            .description("The jobs that began.")
            .tags(runner)
            .register(registry);
    duration =
        Timer.builder(PREFIX + "jobs_duration")
            .description("How long jobs took.")
            .tags(runner)
            .serviceLevelObjectives(BUCKETS)
            .register(registry);
    gauge =
        Gauge.builder(PREFIX + "jobs_processing", processing, AtomicInteger::get)
            .description("The jobs that run now.")
            .tags(runner)
            .register(registry);
  }

  void started() {
    started.increment();
    processing.incrementAndGet();
  }

  void finished(JobOutcome outcome, Duration took) {
    processing.decrementAndGet();
    duration.record(took);
    Counter ended =
        Counter.builder(PREFIX + "jobs_finished")
            .description("The jobs that ended, by outcome.")
            .tags(runner.and("outcome", outcome.value()))
            .register(registry);
    finished.add(ended);
    ended.increment();
  }

  /** Takes all of them out of the registry, which may outlive the runner. */
  @Override
  public void close() {
    finished.forEach(registry::remove);
    List.of(started, duration, gauge).forEach(registry::remove);
  }
}
