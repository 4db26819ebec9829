package dev.logweir.faktory;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.sender.OutcomeJson;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/** Writes jobs as the JSON that Faktory takes, on one line. Thread-safe. */
final class JobWriter {
  /** Without pooled buffers: those of the default pool stay with the thread. */
  static final JsonFactory JSON =
      JsonFactory.builder().recyclerPool(JsonRecyclerPools.nonRecyclingPool()).build();

  static final String LOG_TYPE = "Runners::Faktory::AppendJobLog";
  static final String OUTCOME_TYPE = "Runners::Faktory::ReportJobOutcome";

  private static final String RUNNER_ID = "faktory";
  private static final int RETRIES = 25;

  private final String queue;
  private final @Nullable Duration reserveFor;

  JobWriter(String queue, @Nullable Duration reserveFor) {
    this.queue = queue;
    this.reserveFor = reserveFor;
  }

  /**
   * What a job is about.
   *
   * @param jid stays the same however often the job is pushed
   * @param batchId null for none
   */
  record Head(String jid, Instant createdAt, String runnerJobId, @Nullable String batchId) {}

  /** Writes a log job; the lines go from the batch to {@code out} without a copy of all. */
  void writeLog(OutputStream out, Head head, LogBatch batch) throws IOException {
    try (JsonGenerator json = generator(out)) {
      open(json, LOG_TYPE, head);
      json.writeStringField("sentAt", head.createdAt().truncatedTo(ChronoUnit.MILLIS).toString());
      json.writeArrayFieldStart("logChunk");
      LineReader lines = batch.reader();
      InputStream line = new LineStream(lines);
      while (lines.next()) {
        json.writeBinary(Base64Variants.MIME_NO_LINEFEEDS, line, lines.length());
      }
      json.writeEndArray();
      close(json);
    }
  }

  /** Returns what a line of so many bytes adds to a log job. */
  static long encodedBytes(long lineBytes) {
    return (lineBytes + 2) / 3 * 4 + 3;
  }

  void writeOutcome(OutputStream out, Head head, OutcomeJson outcome) throws IOException {
    try (JsonGenerator json = generator(out)) {
      open(json, OUTCOME_TYPE, head);
      json.writeRaw(',');
      json.writeRaw(outcome.fields());
      close(json);
    }
  }

  private static JsonGenerator generator(OutputStream out) throws IOException {
    return JSON.createGenerator(out)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
  }

  /** Up to and with the ids of the one argument. */
  private void open(JsonGenerator json, String type, Head head) throws IOException {
    json.writeStartObject();
    json.writeStringField("jid", head.jid());
    json.writeStringField("jobtype", type);
    json.writeStringField("queue", queue);
    json.writeNumberField("retry", RETRIES);
    if (reserveFor != null) {
      json.writeNumberField("reserve_for", reserveFor.toSeconds());
    }
    json.writeStringField("created_at", head.createdAt().toString());
    if (head.batchId() != null) {
      json.writeObjectFieldStart("custom");
      json.writeStringField("bid", head.batchId());
      json.writeEndObject();
    }
    json.writeArrayFieldStart("args");
    json.writeStartObject();
    json.writeStringField("runnerId", RUNNER_ID);
    json.writeStringField("runnerJobId", head.runnerJobId());
  }

  private static void close(JsonGenerator json) throws IOException {
    json.writeEndObject();
    json.writeEndArray();
    json.writeEndObject();
  }

  /** The current line of a reader. */
  private static final class LineStream extends InputStream {
    private final LineReader lines;

    LineStream(LineReader lines) {
      this.lines = lines;
    }

    @Override
    public int read() {
      byte[] one = new byte[1];
      return lines.read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      return lines.read(target, offset, length);
    }
  }
}
