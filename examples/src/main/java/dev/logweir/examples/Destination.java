package dev.logweir.examples;

import dev.logweir.BatchSender;
import dev.logweir.JobOutcome;
import dev.logweir.SendException;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.faktory.FaktorySender;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelSender;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** Where the logs and outcomes of all jobs go. */
interface Destination extends AutoCloseable {
  /** Returns what ships one job. */
  Shipping of(String jobId);

  /** Says what came of the attempts, where that is counted. */
  default void showAttempts(PrintWriter out) {}

  @Override
  void close();

  /**
   * How one job is shipped.
   *
   * @param sender of its log
   * @param reporter of its outcome
   */
  record Shipping(BatchSender sender, Reporter reporter) {}

  /** Reports how a job ended. */
  @FunctionalInterface
  interface Reporter {
    /**
     * Reports it.
     *
     * @param time what may be spent on it
     */
    void report(JobOutcome outcome, Map<String, String> variables, Duration time)
        throws SendException, InterruptedException;
  }

  /**
   * Returns OpsLevel.
   *
   * @param meters those of the client
   */
  static Destination opsLevel(OpsLevelClient client, MeterRegistry meters) {
    return new Destination() {
      @Override
      public Shipping of(String jobId) {
        OpsLevelSender sender = client.sender(jobId);
        return new Shipping(sender, sender::reportOutcome);
      }

      @Override
      public void showAttempts(PrintWriter out) {
        out.println(
            meters.get("logweir.opslevel.attempts").functionCounters().stream()
                .filter(counter -> counter.count() > 0)
                .map(counter -> counter.getId().getTag("outcome") + "=" + (long) counter.count())
                .sorted()
                .collect(Collectors.joining(" ", "attempts at requests: ", "")));
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }

  static Destination faktory(FaktoryClient client) {
    return new Destination() {
      @Override
      public Shipping of(String jobId) {
        FaktorySender sender = client.sender(jobId);
        return new Shipping(sender, sender::reportOutcome);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }
}
