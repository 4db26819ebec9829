package dev.logweir.testkit;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * Assertions of AssertJ on a {@link LogReport}. Without the name of a sink they check the first.
 * Each throws an {@link AssertionError} that shows the report, and returns this.
 */
public final class LogReportAssert extends AbstractAssert<LogReportAssert, LogReport> {
  private LogReportAssert(@Nullable LogReport actual) {
    super(actual, LogReportAssert.class);
  }

  /** Begins assertions on a report. */
  public static LogReportAssert assertThat(@Nullable LogReport actual) {
    return new LogReportAssert(actual);
  }

  /** Checks that every sink got all. */
  public LogReportAssert isComplete() {
    isNotNull();
    if (!actual.isComplete()) {
      failWithMessage("expected a complete log:%n  %s", actual);
    }
    return this;
  }

  /** Checks that something is missing. */
  public LogReportAssert isIncomplete() {
    isNotNull();
    if (actual.isComplete()) {
      failWithMessage("expected a log with something missing:%n  %s", actual);
    }
    return this;
  }

  /** Checks how many lines the job wrote. */
  public LogReportAssert hasAcceptedLines(long lines) {
    isNotNull();
    return lines("accepted", actual.sink().accepted(), lines);
  }

  /** Checks how many of the job's lines arrived. */
  public LogReportAssert hasShippedLines(long lines) {
    isNotNull();
    return lines("shipped", actual.sink().shipped(), lines);
  }

  /** Checks how many lines processors removed. */
  public LogReportAssert hasFilteredLines(long lines) {
    isNotNull();
    return lines("filtered", actual.sink().filtered(), lines);
  }

  /** Checks how many lines were dropped for a reason. */
  public LogReportAssert hasDroppedLines(DropReason reason, long lines) {
    isNotNull();
    return lines("dropped as " + reason.value(), actual.sink().dropped(reason), lines);
  }

  /** Checks that something was dropped for a reason, and nothing for any other. */
  public LogReportAssert hasDroppedOnlyAs(DropReason reason) {
    isNotNull();
    SinkReport sink = actual.sink();
    if (sink.dropped(reason).isZero() || sink.dropped().size() > 1) {
      failWithMessage("expected drops as %s and no other:%n  %s", reason.value(), actual);
    }
    return this;
  }

  /** Checks that no sink dropped anything. */
  public LogReportAssert hasDroppedNothing() {
    isNotNull();
    for (SinkReport sink : actual.sinks()) {
      if (!sink.droppedTotal().isZero() || sink.addedBytesDropped() > 0) {
        failWithMessage("expected no drops:%n  %s", actual);
      }
    }
    return this;
  }

  /**
   * Checks, for every sink, that accepted = shipped + filtered + dropped + held, in lines and
   * bytes.
   */
  public LogReportAssert isBalanced() {
    isNotNull();
    for (SinkReport sink : actual.sinks()) {
      Tally sum = sink.shipped().plus(sink.filtered()).plus(sink.droppedTotal()).plus(sink.held());
      if (!sum.equals(sink.accepted())) {
        failWithMessage(
            "expected %s to be the sum of its parts, which is %s:%n  %s",
            sink.accepted(), sum, actual);
      }
    }
    return this;
  }

  private LogReportAssert lines(String what, Tally tally, long lines) {
    if (tally.lines() != lines) {
      failWithMessage("expected %,d lines %s, not %,d:%n  %s", lines, what, tally.lines(), actual);
    }
    return this;
  }
}
