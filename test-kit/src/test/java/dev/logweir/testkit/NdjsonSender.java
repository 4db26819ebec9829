package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import dev.logweir.sender.HttpPost;
import dev.logweir.sender.OutcomeJson;
import java.net.URI;
import java.util.List;

/** Sends each line as an object of JSON, {"line":"…"}, to an endpoint for NDJSON. */
final class NdjsonSender implements BatchSender {
  private static final int MAX_BATCH_BYTES = 1 << 20;
  private final HttpPost post;

  NdjsonSender(URI endpoint) {
    post = HttpPost.builder(NdjsonSender.class, endpoint).build();
  }

  @Override
  public int maxBatchBytes() {
    return MAX_BATCH_BYTES;
  }

  /** A byte is at most six in JSON, as in \u001b; around them stands {"line":""} and a line end. */
  @Override
  public long encodedBytes(int lineBytes) {
    return 6L * lineBytes + 12;
  }

  /** The body, as text and as bytes, and what the post holds. */
  @Override
  public long maxRetainedBytes() {
    return 4L * MAX_BATCH_BYTES;
  }

  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    StringBuilder body = new StringBuilder();
    lines.forEach(line -> body.append("{\"line\":").append(OutcomeJson.quote(line)).append("}\n"));
    post.send(LogBatch.of(lines).call(), body.toString().getBytes(UTF_8));
  }

  @Override
  public void close() {
    post.close();
  }
}
