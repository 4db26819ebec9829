package dev.logweir.examples;

import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import java.util.List;

/** The accounts of several jobs added up. */
record RunTotals(
    int started,
    int running,
    int complete,
    Tally accepted,
    Tally shipped,
    Tally filtered,
    Tally dropped) {
  static RunTotals of(List<ShippedJob> jobs) {
    int started = 0;
    int running = 0;
    int complete = 0;
    Tally accepted = Tally.NONE;
    Tally shipped = Tally.NONE;
    Tally filtered = Tally.NONE;
    Tally dropped = Tally.NONE;
    for (ShippedJob job : jobs) {
      boolean runs = job.isRunning();
      running += runs ? 1 : 0;
      started += runs || job.result() != null ? 1 : 0;
      LogReport report = job.report();
      if (report != null) {
        SinkReport sink = report.sink();
        accepted = accepted.plus(sink.accepted());
        shipped = shipped.plus(sink.shipped());
        filtered = filtered.plus(sink.filtered());
        dropped = dropped.plus(sink.droppedTotal());
        complete += job.result() != null && report.isComplete() ? 1 : 0;
      }
    }
    return new RunTotals(started, running, complete, accepted, shipped, filtered, dropped);
  }

  int done() {
    return started - running;
  }
}
