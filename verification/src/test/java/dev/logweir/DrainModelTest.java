package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Validate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The drain: whoever asks for it gets it, and it is never in two places at once. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class DrainModelTest {
  private static final class Rig {
    final Models.HandedOver drains = new Models.HandedOver();
    final Models.HandedOver sends = new Models.HandedOver();
    final AtomicInteger numbers = new AtomicInteger();
    final AtomicInteger draining = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final ConcurrentLinkedQueue<String> arrived = new ConcurrentLinkedQueue<>();
    final Job job;
    final JobDrain drain;

    Rig(boolean looked) {
      LogweirEngine engine =
          LogweirEngine.builder()
              .time(new Models.StandingTime())
              .drainThreads(drains)
              .sendExecutor(sends)
              .closeExecutor(sends)
              .build();
      engine.drains.close(); // a thread ends where there is no more work
      LogProcessor processor =
          line -> {
            int now = draining.incrementAndGet();
            most.accumulateAndGet(now, Math::max);
            draining.decrementAndGet();
          };
      job =
          looked
              ? Models.start(engine, true, this::send, processor)
              : Models.start(engine, true, this::send);
      drain = job.streams();
    }

    private void send(List<String> lines) {
      for (String line : lines) {
        arrived.add(line);
      }
    }

    void write(SafeBuffer stream) {
      byte[] bytes = ("a" + numbers.incrementAndGet() + "\n").getBytes(US_ASCII);
      stream.write(bytes, 0, bytes.length);
    }

    /** Lets what was asked for come to its end, and asks for nothing. */
    void check() {
      drains.runAll();
      Models.require(drain.heldBytes() == 0, "nothing is left in the buffers");
      sends.runAll();
      Models.require(most.get() <= 1, "one drain at a time");
      int lines = numbers.get();
      Models.require(arrived.size() == lines, "all arrive: " + arrived);
      Models.require(new HashSet<>(arrived).size() == lines, "each once: " + arrived);
      SinkReport report = job.report().sinks().get(0);
      Models.require(report.shipped().lines() == lines, "the balance closes: " + report);
    }
  }

  /** A job in which a processor looks at the lines: all go through the buffers. */
  public static final class Looked {
    private final Rig rig = new Rig(true);

    @Operation
    public void out() {
      rig.write(rig.drain.stdout());
    }

    @Operation
    public void err() {
      rig.write(rig.drain.stderr());
    }

    @Operation
    public void drain() {
      rig.drains.runOne();
    }

    /** Drains on the calling thread. */
    @Operation
    public void drainHere() {
      rig.drain.requestOrRun();
    }

    @Validate
    public void nothingIsForgotten() {
      rig.check();
    }
  }

  @Test
  void whatWasAskedFor_isDrained() {
    Models.check(Looked.class);
  }

  /** A job in which nobody looks at the lines: a write gives them to the sink itself. */
  public static final class PastTheBuffers {
    private final Rig rig = new Rig(false);

    @Operation
    public void out() {
      rig.write(rig.drain.stdout());
    }

    @Operation
    public void err() {
      rig.write(rig.drain.stderr());
    }

    @Operation
    public void drain() {
      rig.drains.runOne();
    }

    @Operation
    public void send() {
      rig.sends.runOne();
    }

    @Validate
    public void nothingIsForgotten() {
      rig.check();
    }
  }

  @Test
  void writesPastTheBuffers_leaveNothingThatOthersAskedFor() {
    Models.check(PastTheBuffers.class);
  }
}
