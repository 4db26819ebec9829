package dev.logweir.examples;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.logweir.DropReason;
import dev.logweir.LogReport;
import dev.logweir.SinkReport;
import dev.logweir.Tally;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What {@link RunPage} shows of a run, as JSON. Thread-safe. */
final class RunState {
  private static final int MAX_ENDS = 100;

  private final List<ShippedJob> jobs;
  private final Map<Long, ArrivedTail> arrived;
  private final LongSupplier retained;
  private final long limit;
  private final long jobLimit;
  private final long begun = System.nanoTime();
  private final ReentrantLock historyLock = new ReentrantLock();
  private final MemoryHistory history = new MemoryHistory();

  /**
   * What is new of a job's log.
   *
   * @param next number of the line to ask from next time
   */
  record LogPart(long next, String json) {}

  /**
   * Makes one.
   *
   * @param arrived the end of each job's log, by the job's number
   * @param limit what {@code retained} may not exceed, in bytes
   * @param jobLimit what one job may retain, in bytes
   */
  RunState(
      List<ShippedJob> jobs,
      Map<Long, ArrivedTail> arrived,
      LongSupplier retained,
      long limit,
      long jobLimit) {
    this.jobs = List.copyOf(jobs);
    this.arrived = Map.copyOf(arrived);
    this.retained = retained;
    this.limit = limit;
    this.jobLimit = jobLimit;
  }

  /**
   * Notes what is retained, in bytes; to be called at the distance of {@link RunProgress}'s looks.
   */
  void look(long bytes) {
    historyLock.lock();
    try {
      history.add(bytes);
    } finally {
      historyLock.unlock();
    }
  }

  /** Returns the state of all jobs. */
  String json(boolean over) {
    return ApiAnswer.json(
        out -> {
          out.writeStartObject();
          out.writeBooleanField("over", over);
          out.writeNumberField("seconds", (System.nanoTime() - begun) / 1e9);
          out.writeNumberField("retained", retained.getAsLong());
          out.writeNumberField("limit", limit);
          out.writeNumberField("jobLimit", jobLimit);
          writeHistory(out);
          out.writeArrayFieldStart("jobs");
          for (ShippedJob job : jobs) {
            write(job, out);
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }

  private void writeHistory(JsonGenerator out) throws IOException {
    long[] points;
    int looks;
    historyLock.lock();
    try {
      points = history.points();
      looks = history.looksAPoint();
    } finally {
      historyLock.unlock();
    }
    out.writeNumberField("pointSeconds", looks * RunProgress.LOOK_MILLIS / 1e3);
    out.writeFieldName("points");
    out.writeArray(points, 0, points.length);
  }

  private static void write(ShippedJob job, JsonGenerator out) throws IOException {
    ShippedJob.Result result = job.result();
    LogReport report = job.report();
    out.writeStartObject();
    out.writeNumberField("number", job.number());
    out.writeStringField("state", job.state().toString());
    if (result != null && result.exitCode() >= 0) {
      out.writeNumberField("exit", result.exitCode());
    }
    SinkReport sink = report == null ? null : report.sink();
    out.writeNumberField("accepted", sink == null ? 0 : sink.accepted().bytes());
    out.writeNumberField("shipped", sink == null ? 0 : sink.shipped().bytes());
    out.writeNumberField("filtered", sink == null ? 0 : sink.filtered().bytes());
    out.writeObjectFieldStart("dropped");
    if (sink != null) {
      for (Map.Entry<DropReason, Tally> entry : sink.dropped().entrySet()) {
        out.writeNumberField(entry.getKey().value(), entry.getValue().bytes());
      }
    }
    out.writeEndObject();
    out.writeNumberField("held", result == null ? job.retainedBytes() : 0);
    if (result != null) {
      out.writeBooleanField("complete", report != null && report.isComplete());
      writeText(out, "missing", ResultTable.missing(job));
      writeText(out, "failure", result.failure());
    }
    out.writeEndObject();
  }

  private static void writeText(JsonGenerator out, String name, @Nullable String text)
      throws IOException {
    if (text != null) {
      out.writeStringField(name, text);
    }
  }

  /** Returns what arrived of a job's log, from a line on, and what the job printed last. */
  LogPart log(long number, long from) {
    ShippedJob job = jobs.stream().filter(one -> one.number() == number).findFirst().orElse(null);
    ArrivedTail tail = arrived.get(number);
    ArrivedTail.Lines lines =
        tail == null ? new ArrivedTail.Lines(from, List.of()) : tail.since(from);
    LogReport report = job == null ? null : job.report();
    String json =
        ApiAnswer.json(
            out -> {
              out.writeStartObject();
              out.writeNumberField("job", number);
              out.writeNumberField("first", lines.first());
              if (report != null) {
                out.writeStringField("token", report.markerToken());
              }
              writeLines(out, "lines", lines.texts());
              writeLines(out, "recent", job == null ? List.of() : job.recentLines());
              out.writeEndObject();
            });
    return new LogPart(lines.first() + lines.texts().size(), json);
  }

  /** Returns the end of each job's log, of the first {@value #MAX_ENDS} jobs. */
  List<String> ends() {
    return jobs.stream().limit(MAX_ENDS).map(job -> log(job.number(), 0).json()).toList();
  }

  private static void writeLines(JsonGenerator out, String name, List<String> lines)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (String line : lines) {
      out.writeString(line);
    }
    out.writeEndArray();
  }
}
