package dev.logweir.benchmarks;

import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Question: how long does close take when the sender hangs, and does it leave threads behind?
 *
 * <p>Workload: 2,000 lines of 100 B to a sender whose first send does not return unless its thread
 * is interrupted; every pipeline as it is by default ({@link Mode#DEFAULTS}), closed as its library
 * closes. Threads are those that the pipeline started and that still run a second after close.
 *
 * <p>Command: {@code java -cp benchmarks/target/benchmarks.jar dev.logweir.benchmarks.CloseRun
 * LOGWEIR 30}; the number is that of seconds after which close is not waited for any longer.
 */
final class CloseRun {
  private static final int LINES = 2_000;
  private static final int ENTER_SECONDS = 3;

  private CloseRun() {}

  /**
   * Runs.
   *
   * @param args the name of a {@link Peer}, the seconds to wait for close
   */
  public static void main(String[] args) throws Exception {
    Outcome.begin();
    Workload workload = Workload.of("100");
    HungSink sink = new HungSink();
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    Pipeline pipeline = Peer.valueOf(args[0]).open(sink, Mode.DEFAULTS);
    int from = 0;
    for (int line = 0; line < LINES; line++) {
      pipeline.write(workload.bytes(), from, 100);
      from += 100;
    }
    boolean hangs = sink.entered().await(ENTER_SECONDS, TimeUnit.SECONDS);

    long begun = System.nanoTime();
    Thread stop = new Thread(() -> stop(pipeline), "stop");
    stop.start();
    stop.join(TimeUnit.SECONDS.toMillis(Integer.parseInt(args[1])));
    double seconds = (System.nanoTime() - begun) / 1e9;
    boolean returned = !stop.isAlive();
    stop.join(TimeUnit.SECONDS.toMillis(1));
    Outcome.figure("hung before close", hangs ? 1 : 0);
    Outcome.figure("close returned", returned ? 1 : 0);
    Outcome.figure("close s", seconds);
    Outcome.figure("threads left", (double) threads(before, stop));
    Outcome.end();
  }

  private static long threads(Set<Thread> before, Thread stop) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(1);
    long left = 0;
    for (Thread thread : Thread.getAllStackTraces().keySet()) {
      if (!before.contains(thread) && thread != stop) {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        thread.join(Math.max(1, millis));
        left += thread.isAlive() ? 1 : 0;
      }
    }
    return left;
  }

  private static void stop(Pipeline pipeline) {
    try {
      pipeline.stop();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
