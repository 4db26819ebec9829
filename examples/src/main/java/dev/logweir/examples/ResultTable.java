package dev.logweir.examples;

import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;

/** What became of each job, in bytes as the job wrote them. */
final class ResultTable {
  private static final String ROW = "%8s %6s %16s %16s %12s  %-8s  %s%n";

  private ResultTable() {}

  static void print(List<Job> jobs, PrintWriter out) {
    out.printf(ROW, "job", "exit", "accepted", "shipped", "filtered", "complete", "dropped");
    for (Job job : jobs) {
      Job.Result result = job.result();
      LogReport report = job.report();
      if (report == null) {
        String state = result == null ? "not started" : String.valueOf(result.failure());
        out.printf(ROW, job.number(), "-", "-", "-", "-", "no", state);
        continue;
      }
      SinkReport sink = report.sink();
      out.printf(
          ROW,
          job.number(),
          result == null ? "-" : result.exitCode(),
          bytes(sink.accepted().bytes()),
          bytes(sink.shipped().bytes()),
          bytes(sink.filtered().bytes()),
          result != null && report.isComplete() ? "yes" : "no",
          Totals.reasons(sink));
    }
    Totals all = Totals.of(jobs);
    out.printf(
        ROW,
        "all",
        "",
        bytes(all.accepted().bytes()),
        bytes(all.shipped().bytes()),
        bytes(all.filtered().bytes()),
        all.complete() + "/" + jobs.size(),
        bytes(all.dropped().bytes()));
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d", bytes);
  }
}
