package dev.logweir.faktory;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;
import dev.logweir.LogBatch;
import dev.logweir.sender.Base64Lines;
import dev.logweir.sender.OutcomeJson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
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
  private static final byte[] NO_LENGTHS = {};
  private static final int JID_BYTES = 12;

  /** As long as the text of a time can get. */
  private static final Instant LONG_TIME = Instant.parse("2026-01-01T00:00:00.123456789Z");

  private final String queue;
  private final @Nullable Duration reserveFor;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  JobWriter(String queue, @Nullable Duration reserveFor, Clock clock) {
    this.queue = queue;
    this.reserveFor = reserveFor;
    this.clock = clock;
  }

  /**
   * What a job is about.
   *
   * @param jid stays the same however often the job is pushed
   * @param batchId null for none
   */
  record Head(String jid, Instant createdAt, String runnerJobId, @Nullable String batchId) {}

  /** Returns what a new job is about, with an id of its own. */
  Head head(String jobId, @Nullable String batchId) {
    byte[] bytes = new byte[JID_BYTES];
    random.nextBytes(bytes);
    String jid = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    return new Head(jid, clock.instant(), jobId, batchId);
  }

  /** Returns the most bytes that a log job has on the wire without its lines. */
  int fixedBytes(String jobId, @Nullable String batchId) {
    Counter counter = new Counter();
    String jid = "x".repeat(JID_BYTES / 3 * 4);
    try {
      writeLog(counter, new Head(jid, LONG_TIME, jobId, batchId), LogBatch.of(List.of()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return counter.bytes + "PUSH \r\n".length();
  }

  /** Writes a log job; the lines go from the batch to {@code out} without a copy of all. */
  void writeLog(OutputStream out, Head head, LogBatch batch) throws IOException {
    try (JsonGenerator json = generator(out)) {
      open(json, LOG_TYPE, head);
      json.writeStringField("sentAt", head.createdAt().truncatedTo(ChronoUnit.MILLIS).toString());
      json.writeArrayFieldStart("logChunk");
      json.flush();
      new Base64Lines(out).write(batch.reader(), batch.size(), NO_LENGTHS);
      json.writeEndArray();
      close(json);
    }
  }

  /** Returns what a line of so many bytes adds to a log job at most. */
  static long encodedBytes(long lineBytes) {
    return Base64Lines.digits(lineBytes) + Base64Lines.LINE_BYTES;
  }

  /** Returns what the lines of a batch add to a log job. */
  static long encodedBytes(LogBatch batch) {
    return Base64Lines.length(batch.reader(), batch.size(), NO_LENGTHS);
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

  /** Counts what is written. */
  private static final class Counter extends OutputStream {
    private int bytes;

    @Override
    public void write(int b) {
      bytes++;
    }

    @Override
    public void write(byte[] source, int offset, int length) {
      bytes += length;
    }
  }
}
