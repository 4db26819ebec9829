package dev.logweir.testkit;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.logweir.BatchSender;
import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.sender.HttpPost;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;

/** The contract, kept by the sender-kit's HTTP with bytes in the body. */
class HttpPostContractTest extends HttpSenderContract {
  private static final String TOKEN = "http-token-7d20";

  /** What HttpPost says it holds besides the body. */
  private static final int POST_BYTES = 128 << 10;

  @Override
  protected BatchSender sender(URI server) {
    return new LineSender(post(server));
  }

  @Override
  protected List<BatchSender> sendersOfOneClient(InetSocketAddress server, int jobs) {
    HttpPost post = post(uri(server));
    List<BatchSender> senders = new ArrayList<>();
    for (int job = 0; job < jobs; job++) {
      senders.add(new LineSender(post));
    }
    return senders;
  }

  private HttpPost post(URI server) {
    HttpPost.Builder builder =
        HttpPost.builder(LineSender.class, server.resolve("/logs?token=" + TOKEN))
            .header("Authorization", "Bearer " + TOKEN);
    SSLContext tls = tls();
    return (tls == null ? builder : builder.sslContext(tls)).build();
  }

  @Override
  protected List<byte[]> lines(HttpRequest request) {
    List<byte[]> lines = new ArrayList<>();
    int at = 0;
    byte[] body = request.body();
    while (at < body.length) {
      int end = at;
      while (body[end] != ' ') {
        end++;
      }
      int length = Integer.parseInt(new String(body, at, end - at, UTF_8));
      at = end + 1 + length;
      lines.add(Arrays.copyOfRange(body, end + 1, at));
    }
    return lines;
  }

  @Override
  protected boolean carriesAnyBytes() {
    return true;
  }

  @Override
  protected List<String> secrets() {
    return List.of(TOKEN);
  }

  /** Sends each line behind its length and a blank. */
  private static final class LineSender implements BatchSender {
    /** Of the batches that the contract measures, which are of 256 KiB. */
    private static final int BODY_BYTES = 300 << 10;

    private final HttpPost post;

    LineSender(HttpPost post) {
      this.post = post;
    }

    @Override
    public int maxBatchBytes() {
      return 16 << 20;
    }

    @Override
    public long encodedBytes(int lineBytes) {
      return lineBytes + 11L;
    }

    @Override
    public long maxRetainedBytes() {
      return BODY_BYTES + POST_BYTES;
    }

    @Override
    public void send(List<String> lines) throws Exception {
      post.send(LogBatch.of(lines).call(), encoded(lines));
    }

    private static byte[] encoded(List<String> lines) throws IOException {
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      LineReader reader = LogBatch.of(lines).reader();
      while (reader.next()) {
        byte[] line = new byte[reader.length()];
        for (int at = 0; at < line.length; ) {
          at += reader.read(line, at, line.length - at);
        }
        body.writeBytes((line.length + " ").getBytes(UTF_8));
        body.writeBytes(line);
      }
      return body.toByteArray();
    }

    @Override
    public void close() {
      post.close();
    }
  }
}
