package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

/** The invariants of the pipeline, against what a job wrote and what its senders took. */
@net.jqwik.api.PropertyDefaults(edgeCases = EdgeCasesMode.NONE, shrinking = ShrinkingMode.BOUNDED)
class PipelineProperties {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  @Provide
  Arbitrary<PipelineSetup> oneSink() {
    return PipelineArbitraries.setups(1);
  }

  @Provide
  Arbitrary<PipelineSetup> anySinks() {
    return PipelineArbitraries.setups(2);
  }

  @Provide
  Arbitrary<List<Step>> oneStreamWholeFailures() {
    return PipelineArbitraries.wholeFailures(false);
  }

  @Provide
  Arbitrary<List<Step>> wholeFailures() {
    return PipelineArbitraries.wholeFailures(true);
  }

  @Provide
  Arbitrary<List<Step>> failures() {
    return PipelineArbitraries.failures();
  }

  @Provide
  Arbitrary<List<Step>> partialFailures() {
    return PipelineArbitraries.partialFailures();
  }

  @Provide
  Arbitrary<List<Step>> stalls() {
    return PipelineArbitraries.stalls(true);
  }

  @Provide
  Arbitrary<Step.End> ends() {
    return PipelineArbitraries.ends();
  }

  @Property
  void everyPlaceKeepsItsBound(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("failures") List<Step> steps,
      @ForAll boolean limited,
      @ForAll("ends") Step.End end) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      for (Step step : steps) {
        rig.take(step);
        Places.check(rig);
      }
      rig.end(end, TIMEOUT);
      assertThat(rig.log.retainedBytes()).isZero();
    }
  }

  @Property
  void theBalanceClosesAtAnyTime(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("failures") List<Step> steps,
      @ForAll boolean limited,
      @ForAll("ends") Step.End end) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      for (Step step : steps) {
        rig.take(step);
        Balance.check(rig, rig.log.report());
      }
      LogReport report = rig.end(end, TIMEOUT);
      Balance.check(rig, report);
      Balance.checkFinal(rig, report);
    }
  }

  @Property
  void whatArrivesStandsAtItsPlace(
      @ForAll("oneSink") PipelineSetup setup,
      @ForAll("oneStreamWholeFailures") List<Step> steps,
      @ForAll boolean limited) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      LogReport report = endWell(rig, steps);
      SteppedSender sender = rig.senders.get(0);
      assertThat(report.sink().dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
      assertExplained(rig, report.sink(), sender, true);
    }
  }

  @Property
  void eachStreamKeepsItsOrder(
      @ForAll("anySinks") PipelineSetup setup, @ForAll("wholeFailures") List<Step> steps) {
    try (PipelineRig rig = new PipelineRig(setup)) {
      LogReport report = endWell(rig, steps);
      for (int i = 0; i < setup.sinks(); i++) {
        SinkReport sink = report.sinks().get(i);
        assertThat(sink.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
        assertExplained(rig, sink, rig.senders.get(i), false);
      }
    }
  }

  @Property
  void everyGapIsToldOnce(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("partialFailures") List<Step> steps,
      @ForAll boolean limited) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      LogReport report = endWell(rig, steps);
      for (int i = 0; i < used.sinks(); i++) {
        SinkReport sink = report.sinks().get(i);
        SteppedSender sender = rig.senders.get(i);
        long marked =
            sender.arrived.stream()
                .filter(piece -> piece.kind() == Piece.Kind.GAP)
                .mapToLong(Piece::bytes)
                .sum();
        long late = sink.dropped(DropReason.CLOSED).bytes(); // behind the log
        assertThat(marked + sender.lostMarkers).isEqualTo(sink.droppedTotal().bytes() - late);
      }
    }
  }

  /** Takes the steps, and ends the job with senders that are well. */
  private static LogReport endWell(PipelineRig rig, List<Step> steps) {
    steps.forEach(rig::take);
    rig.take(new Step.Fate(SteppedSender.Mode.TAKE));
    rig.take(new Step.Stall(false));
    return rig.end(Step.End.FINISH, TIMEOUT);
  }

  @Property
  void theEndArrives(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("failures") List<Step> steps,
      @ForAll boolean limited) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      steps.forEach(rig::take);
      rig.take(new Step.Fate(SteppedSender.Mode.TAKE));
      rig.take(new Step.Stall(false));
      boolean gone = rig.senders.stream().anyMatch(sender -> sender.gone);
      long before = rig.time.nanoTime();
      LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
      assertThat(rig.time.nanoTime()).as("time that a healthy end takes").isEqualTo(before);
      for (int i = 0; i < setup.sinks(); i++) {
        SinkReport sink = report.sinks().get(i);
        assertThat(sink.dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
        if (!gone && rig.senders.get(i).failures == 0 && sink.droppedTotal().isZero()) {
          assertThat(sink.shipped()).isEqualTo(rig.accepted());
        }
      }
    }
  }

  @Property
  void aHungSenderDoesNotHoldTheEnd(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("failures") List<Step> steps,
      @ForAll("ends") Step.End end,
      @ForAll boolean stubborn) {
    try (PipelineRig rig = new PipelineRig(setup)) {
      steps.forEach(rig::take);
      rig.take(new Step.Stall(true));
      if (stubborn) {
        rig.sends.ignoreInterrupts();
      }
      long before = rig.time.nanoTime();
      LogReport report = rig.end(end, TIMEOUT);
      assertThat(rig.time.nanoTime() - before).isLessThanOrEqualTo(TIMEOUT.toNanos());
      Balance.check(rig, report);
      Balance.checkFinal(rig, report);
      rig.write(LogSource.STDOUT, new Text(Text.Kind.ASCII, 3, 10, 5));
      rig.letGo();
      assertThat(rig.log.report()).isEqualTo(report);
      assertThat(rig.log.finish()).isEqualTo(report);
    }
  }

  @Property
  void aSilentJobsLinesGoOut(
      @ForAll("anySinks") PipelineSetup setup, @ForAll("stalls") List<Step> steps) {
    try (PipelineRig rig = new PipelineRig(setup)) {
      steps.forEach(rig::take);
      rig.take(new Step.Stall(false));
      rig.settle();
      rig.time.advance(setup.interval());
      while (rig.sends.runAll()) {
        // until nothing is handed over any more
      }
      for (SinkReport sink : rig.log.report().sinks()) {
        assertThat(sink.held().lines()).isZero();
        assertThat(sink.held().bytes())
            .isLessThanOrEqualTo(Math.min(rig.openBytes(), 2L * rig.longestPiece));
      }
    }
  }

  @Property
  void nothingIsLeftBehind(
      @ForAll("anySinks") PipelineSetup setup,
      @ForAll("failures") List<Step> steps,
      @ForAll boolean limited,
      @ForAll("ends") Step.End end,
      @ForAll boolean stubborn) {
    PipelineSetup used = limited ? setup.withBudget() : setup;
    try (PipelineRig rig = new PipelineRig(used)) {
      steps.forEach(rig::take);
      if (stubborn) {
        rig.sends.ignoreInterrupts();
      }
      int parked = rig.sends.parked();
      rig.end(end, TIMEOUT);
      assertThat(rig.engine.activeJobs()).isZero();
      assertThat(rig.engine.abandonedCalls()).isEqualTo(rig.sends.parked());
      assertThat(rig.sends.parked()).isLessThanOrEqualTo(Math.max(parked, setup.sinks()));
      rig.log.close();
      rig.letGo();
      rig.write(LogSource.STDERR, new Text(Text.Kind.ASCII, 3, 10, 5));
      assertThat(rig.time.pending()).as("timers").isZero();
      assertThat(rig.engine.abandonedCalls()).isZero();
      assertThat(rig.log.retainedBytes()).isZero();
      assertThat(rig.engine.retainedBytes()).isZero();
      assertThat(rig.engine.drains.threads() + rig.engine.sends.threads()).isZero();
      rig.senders.forEach(sender -> assertThat(sender.closed).isEqualTo(1));
      if (rig.budget != null) {
        assertThat(rig.budget.usedBytes()).isZero();
      }
    }
  }

  private static void assertExplained(
      PipelineRig rig, SinkReport report, SteppedSender sender, boolean exact) {
    long missing = rig.out.length() + rig.err.length() - report.shipped().bytes();
    assertThat(rig.explain(sender, exact))
        .anySatisfy(
            end -> {
              assertThat(end.shippedLines()).isEqualTo(report.shipped().lines());
              // A short last line may be taken for an earlier one where lines are missing.
              assertThat(end.shippedBytes() - report.shipped().bytes())
                  .isBetween(0L, exact ? 0L : 2L);
              assertThat(end.marked() + sender.lostMarkers).isEqualTo(missing);
            });
  }
}
