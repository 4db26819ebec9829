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

/** The sink: lines from several threads, one send at a time, and its end at any moment. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class SinkModelTest {
  private static final class Rig implements BatchSender {
    final Models.HandedOver sends = new Models.HandedOver();
    final ConcurrentLinkedQueue<String> arrived = new ConcurrentLinkedQueue<>();
    final AtomicInteger numbers = new AtomicInteger();
    final AtomicInteger sending = new AtomicInteger();
    final AtomicInteger most = new AtomicInteger();
    final AtomicInteger taken = new AtomicInteger();
    final Job job;
    final Sink sink;

    Rig() {
      LogweirEngine engine =
          LogweirEngine.builder()
              .time(new Models.StandingTime())
              .sendExecutor(sends)
              .closeExecutor(sends)
              .build();
      job = Models.start(engine, false, this);
      sink = job.firstSink();
    }

    @Override
    public void send(List<String> lines) {
      int now = sending.incrementAndGet();
      most.accumulateAndGet(now, Math::max);
      for (String line : lines) {
        arrived.add(line);
      }
      sending.decrementAndGet();
    }

    void submit() {
      LogLine piece = new LogLine(LogSource.STDOUT);
      byte[] bytes = ("a" + numbers.incrementAndGet()).getBytes(US_ASCII);
      piece.setContent(bytes, 0, bytes.length);
      piece.setPart(true, true, false);
      piece.setTally(bytes.length + 1L, 1);
      if (sink.intake.submit(piece, Markers.Mark.NONE, 0)) {
        taken.incrementAndGet();
      }
      sink.startIfClaimed();
    }

    /** Adds a line as a drain does. */
    void add() {
      byte[] bytes = ("b" + numbers.incrementAndGet() + "\n").getBytes(US_ASCII);
      if (sink.intake.prepare(bytes.length, bytes.length, false, 0) > 0) {
        LineRun run = new LineRun();
        run.begin(bytes, 0, bytes.length);
        run.lines = 1;
        sink.intake.addRun(run, false);
        taken.incrementAndGet();
      }
      sink.passEnded();
    }

    SinkReport checked() {
      sends.runAll();
      Models.require(most.get() <= 1, "one send at a time");
      Models.require(new HashSet<>(arrived).size() == arrived.size(), "once: " + arrived);
      SinkReport report = job.report().sinks().get(0);
      Tally lost = report.droppedTotal();
      Models.require(
          report.accepted().equals(report.shipped().plus(lost).plus(report.held())),
          "the balance closes: " + report);
      Models.require(report.held().isZero(), "nothing is held: " + report);
      sink.lock.lock();
      try {
        Models.require(sink.heldBytes() == 0, "no segment is left");
      } finally {
        sink.lock.unlock();
      }
      return report;
    }
  }

  /** A sink whose sender is well. */
  public static final class Sending {
    private final Rig rig = new Rig();

    @Operation
    public void submit() {
      rig.submit();
    }

    @Operation(nonParallelGroup = "drain")
    public void add() {
      rig.add();
    }

    @Operation
    public void send() {
      rig.sends.runOne();
    }

    @Validate
    public void allArrived() {
      SinkReport report = rig.checked();
      int lines = rig.numbers.get();
      Models.require(rig.taken.get() == lines, "there is room");
      Models.require(rig.arrived.size() == lines, "nothing is forgotten: " + rig.arrived);
      Models.require(report.shipped().lines() == lines, "all is shipped: " + report);
    }
  }

  @Test
  void eachLine_isSentOnceAndByOneSendAtATime() {
    Models.check(Sending.class);
  }

  /** A sink that is ended where it stands. */
  public static final class Ending {
    private final Rig rig = new Rig();

    @Operation
    public void submit() {
      rig.submit();
    }

    @Operation
    public void send() {
      rig.sends.runOne();
    }

    @Operation(runOnce = true)
    public void abort() {
      rig.sink.lock.lock();
      try {
        rig.sink.abort(0, 0);
      } finally {
        rig.sink.lock.unlock();
      }
      rig.sink.interruptAbandoned();
    }

    @Validate
    public void allIsAccountedFor() {
      SinkReport report = rig.checked();
      Models.require(report.accepted().lines() == rig.taken.get(), "what was taken: " + report);
      Models.require(report.shipped().lines() <= rig.arrived.size(), "arrived: " + report);
      Models.require(rig.sink.job.engine.abandonedCalls() == 0, "no call is left");
    }
  }

  @Test
  void sinkThatEndsWhereItStands_accountsForEachLine() {
    Models.check(Ending.class);
  }
}
