package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import dev.logweir.sender.AttemptException;
import dev.logweir.sender.Attempts;
import dev.logweir.sender.CommonResult;
import dev.logweir.sender.OutcomeJson;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;

/** Sends each line as an object of JSON, {"line":"…"}, to an endpoint for NDJSON. */
final class NdjsonSender implements BatchSender {
  private static final int MAX_BATCH_BYTES = 1 << 20;

  private final Attempts attempts = Attempts.builder(NdjsonSender.class, "the endpoint").build();
  private final HttpRequest.Builder request;
  private HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(Runnable::run).build();

  NdjsonSender(URI endpoint) {
    request = HttpRequest.newBuilder(endpoint);
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

  /** The body as text and as bytes, and what the client holds of it. */
  @Override
  public long maxRetainedBytes() {
    return 4L * MAX_BATCH_BYTES;
  }

  @Override
  public void send(List<String> lines) throws SendException, InterruptedException {
    SendCall call = LogBatch.of(lines).call();
    byte[] body =
        lines.stream()
            .map(line -> "{\"line\":" + OutcomeJson.quote(line) + "}\n")
            .collect(Collectors.joining())
            .getBytes(UTF_8);
    try {
      attempts.run(call, attempts.begin(), limit -> post(body, call, limit));
    } catch (AttemptException e) {
      throw e.toSendException("log not sent");
    }
  }

  private void post(byte[] body, SendCall call, Duration limit)
      throws AttemptException, InterruptedException {
    Iterable<byte[]> parts =
        () -> {
          call.written(); // it is asked for once there is a connection
          return List.of(body).iterator();
        };
    HttpRequest.BodyPublisher bytes =
        HttpRequest.BodyPublishers.fromPublisher(
            HttpRequest.BodyPublishers.ofByteArrays(parts), body.length);
    HttpRequest post = request.timeout(limit).POST(bytes).build();
    int status;
    try {
      status = client.send(post, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (ConnectException | HttpConnectTimeoutException e) {
      throw new AttemptException(CommonResult.AWAY, "no connection", e);
    } catch (IOException e) {
      throw new AttemptException(CommonResult.UNANSWERED, "no answer", e);
    }
    if (status / 100 != 2) {
      boolean later = status / 100 != 4 || status == 408 || status == 425 || status == 429;
      CommonResult result = later ? CommonResult.BUSY : CommonResult.REFUSED;
      throw new AttemptException(result, "the endpoint answers " + status, null);
    }
  }

  @Override
  public void close() {
    attempts.close();
    client = null; // the JDK's client ends its thread once it is collected
  }
}
