package dev.logweir;

import java.util.List;

/**
 * What became of a job's output, sink by sink. Immutable; a report that {@link LogStreamer#finish}
 * returned is final.
 *
 * @param sinks the balances, in the order in which the sinks were given; one or more
 */
public record LogReport(List<SinkReport> sinks) {
  /** Copies the list. */
  public LogReport {
    sinks = List.copyOf(sinks);
  }

  /** Returns the balance of the first sink. */
  public SinkReport sink() {
    return sinks.get(0);
  }

  /** Returns whether every sink got all that the job wrote. */
  public boolean isComplete() {
    return sinks.stream().allMatch(SinkReport::isComplete);
  }

  /** Returns one line a sink, for a person. */
  @Override
  public String toString() {
    return String.join("; ", sinks.stream().map(SinkReport::toString).toList());
  }
}
