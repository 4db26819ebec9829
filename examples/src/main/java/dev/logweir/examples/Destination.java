package dev.logweir.examples;

import dev.logweir.BatchSender;
import dev.logweir.JobOutcome;
import dev.logweir.SendException;
import dev.logweir.faktory.FaktoryClient;
import dev.logweir.faktory.FaktorySender;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelSender;
import java.util.Map;

/** Where the logs and outcomes of all jobs go. */
interface Destination extends AutoCloseable {
  /** Returns what ships one job. */
  Shipping of(String jobId);

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
    void report(JobOutcome outcome, Map<String, String> variables)
        throws SendException, InterruptedException;
  }

  static Destination opsLevel(OpsLevelClient client) {
    return new Destination() {
      @Override
      public Shipping of(String jobId) {
        OpsLevelSender sender = client.sender(jobId);
        return new Shipping(sender, sender::reportOutcome);
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
