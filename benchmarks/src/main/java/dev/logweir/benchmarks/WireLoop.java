package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Arrays;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The floor of the wire: what one would write in an hour, with the JDK's HTTP client and encoder.
 * The writer of a job collects a batch, makes its body and sends it, all on one thread, and looks
 * at nothing: no secrets, no second attempt, no bound, and while the server is slow the job stands.
 * With Faktory it is a producer that pushes one ready-made job over and over.
 */
final class WireLoop {
  private static final int BATCH_BYTES = 256 << 10;

  /** Of text in a job of 64 KiB, in Base64. */
  private static final int PUSHED_BYTES = 48_000;

  private static final byte[] HEAD =
      ("{\"query\":\"mutation($input:RunnerAppendJobLogInput!){runnerAppendJobLog(input:$input)"
              + "{errors{message}}}\",\"variables\":{\"input\":{\"runnerId\":\"runner\","
              + "\"runnerJobId\":\"job\",\"logs\":[")
          .getBytes(US_ASCII);
  private static final byte[] TAIL = "]}}}".getBytes(US_ASCII);

  private final WireLoad load;
  private final int port;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final LongAdder bytes = new LongAdder();
  private final LongAdder batches = new LongAdder();

  WireLoop(WireLoad load, int port) {
    this.load = load;
    this.port = port;
  }

  WireLoad.Sent sent() {
    return new WireLoad.Sent(bytes.sum(), batches.sum());
  }

  /** Writes what one job writes, and sends it. */
  void write(WireLoad.Pace pace) throws IOException, InterruptedException {
    if (load.protocol() == BareServer.Protocol.FAKTORY) {
      push(pace);
      return;
    }
    byte[] text = Workload.of(load.line()).bytes();
    byte[] batch = new byte[BATCH_BYTES + Workload.CHUNK];
    int filled = 0;
    long interval = TimeUnit.MILLISECONDS.toNanos(load.intervalMillis());
    long due = System.nanoTime() + interval;
    for (int at = 0; pace.goesOn(Workload.CHUNK); at = (at + Workload.CHUNK) % text.length) {
      System.arraycopy(text, at, batch, filled, Workload.CHUNK);
      filled += Workload.CHUNK;
      if (filled >= BATCH_BYTES || System.nanoTime() - due >= 0) {
        int end = filled;
        while (batch[end - 1] != '\n') {
          end--;
        }
        post(batch, end);
        System.arraycopy(batch, end, batch, 0, filled - end);
        filled -= end;
        due = System.nanoTime() + interval;
      }
    }
  }

  private void post(byte[] batch, int end) throws IOException, InterruptedException {
    ByteArrayOutputStream body = new ByteArrayOutputStream(end * 3 / 2);
    body.write(HEAD);
    int from = 0;
    for (int i = 0; i < end; i++) {
      if (batch[i] == '\n') {
        body.write(from == 0 ? '"' : ',');
        if (from > 0) {
          body.write('"');
        }
        body.write(Base64.getEncoder().encode(Arrays.copyOfRange(batch, from, i)));
        body.write('"');
        from = i + 1;
      }
    }
    body.write(TAIL);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/graphql"))
            .header("Authorization", "Bearer token")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build();
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (response.statusCode() != 200) {
      throw new IOException("status " + response.statusCode());
    }
    bytes.add(end);
    batches.increment();
  }

  private void push(WireLoad.Pace pace) throws IOException {
    byte[] text = Arrays.copyOf(Workload.of("100").bytes(), PUSHED_BYTES);
    byte[] job =
        ("PUSH {\"jid\":\"0123456789abcdef\",\"jobtype\":\"log\",\"args\":[\""
                + Base64.getEncoder().encodeToString(text)
                + "\"]}\r\n")
            .getBytes(US_ASCII);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setTcpNoDelay(true);
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      OutputStream out = socket.getOutputStream();
      in.readLine();
      out.write("HELLO {\"v\":2}\r\n".getBytes(US_ASCII));
      in.readLine();
      while (pace.goesOn(PUSHED_BYTES)) {
        out.write(job);
        if (!"+OK".equals(in.readLine())) {
          throw new IOException("not taken");
        }
        bytes.add(PUSHED_BYTES);
        batches.increment();
      }
    }
  }
}
