package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.opslevel.OpsLevelClient;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Question: what do the first lines of many jobs at once take, in a process that has just begun?
 *
 * <p>Workload: each job writes one line with an interval of zero, over HTTP to a server on
 * loopback. Prints {@code threads}, how many more there were at most, and {@code last}, the
 * milliseconds from the first write until all lines had arrived.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.FirstLines
 * [JOBS]}
 */
public final class FirstLines {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private FirstLines() {}

  /** Measures and prints. */
  public static void main(String[] args) throws Exception {
    Outcome.begin();
    int jobs = args.length > 0 ? Integer.parseInt(args[0]) : 1_000;
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (BareServer server = BareServer.start(BareServer.Protocol.HTTP);
        OpsLevelClient client = BareServer.client(server.port());
        LogweirEngine engine = LogweirEngine.builder().build()) {
      List<LogStreamer> logs = new ArrayList<>();
      for (int job = 0; job < jobs; job++) {
        logs.add(
            LogStreamer.builder(client.sender("job-" + job))
                .engine(engine)
                .maxInterval(Duration.ZERO)
                .start());
      }
      threads.resetPeakThreadCount();
      int before = threads.getThreadCount();
      byte[] line = "the first line\n".getBytes(US_ASCII);
      long begun = System.nanoTime();
      for (LogStreamer log : logs) {
        log.stdout().write(line);
      }
      for (LogStreamer log : logs) {
        if (!log.flush(LIMIT)) {
          throw new IllegalStateException("a line did not arrive");
        }
      }
      Outcome.figure("last", (System.nanoTime() - begun) / 1e6);
      Outcome.figure("threads", threads.getPeakThreadCount() - (double) before);
    }
    Outcome.end();
  }
}
