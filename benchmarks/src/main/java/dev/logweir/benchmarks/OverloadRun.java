package dev.logweir.benchmarks;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.concurrent.TimeUnit;

/**
 * Question: how much arrives when a job writes more than its sender can take, how long is the job
 * held up, and what is held in memory then?
 *
 * <p>Workload: lines of 100 B in chunks of 4 KiB, as fast as they are taken, to a sender that takes
 * 20 MB/s; every pipeline as it is by default ({@link Mode#DEFAULTS}). What arrives is counted
 * until the pipeline's own close has returned, or for {@value #STOP_SECONDS} s. What is held is
 * heap after a collection, and direct memory, above what was there before; the collection runs when
 * the writer has just ended.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.OverloadRun
 * LOGWEIR 2}; the number is that of seconds.
 */
final class OverloadRun {
  private static final long BYTES_PER_SECOND = 20_000_000;
  private static final int STOP_SECONDS = 30;
  private static final double MEGA = 1e6;

  private OverloadRun() {}

  /**
   * Runs.
   *
   * @param args the name of a {@link Peer}, the seconds to write for
   */
  public static void main(String[] args) throws Exception {
    Outcome.begin();
    Peer peer = Peer.valueOf(args[0]);
    long nanos = TimeUnit.SECONDS.toNanos(Integer.parseInt(args[1]));
    Workload workload = Workload.of("100");
    warmUp(peer, workload);
    long before = held();

    SlowSink sink = new SlowSink(BYTES_PER_SECOND);
    Pipeline pipeline = peer.open(sink, Mode.DEFAULTS);
    long begun = System.nanoTime();
    long bytes = 0;
    while (System.nanoTime() - begun < nanos) {
      bytes += write(workload, pipeline);
    }
    double seconds = (System.nanoTime() - begun) / 1e9;
    long held = held() - before;
    Thread stop = new Thread(() -> stop(pipeline), "stop");
    stop.setDaemon(true);
    stop.start();
    stop.join(TimeUnit.SECONDS.toMillis(STOP_SECONDS));

    double arrived = sink.lineCount() * 100.0;
    Outcome.figure("offered MB/s", bytes / seconds / MEGA);
    Outcome.figure("arrived MB", arrived / MEGA);
    Outcome.figure("arrived % of offered", 100 * arrived / bytes);
    Outcome.figure("arrived % of what the sender could take", 100 * arrived / capacity(seconds));
    Outcome.figure("held MB", Math.max(0, held) / MEGA);
    Outcome.end();
  }

  private static double capacity(double seconds) {
    return BYTES_PER_SECOND * seconds;
  }

  private static void warmUp(Peer peer, Workload workload) throws Exception {
    Pipeline pipeline = peer.open(new SlowSink(Long.MAX_VALUE), Mode.LOSSLESS);
    for (int pass = 0; pass < 50; pass++) {
      write(workload, pipeline);
    }
    pipeline.finish();
  }

  private static long write(Workload workload, Pipeline pipeline) throws Exception {
    byte[] bytes = workload.bytes();
    for (int at = 0; at < bytes.length; at += Workload.CHUNK) {
      pipeline.write(bytes, at, Workload.CHUNK);
    }
    return bytes.length;
  }

  private static void stop(Pipeline pipeline) {
    try {
      pipeline.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static long held() {
    System.gc();
    long bytes = 0;
    for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
      MemoryUsage usage = pool.getCollectionUsage();
      if (pool.getType() == MemoryType.HEAP && usage != null) {
        bytes += usage.getUsed();
      }
    }
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      bytes += pool.getMemoryUsed();
    }
    return bytes;
  }
}
