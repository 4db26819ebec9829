package dev.logweir.opslevel;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the clients that it is given to, over all their jobs; no tag names a job.
 *
 * <p>With the prefix {@code logweir.opslevel}, the default: {@code logweir.opslevel.requests}, with
 * the tag {@code outcome}, the result of a request after all its attempts, {@code .attempts} with
 * the result of each, {@code .attempt.time} (timer), {@code .bytes.written}, and {@code .circuits}
 * with the tag {@code state}: {@code closed}, {@code open} or {@code half_open}. Outcomes are
 * {@code ok} and the names of the failures, such as {@code timed_out}. Thread-safe.
 */
public final class OpsLevelMetrics implements AutoCloseable {
  /** The prefix of the meters' names if none is given. */
  public static final String DEFAULT_PREFIX = "logweir.opslevel";

  private static final ApiResult[] RESULTS = ApiResult.values();

  private final @Nullable MeterRegistry registry;
  private final LongAdder[] requests = adders();
  private final LongAdder[] attempts = adders();
  private final LongAdder bytesWritten = new LongAdder();
  private final List<Circuit> circuits = new CopyOnWriteArrayList<>();
  private final List<Meter> meters = new ArrayList<>();
  private @Nullable Timer attemptTime;

  private OpsLevelMetrics(@Nullable MeterRegistry registry) {
    this.registry = registry;
  }

  /** Returns meters in no registry. */
  static OpsLevelMetrics none() {
    return new OpsLevelMetrics(null);
  }

  /**
   * Makes the meters in a registry, under the prefix {@value #DEFAULT_PREFIX}.
   *
   * @throws NullPointerException if {@code registry} is null
   * @throws IllegalArgumentException if the registry has them already
   */
  public static OpsLevelMetrics register(MeterRegistry registry) {
    return register(registry, DEFAULT_PREFIX);
  }

  /**
   * Makes the meters in a registry. With the prefix {@code opslevel.runner.api}, Prometheus shows
   * {@code opslevel_runner_api_requests_total}.
   *
   * @throws NullPointerException if an argument is null
   * @throws IllegalArgumentException if the prefix is blank, or the registry has such meters
   *     already
   */
  public static OpsLevelMetrics register(MeterRegistry registry, String prefix) {
    Objects.requireNonNull(registry, "registry");
    Objects.requireNonNull(prefix, "prefix");
    if (prefix.isBlank()) {
      throw new IllegalArgumentException("prefix must not be blank: '" + prefix + "'");
    }
    if (registry.find(prefix + ".bytes.written").meter() != null) {
      throw new IllegalArgumentException("prefix must be new in the registry: " + prefix);
    }
    OpsLevelMetrics metrics = new OpsLevelMetrics(registry);
    metrics.addMeters(registry, prefix + ".");
    return metrics;
  }

  private void addMeters(MeterRegistry target, String prefix) {
    for (ApiResult result : RESULTS) {
      meters.add(
          FunctionCounter.builder(
                  prefix + "requests", this, m -> m.requests[result.ordinal()].sum())
              .tag("outcome", result.tag())
              .baseUnit("requests")
              .description("Requests by what came of them after all their attempts")
              .register(target));
      if (result.isOfAttempt()) {
        meters.add(
            FunctionCounter.builder(
                    prefix + "attempts", this, m -> m.attempts[result.ordinal()].sum())
                .tag("outcome", result.tag())
                .baseUnit("attempts")
                .description("Attempts at requests by what came of them")
                .register(target));
      }
    }
    attemptTime =
        Timer.builder(prefix + "attempt.time")
            .description("Time from asking for a connection to the end of the answer")
            .register(target);
    meters.add(attemptTime);
    meters.add(
        FunctionCounter.builder(prefix + "bytes.written", this, m -> m.bytesWritten.sum())
            .description("Bytes of bodies written to connections, those of repetitions included")
            .register(target));
    for (Circuit.State state : Circuit.State.values()) {
      meters.add(
          Gauge.builder(prefix + "circuits", this, m -> m.circuits(state))
              .tag("state", state.tag())
              .baseUnit("circuits")
              .description("Clients whose circuit is in that state")
              .strongReference(true)
              .register(target));
    }
  }

  private double circuits(Circuit.State state) {
    return circuits.stream().filter(circuit -> circuit.state() == state).count();
  }

  void attach(Circuit circuit) {
    circuits.add(circuit);
  }

  void detach(Circuit circuit) {
    circuits.remove(circuit);
  }

  void requested(ApiResult result) {
    requests[result.ordinal()].increment();
  }

  /** Records the result of an attempt. Swallows what the registry throws. */
  void attempted(ApiResult result, long nanos) {
    attempts[result.ordinal()].increment();
    Timer timer = attemptTime;
    if (timer == null) {
      return;
    }
    try {
      timer.record(nanos, TimeUnit.NANOSECONDS);
    } catch (RuntimeException | Error ignored) {
      // A meter that throws costs its own figure and nothing else.
    }
  }

  void written(int bytes) {
    bytesWritten.add(bytes);
  }

  /** Removes the meters from the registry. Idempotent. */
  @Override
  public void close() {
    if (registry != null) {
      meters.forEach(registry::remove);
    }
  }

  private static LongAdder[] adders() {
    LongAdder[] adders = new LongAdder[RESULTS.length];
    for (int i = 0; i < adders.length; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }
}
