package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LogBatch;
import dev.logweir.SendCall;
import dev.logweir.SendException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

/** Sends each line as an object of JSON, {"line":"…"}, to an endpoint for NDJSON. */
final class NdjsonSender implements BatchSender {
  private static final int MAX_BATCH_BYTES = 1 << 20;
  private static final int TRIES = 3;

  private final HttpRequest.Builder request;
  private HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).executor(Runnable::run).build();

  NdjsonSender(URI endpoint) {
    request = HttpRequest.newBuilder(endpoint).timeout(Duration.ofSeconds(30));
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
  public void send(List<String> lines) throws Exception {
    SendCall call = LogBatch.of(lines).call();
    HttpRequest post = request.POST(HttpRequest.BodyPublishers.ofByteArray(body(lines))).build();
    for (int tries = 1; ; tries++) {
      String failure;
      try {
        int status = client.send(post, HttpResponse.BodyHandlers.discarding()).statusCode();
        if (status / 100 == 2) {
          return;
        }
        failure = "the endpoint answers " + status;
        if (status / 100 == 4) {
          throw SendException.refused(failure, null);
        }
      } catch (ConnectException e) {
        failure = "no connection";
      } catch (IOException e) {
        call.written(); // the endpoint may have it
        failure = "no answer";
      } catch (InterruptedException e) {
        call.written();
        throw e;
      }
      if (tries == TRIES) {
        throw SendException.failed(failure + ", " + tries + " times", null);
      }
      call.pause(Duration.ofSeconds(tries)); // ends early when the job's end begins
    }
  }

  private static byte[] body(List<String> lines) {
    StringBuilder body = new StringBuilder();
    for (String line : lines) {
      body.append("{\"line\":\"");
      for (int i = 0; i < line.length(); i++) {
        char c = line.charAt(i);
        if (c == '"' || c == '\\' || c < ' ') {
          body.append(String.format("\\u%04x", (int) c));
        } else {
          body.append(c);
        }
      }
      body.append("\"}\n");
    }
    return body.toString().getBytes(UTF_8);
  }

  @Override
  public void close() {
    client = null; // the JDK's client ends its thread once it is collected
  }
}
