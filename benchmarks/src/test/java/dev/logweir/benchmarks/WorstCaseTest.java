package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class WorstCaseTest {
  private static final int MAX_SIZE = 64 << 10;

  /** Not every collector moves everything together, and some classes are loaded on the way. */
  private static final int LEFT_BYTES = 1 << 20;

  @Test
  void healthyJobs_areWithinTheFormula() throws Exception {
    WorstCaseRow row = new WorstCaseRow(MAX_SIZE, "100", MemorySender.Kind.HEALTHY, true, 2);

    WorstCase.Figures figures = WorstCase.run(row, Flaw.NONE);

    assertThat(figures.worst().ratio()).as(figures.toString()).isLessThanOrEqualTo(1);
    assertThat(figures.afterJobs().ratio()).as(figures.toString()).isLessThanOrEqualTo(1);
    assertThat(figures.left()).as(figures.toString()).isLessThan(LEFT_BYTES);
    assertThat(figures.worst().held()).isGreaterThan(figures.worst().formula() / 20);
    assertThat(figures.lines()).isPositive();
  }

  @Test
  void stalledJobs_useMostOfTheFormula() throws Exception {
    WorstCaseRow row = new WorstCaseRow(MAX_SIZE, "100", MemorySender.Kind.STALLED, false, 1);

    WorstCase.Figures figures = WorstCase.run(row, Flaw.NONE);

    assertThat(figures.worst().ratio()).isBetween(0.6, 1.0);
  }

  @ParameterizedTest
  @CsvSource({"LEAK, HEALTHY", "UNCAPPED, STALLED"})
  void flaw_isOverTheFormulaWhileTheJobsRun(Flaw flaw, MemorySender.Kind sender) throws Exception {
    WorstCaseRow row = new WorstCaseRow(MAX_SIZE, "10", sender, false, 1);

    WorstCase.Figures figures = WorstCase.run(row, flaw);

    assertThat(figures.worst().ratio()).isGreaterThan(1);
    assertThat(figures.isWithin()).isFalse();
  }

  @Test
  void leak_isFoundAfterTheEnd() throws Exception {
    WorstCaseRow row = new WorstCaseRow(MAX_SIZE, "100", MemorySender.Kind.STALLED, false, 1);

    WorstCase.Figures figures = WorstCase.run(row, Flaw.LEAK);

    assertThat(figures.left()).isGreaterThan(2 * LEFT_BYTES);
    assertThat(figures.isWithin()).isFalse();
  }
}
