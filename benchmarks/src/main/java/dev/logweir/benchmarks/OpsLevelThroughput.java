package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.LogBatch;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelSender;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * Question: how much do 100 jobs ship through one client, and what CPU does that cost?
 *
 * <p>Workload: 100 threads send a batch of 240 KiB in lines of 100 bytes, over and over, each for a
 * job of its own, over HTTP to a server on loopback that reads and accepts all. The server is a
 * process of its own, whose CPU is not counted. CPU is that of all threads of this process, after 5
 * s of warming up, for 10 s.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar
 * dev.logweir.benchmarks.OpsLevelThroughput}
 */
public final class OpsLevelThroughput {
  private static final int JOBS = 100;
  private static final String LINE = "100";
  private static final int BATCH_BYTES = (240 << 10) / 100 * 100;
  private static final int WARM_UP_SECONDS = 5;
  private static final int SECONDS = 10;

  private OpsLevelThroughput() {}

  /** Measures and prints, as {@link WireLoad#main} does. */
  public static void main(String[] args) throws Exception {
    Outcome.begin();
    byte[] text = Workload.of(LINE).bytes();
    String[] lines = new String(text, 0, BATCH_BYTES, UTF_8).split("\n", -1);
    List<String> batch = Arrays.asList(lines).subList(0, lines.length - 1);
    LongAdder sent = new LongAdder();
    try (BareServer server = BareServer.start(BareServer.Protocol.HTTP);
        OpsLevelClient client = BareServer.client(server.port())) {
      WireLoad.of("OPSLEVEL_SENDERS", JOBS, LINE)
          .measure(
              (job, pace) -> {
                OpsLevelSender sender = client.sender("job-" + job);
                LogBatch ofJob = LogBatch.of(batch);
                while (pace.goesOn(BATCH_BYTES)) {
                  sender.send(ofJob);
                  sent.increment();
                }
              },
              () -> new WireLoad.Sent(sent.sum() * BATCH_BYTES, sent.sum()),
              WARM_UP_SECONDS,
              SECONDS);
    }
    Outcome.end();
  }
}
