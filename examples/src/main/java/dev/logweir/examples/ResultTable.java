package dev.logweir.examples;

import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** What became of each job, in bytes as the job wrote them, within 100 columns. */
final class ResultTable {
  static final int COLUMNS = 100;

  private static final Map<DropReason, String> EXPLANATIONS =
      Map.of(
          DropReason.BUFFER_FULL, "the job wrote faster than its output was taken on",
          DropReason.QUEUE_FULL, "the API took batches more slowly than the job filled them",
          DropReason.BUDGET, "the memory budget over all jobs was spent",
          DropReason.SEND_FAILED, "the API did not take it in any attempt",
          DropReason.SEND_REFUSED, "the API refused it for good",
          DropReason.FLUSH_TIMEOUT, "it had not arrived when --flush-timeout was over",
          DropReason.MEMORY, "the heap had no room for it",
          DropReason.CLOSED, "it was written after the end",
          DropReason.PROCESSOR_FAILED, "a processor failed on the line");

  private ResultTable() {}

  static void print(List<ShippedJob> jobs, PrintWriter out) {
    row(out, "job", "state", "exit", "accepted", "shipped", "filtered", "dropped", "complete");
    for (ShippedJob job : jobs) {
      print(job, out);
    }
    RunTotals all = RunTotals.of(jobs);
    row(
        out,
        "all",
        "",
        "",
        bytes(all.accepted().bytes()),
        bytes(all.shipped().bytes()),
        bytes(all.filtered().bytes()),
        bytes(all.dropped().bytes()),
        all.complete() + "/" + jobs.size());
    printMissing(jobs, out);
  }

  private static void print(ShippedJob job, PrintWriter out) {
    ShippedJob.Result result = job.result();
    LogReport report = job.report();
    if (report == null) {
      row(out, job.number(), job.state(), "-", "-", "-", "-", "-", "no");
      return;
    }
    SinkReport sink = report.sink();
    row(
        out,
        job.number(),
        job.state(),
        result == null ? "-" : result.exitCode(),
        bytes(sink.accepted().bytes()),
        bytes(sink.shipped().bytes()),
        bytes(sink.filtered().bytes()),
        bytes(sink.droppedTotal().bytes()),
        result != null && report.isComplete() ? "yes" : "no");
  }

  private static void row(PrintWriter out, Object... cells) {
    out.printf(Locale.ROOT, "%7s %-9s %4s %15s %15s %11s %15s  %s%n", cells);
  }

  private static void printMissing(List<ShippedJob> jobs, PrintWriter out) {
    Set<DropReason> reasons = EnumSet.noneOf(DropReason.class);
    for (ShippedJob job : jobs) {
      String missing = missing(job, reasons);
      if (missing != null) {
        out.println(cut("job " + job.number() + ": " + missing));
      }
    }
    for (DropReason reason : reasons) {
      out.println(
          cut("  " + reason.value() + ": " + EXPLANATIONS.getOrDefault(reason, "see DropReason")));
    }
  }

  /** What of a job's log is missing and why, the most first; null if nothing is. */
  static @Nullable String missing(ShippedJob job) {
    return missing(job, EnumSet.noneOf(DropReason.class));
  }

  private static @Nullable String missing(ShippedJob job, Set<DropReason> reasons) {
    ShippedJob.Result result = job.result();
    LogReport report = job.report();
    if (report == null) {
      return switch (job.state()) {
        case NOT_BEGUN -> "no log: the run ended before it began";
        case RUNNING -> "no log yet: it still runs";
        default -> "no log: " + (result == null ? job.state() : result.failure());
      };
    }
    if (result == null) {
      return "its log is not over: it still runs";
    }
    if (report.isComplete()) {
      return null;
    }
    SinkReport sink = report.sink();
    if (sink.droppedTotal().isZero()) {
      return words(report);
    }
    reasons.addAll(sink.dropped().keySet());
    return bytes(sink.droppedTotal().bytes())
        + " of "
        + bytes(sink.accepted().bytes())
        + " bytes are missing: "
        + String.join(
            ", ",
            sink.dropped().entrySet().stream()
                .sorted((a, b) -> Long.compare(b.getValue().bytes(), a.getValue().bytes()))
                .map(entry -> bytes(entry.getValue().bytes()) + " " + entry.getKey().value())
                .toList());
  }

  /** What became of each sink's part, and which streams were not read to their end. */
  static String words(LogReport report) {
    StringJoiner words = new StringJoiner("; ");
    report.sinks().forEach(sink -> words.add(sink.toString()));
    report.badEnds().forEach(end -> words.add(end.toString()));
    return words.toString();
  }

  private static String cut(String line) {
    return line.length() <= COLUMNS ? line : line.substring(0, COLUMNS - 3) + "...";
  }

  private static String bytes(long bytes) {
    return String.format(Locale.ROOT, "%,d", bytes);
  }
}
