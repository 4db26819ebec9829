package dev.logweir.opslevel;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.logweir.sender.OutcomeJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Writes the JSON of requests, save the lines. Thread-safe. */
final class RequestBodies {
  /** Without pooled buffers: those of the default pool stay with the thread. */
  static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.USE_THREAD_LOCAL_FOR_BUFFER_RECYCLING)
          .build();

  private final String runnerId;

  RequestBodies(String runnerId) {
    this.runnerId = runnerId;
  }

  /** Returns the request up to and with the opening bracket of the array of lines. */
  byte[] appendHead(String jobId, Instant sentAt) {
    ByteArrayOutputStream head = new ByteArrayOutputStream(1024);
    try {
      JsonGenerator json = JSON.createGenerator(head);
      openInput(json, Mutation.APPEND_JOB_LOG, jobId);
      json.writeStringField("sentAt", sentAt.truncatedTo(ChronoUnit.MILLIS).toString());
      json.writeArrayFieldStart("logChunk");
      json.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return head.toByteArray();
  }

  /** Returns the request that reports an outcome. */
  byte[] outcome(String jobId, OutcomeJson outcome) {
    ByteArrayOutputStream body = new ByteArrayOutputStream(1024);
    try (JsonGenerator json = JSON.createGenerator(body)) {
      openInput(json, Mutation.REPORT_JOB_OUTCOME, jobId);
      json.writeRaw(',');
      json.writeRaw(outcome.fields());
      json.writeEndObject();
      json.writeEndObject();
      json.writeStringField("operationName", Mutation.REPORT_JOB_OUTCOME.operation());
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return body.toByteArray();
  }

  private void openInput(JsonGenerator json, Mutation mutation, String jobId) throws IOException {
    json.writeStartObject();
    json.writeStringField("query", mutation.query());
    json.writeObjectFieldStart("variables");
    json.writeObjectFieldStart("input");
    json.writeStringField("runnerId", runnerId);
    json.writeStringField("runnerJobId", jobId);
  }
}
