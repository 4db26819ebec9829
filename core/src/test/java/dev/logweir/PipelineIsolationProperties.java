package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.PropertyDefaults;
import net.jqwik.api.Provide;

/** What throws or hangs costs its own line, batch or job, and nothing else. */
@PropertyDefaults(edgeCases = EdgeCasesMode.NONE)
class PipelineIsolationProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Provide
  Arbitrary<PipelineSetup> setups() {
    return PipelineArbitraries.setups(1);
  }

  @Provide
  Arbitrary<List<Step>> sequences() {
    return PipelineArbitraries.failures();
  }

  @Provide
  Arbitrary<List<Step>> stalls() {
    return PipelineArbitraries.stalls(false);
  }

  private static final class Throwing implements LogProcessor {
    private long lostLines;
    private boolean losing;

    @Override
    public void process(LogLine line) {
      if (line.isFirst()) {
        losing = line.length() > 0 && (line.byteAt(0) & 0xFF) % 4 == 1;
      }
      if (losing) {
        boolean whole = line.isLast() && !line.isCut();
        lostLines += whole ? 1 : 0;
        if (line.isFirst()) {
          fail(line.length());
        }
      }
    }

    private static void fail(int kind) {
      switch (kind % 3) {
        case 0 -> throw new IllegalStateException("on purpose");
        case 1 -> throw new StackOverflowError("on purpose");
        default -> throw new AssertionError("on purpose");
      }
    }

    @Override
    public void gap() {
      throw new IllegalStateException("on purpose");
    }

    @Override
    public void end(Output out) {
      throw new IllegalStateException("on purpose");
    }

    @Override
    public void close() {
      throw new IllegalStateException("on purpose");
    }
  }

  @Property
  void aThrowingProcessorCostsItsLines(
      @ForAll("setups") PipelineSetup setup, @ForAll("stalls") List<Step> steps) {
    Throwing processor = new Throwing();
    try (PipelineRig rig = new PipelineRig(setup, processor)) {
      for (Step step : steps) {
        rig.take(step);
        Balance.check(rig, rig.log.report());
      }
      rig.take(new Step.Stall(false));
      LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
      Balance.check(rig, report);
      Balance.checkFinal(rig, report);
      Tally lost = report.sink().dropped(DropReason.PROCESSOR_FAILED);
      assertThat(lost.lines()).isGreaterThanOrEqualTo(processor.lostLines);
      assertThat(rig.explain(rig.senders.get(0), true)).isNotEmpty();
    }
  }

  @Property
  void aBadSinkCostsItsOwnBatches(
      @ForAll("setups") PipelineSetup setup,
      @ForAll("sequences") List<Step> steps,
      @ForAll boolean stubborn) {
    try (PipelineRig rig = new PipelineRig(setup.withSinks(2))) {
      SteppedSender good = rig.senders.get(0);
      good.isolate();
      steps.forEach(rig::take);
      rig.take(new Step.Stall(true));
      if (stubborn) {
        rig.sends.ignoreInterrupts();
      }
      LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
      SinkReport sink = report.sinks().get(0);
      assertThat(sink.dropped(DropReason.SEND_FAILED)).isEqualTo(Tally.NONE);
      assertThat(sink.dropped(DropReason.SEND_REFUSED)).isEqualTo(Tally.NONE);
      assertThat(sink.dropped(DropReason.FLUSH_TIMEOUT)).as("good sink").isEqualTo(Tally.NONE);
      assertThat(good.failures).isZero();
      Balance.check(rig, report);
    }
  }

  @Property
  void aBadJobCostsNoOther(
      @ForAll("setups") PipelineSetup setup,
      @ForAll("sequences") List<Step> steps,
      @ForAll boolean stubborn) {
    PipelineSetup used = setup.withBudget();
    try (PipelineRig rig = new PipelineRig(used)) {
      SteppedSender good = new SteppedSender(rig.sends, Integer.MAX_VALUE);
      good.isolate();
      try (LogStreamer other =
          LogStreamer.builder(good).engine(rig.engine).maxSize(8 << 10).start()) {
        int written = 0;
        for (Step step : steps) {
          rig.take(step);
          other
              .stdout()
              .write(
                  ("line " + written++ + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8));
          rig.drain(other);
          rig.sends.runAll();
        }
        rig.take(new Step.Stall(true));
        if (stubborn) {
          rig.sends.ignoreInterrupts();
        }
        rig.finishOther(other);
        SinkReport report = other.report().sink();
        assertThat(report.accepted().lines()).isEqualTo(written);
        assertThat(
                report.shipped().plus(report.dropped().getOrDefault(DropReason.BUDGET, Tally.NONE)))
            .isEqualTo(report.accepted());
        rig.end(Step.End.FINISH, TIMEOUT);
      }
    }
  }
}
