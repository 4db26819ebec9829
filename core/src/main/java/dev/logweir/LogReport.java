package dev.logweir;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * How much of a job's output arrived, sink by sink. Immutable; a report that {@link
 * LogStreamer#finish} returned is final.
 */
public final class LogReport {
  private static final SinkReport UNKNOWN_SINK = new SinkLedger(new Totals()).unknown();

  /** As {@link #unknown}, of a job whose end found no memory even for that. */
  static final LogReport UNKNOWN = unknown("unknown job", 1, 0);

  /** How many ends of streams a report lists. */
  public static final int MAX_BAD_ENDS = 32;

  private final String name;
  private final List<SinkReport> sinks;
  private final List<SourceEnd> badEnds;
  private final int markerToken;
  private final KnownEnd end;

  LogReport(String name, List<SinkReport> sinks, List<SourceEnd> badEnds, int markerToken) {
    this(name, sinks, badEnds, markerToken, KnownEnd.OPEN);
  }

  LogReport(
      String name, List<SinkReport> sinks, List<SourceEnd> badEnds, int markerToken, KnownEnd end) {
    this.end = end;
    this.name = name;
    this.sinks = List.copyOf(sinks);
    this.badEnds = List.copyOf(badEnds);
    this.markerToken = markerToken;
  }

  /**
   * Returns what is returned where there is no memory for a report: of each sink that a line was
   * lost for want of memory, so that it is not taken for complete.
   */
  static LogReport unknown(String name, int sinks, int markerToken) {
    return new LogReport(name, Collections.nCopies(sinks, UNKNOWN_SINK), List.of(), markerToken);
  }

  /** Returns the job's name. */
  public String name() {
    return name;
  }

  /** Returns the balances, in the order in which the sinks were given; one or more. */
  public List<SinkReport> sinks() {
    return sinks;
  }

  /** Returns the balance of the first sink. */
  public SinkReport sink() {
    return sinks.get(0);
  }

  /**
   * Returns the pumped streams that were not read to their end, the first {@value #MAX_BAD_ENDS} of
   * them: some of the job's output may not have been read.
   */
  public List<SourceEnd> badEnds() {
    return badEnds;
  }

  /** Returns what is known of the job's end; as {@link LogStreamer#end()}. */
  public LogEnd end() {
    return end.end();
  }

  /**
   * Returns the token in every marker that the library wrote into this job's log: 8 hexadecimal
   * digits, as in {@code [logweir 3f2a9c1e] 2 lines (40 bytes) dropped here: queue_full}. It is
   * random and the job can't know it, so that a line that looks like a marker and has other digits
   * is the job's own text.
   */
  public String markerToken() {
    return Markers.text(markerToken);
  }

  /** Returns the bytes of text that processors added and that sinks did not get, over all sinks. */
  public long addedBytesDropped() {
    return sinks.stream().mapToLong(SinkReport::addedBytesDropped).sum();
  }

  /**
   * Returns whether every sink got all that the job wrote and all that processors added, every
   * pumped stream was read to its end, and the job's {@link ExitMarker}, if it has one, came: for
   * each of its commands, if there were {@linkplain LogStreamer#nextCommand several}.
   */
  public boolean isComplete() {
    return end.isProven() && badEnds.isEmpty() && sinks.stream().allMatch(SinkReport::isComplete);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof LogReport report
        && name.equals(report.name)
        && sinks.equals(report.sinks)
        && badEnds.equals(report.badEnds)
        && markerToken == report.markerToken
        && end.equals(report.end);
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, sinks, badEnds, markerToken, end);
  }

  /** Returns the name, a few words a sink, and a stream that ended badly, for a person. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner("; ");
    sinks.forEach(sink -> text.add(sink.toString()));
    badEnds.forEach(source -> text.add(source.toString()));
    if (end().kind() != LogEnd.Kind.OPEN) {
      text.add(end().toString());
    }
    if (!end.isProven() && end().kind() == LogEnd.Kind.EXITED) {
      text.add("not every command's end is proven");
    }
    return name + ": " + text;
  }
}
