package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.OperatingSystemMXBean;
import dev.logweir.LogBatch;
import dev.logweir.opslevel.OpsLevelClient;
import dev.logweir.opslevel.OpsLevelSender;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
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
  private static final int BATCH_BYTES = 240 << 10;
  private static final int WARM_UP_SECONDS = 5;
  private static final int SECONDS = 10;

  private OpsLevelThroughput() {}

  /** Measures and prints. */
  public static void main(String[] args) throws Exception {
    try (BareServer server = BareServer.start(BareServer.Protocol.HTTP)) {
      measure(server.port());
    }
  }

  private static void measure(int port) throws Exception {
    byte[] text = Workload.of("100").bytes();
    String[] lines = new String(text, 0, BATCH_BYTES / 100 * 100, UTF_8).split("\n", -1);
    List<String> batch = Arrays.asList(lines).subList(0, lines.length - 1);
    LongAdder sent = new LongAdder();
    List<Future<?>> senders = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(JOBS);
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    try (OpsLevelClient client =
        OpsLevelClient.builder()
            .apiUrl("http://127.0.0.1:" + port)
            .token("token")
            .runnerId("runner")
            .build()) {
      long to = System.nanoTime() + TimeUnit.SECONDS.toNanos(WARM_UP_SECONDS + SECONDS);
      for (int job = 0; job < JOBS; job++) {
        OpsLevelSender sender = client.sender("job-" + job);
        LogBatch ofJob = LogBatch.of(batch);
        senders.add(
            threads.submit(
                () -> {
                  while (System.nanoTime() < to) {
                    sender.send(ofJob);
                    sent.increment();
                  }
                  return null;
                }));
      }
      boolean ended = threads.awaitTermination(WARM_UP_SECONDS, TimeUnit.SECONDS);
      long sentBefore = sent.sum();
      long cpuBefore = system.getProcessCpuTime();
      long begun = System.nanoTime();
      ended |= threads.awaitTermination(SECONDS, TimeUnit.SECONDS);
      double seconds = (System.nanoTime() - begun) / 1e9;
      double cpuMillis = (system.getProcessCpuTime() - cpuBefore) / 1e6;
      long batches = sent.sum() - sentBefore;
      threads.shutdown();
      if (ended || !threads.awaitTermination(60, TimeUnit.SECONDS) || batches == 0) {
        throw new IllegalStateException("the senders did not send all the time");
      }
      for (Future<?> sender : senders) {
        sender.get(); // throws what ended it
      }
      double megabytes = batches * (double) (BATCH_BYTES / 100 * 100) / 1e6;
      System.out.printf(
          Locale.ROOT,
          "%d jobs: %,.0f lines/s, %.1f MB/s of log, %.2f ms of CPU per MB of log%n",
          JOBS,
          batches * (double) batch.size() / seconds,
          megabytes / seconds,
          cpuMillis / megabytes);
      Outcome.figure("rate", megabytes / seconds);
      Outcome.figure("warm", cpuMillis / megabytes);
    }
  }
}
