package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Whatever a server says, in whatever pieces, looked at before it was read or not: one answer, the
 * same each time, or a declared failure.
 */
class AnswerFuzzTest {
  private static final int MAX_PIECE = 64;
  private static final String TOKEN = "token-4711";
  private static final Clock CLOCK = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);

  /** A connection on which nothing ever comes; what is read comes from above it. */
  private static HttpSocket wire;

  private static Socket peer;

  @BeforeAll
  static void connect() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      wire = HttpSocket.open();
      wire.connect(
          new InetSocketAddress(InetAddress.getLoopbackAddress(), server.getLocalPort()), 0);
      peer = server.accept();
    }
  }

  @AfterAll
  static void close() throws IOException {
    wire.close();
    peer.close();
  }

  @FuzzTest(maxDuration = "10m")
  void answer_isTheSameInAnyPieces(FuzzedDataProvider data) {
    int piece = data.consumeInt(1, MAX_PIECE);
    int looks = data.consumeInt(0, 3);
    byte[] input = data.consumeRemainingAsBytes();

    List<Object> whole = read(input, input.length + 1, 0);

    assertThat(read(input, piece, 0)).isEqualTo(whole);
    assertThat(read(input, piece, looks)).isEqualTo(whole);
  }

  private static List<Object> read(byte[] input, int piece, int looks) {
    List<Object> seen = new ArrayList<>();
    Pieces in = new Pieces(input, piece);
    AnswerReader reader =
        new AnswerReader(new HttpConnection(wire, in, OutputStream.nullOutputStream(), true));
    try {
      for (int i = 0; i < looks; i++) {
        reader.hasFinalAnswer();
      }
      AnswerHead head = reader.readHead();
      assertThat(head.status()).isBetween(200, 999);
      seen.add(head.status());
      seen.add(head.isPersistent());
      seen.add(RetryAfter.of(head, CLOCK));
      AnswerReader.Body body = reader.body(head);
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      try {
        body.transferTo(text);
        seen.add(body.isAtEnd());
      } finally {
        seen.add(text.size());
        check(text.toByteArray(), seen);
      }
    } catch (IOException declared) {
      seen.add(declared.getClass());
      seen.add(String.valueOf(declared.getMessage()));
    }
    return seen;
  }

  /** What the body says as an answer of the API. */
  private static void check(byte[] body, List<Object> seen) throws IOException {
    try {
      InputStream in = new BoundedInput(new ByteArrayInputStream(body), Answer.MAX_BYTES);
      Answer.check(in, Mutation.APPEND_JOB_LOG, "Z2lkOi8vb3BzbGV2ZWw", TOKEN);
      seen.add("accepted");
    } catch (ApiException e) {
      seen.add(e.result());
      seen.add(e.getMessage());
      assertThat(e.getMessage().getBytes(US_ASCII).length).isLessThan(1000);
      assertThat(e.getMessage()).doesNotContain(TOKEN);
    }
  }

  /** Gives at most so many bytes at a time, as TLS does that has records at hand. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream in;
    private final int piece;

    Pieces(byte[] bytes, int piece) {
      in = new ByteArrayInputStream(bytes);
      this.piece = piece;
    }

    @Override
    public int read() {
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      return in.read(target, offset, Math.min(piece, length));
    }

    @Override
    public int available() {
      return Math.min(piece, in.available());
    }
  }
}
