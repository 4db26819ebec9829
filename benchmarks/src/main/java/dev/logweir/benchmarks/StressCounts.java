package dev.logweir.benchmarks;

import dev.logweir.DropReason;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What the jobs of a stress run did, to see that it did something. */
final class StressCounts {
  long rounds;
  long jobs;
  long complete;
  long linesWritten;
  long bytesWritten;
  long shippedLines;
  long filteredLines;
  long sends;
  long piecesChecked;
  long markers;
  long longestOverrunNanos = Long.MIN_VALUE;
  long longestWriteNanos;
  final Map<StressJob.End, Long> ends = new EnumMap<>(StressJob.End.class);
  final Map<DropReason, Long> dropped = new EnumMap<>(DropReason.class);

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%,d rounds, %,d jobs (%,d complete)%n"
            + "written %,d lines, %,d bytes; shipped %,d lines, filtered %,d, dropped %s%n"
            + "%,d sends, %,d pieces checked, %,d markers%n"
            + "ends %s%n"
            + "longest write %,d us; longest end %,d ms over its time",
        rounds,
        jobs,
        complete,
        linesWritten,
        bytesWritten,
        shippedLines,
        filteredLines,
        dropped,
        sends,
        piecesChecked,
        markers,
        ends,
        TimeUnit.NANOSECONDS.toMicros(longestWriteNanos),
        Math.max(0, TimeUnit.NANOSECONDS.toMillis(longestOverrunNanos)));
  }
}
