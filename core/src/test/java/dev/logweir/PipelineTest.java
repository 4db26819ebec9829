package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Sequences that once went wrong, in lock step. */
@Timeout(60)
class PipelineTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static PipelineSetup setup(int sinks) {
    return new PipelineSetup(
        4 << 10,
        0,
        sinks,
        Integer.MAX_VALUE,
        OverflowPolicy.DROP_NEWEST,
        true,
        Duration.ofSeconds(30),
        0,
        false,
        false);
  }

  private static void write(PipelineRig rig, int lines, int lineBytes) {
    rig.write(LogSource.STDOUT, new Text(Text.Kind.ASCII, lines, lineBytes, 0));
  }

  @Test
  void gapBehindWhichNothingFitted_isMarkedWithTheNextOne() {
    try (PipelineRig rig = new PipelineRig(setup(1))) {
      write(rig, 2, 500);
      rig.write(LogSource.STDOUT, new Text(Text.Kind.ASCII, 1, 4_188, 699));
      write(rig, 1, 28);
      write(rig, 1, 1_962);
      write(rig, 3, 712);
      SinkReport sink = rig.end(Step.End.FINISH, TIMEOUT).sink();
      Tally marked =
          rig.senders.get(0).arrived.stream()
              .filter(piece -> piece.kind() == Piece.Kind.GAP)
              .map(gap -> new Tally(gap.lines(), gap.bytes()))
              .reduce(Tally.NONE, Tally::plus);
      assertThat(marked).isEqualTo(sink.dropped(DropReason.BUFFER_FULL));
      assertThat(marked.isZero()).isFalse();
    }
  }

  @Test
  void finish_takesNoTimeAfterBothStreamsWereClosedAndSent() {
    try (PipelineRig rig = new PipelineRig(setup(1))) {
      write(rig, 3, 10);
      rig.log.stdout().close();
      rig.log.stderr().close();
      rig.settle();
      long before = rig.time.nanoTime();
      assertThat(rig.end(Step.End.FINISH, TIMEOUT).isComplete()).isTrue();
      assertThat(rig.time.nanoTime()).isEqualTo(before);
    }
  }

  @Test
  void sinkWithItsReserveBack_goesOnWhileTheBudgetIsSpent() {
    try (PipelineRig rig = new PipelineRig(setup(1).withBudget())) {
      MemoryBudget budget = rig.budget;
      long spent = budget.limitBytes() - budget.usedBytes();
      assertThat(budget.take(spent)).isTrue();
      rig.log.stdout().write("first\n".getBytes(UTF_8));
      rig.drain();
      rig.sends.close(true);
      rig.sends.runAll();
      rig.log.stdout().write("second\n".getBytes(UTF_8));
      assertThat(rig.drain()).isFalse();
      rig.sends.close(false);
      while (rig.sends.runAll()) {
        // until nothing is handed over any more
      }
      rig.time.advance(Duration.ofSeconds(30));
      rig.sends.runAll();
      assertThat(rig.senders.get(0).arrivedEnds).isEqualTo(2);
      budget.give(spent);
    }
  }

  @Test
  void hungSink_doesNotKeepTheLastLinesFromTheOther() {
    try (PipelineRig rig = new PipelineRig(setup(2))) {
      rig.senders.get(0).isolate();
      rig.sends.close(true);
      for (int i = 0; i < 40; i++) {
        write(rig, 3, 120);
        rig.drain();
        rig.sends.runAll();
      }
      write(rig, 25, 120);
      write(rig, 20, 9);
      LogReport report = rig.end(Step.End.FINISH, TIMEOUT);
      assertThat(report.sinks().get(0).dropped(DropReason.FLUSH_TIMEOUT)).isEqualTo(Tally.NONE);
      assertThat(report.sinks().get(1).dropped(DropReason.FLUSH_TIMEOUT).isZero()).isFalse();
    }
  }

  @Test
  void writesWithoutAThread_leaveOneTimerWhichEndsWithTheJob() {
    try (PipelineRig rig = new PipelineRig(setup(1))) {
      for (int i = 0; i < 20; i++) {
        write(rig, 1, 10);
      }
      assertThat(rig.time.pending()).isEqualTo(1);
      rig.end(Step.End.FINISH, TIMEOUT);
      assertThat(rig.time.pending()).isZero();
    }
  }
}
