package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;

/**
 * Whatever a Faktory says, in whatever pieces: replies that say just that, or a declared failure.
 */
class ReplyFuzzTest {
  private static final int MAX_PIECE = 40;
  private static final String END = "\r\n";

  @FuzzTest(maxDuration = "10m")
  void replies_areReadAsTheyWereWritten(FuzzedDataProvider data) throws IOException {
    int piece = data.consumeInt(1, MAX_PIECE);
    byte[] input = data.consumeRemainingAsBytes();

    Pieces whole = new Pieces(input, Integer.MAX_VALUE);
    List<Object> replies = readAll(whole, input, true);

    assertThat(readAll(new Pieces(input, piece), input, false)).isEqualTo(replies);
  }

  /** Returns the replies and the kind of the failure that ends them. */
  private static List<Object> readAll(Pieces in, byte[] input, boolean compares)
      throws IOException {
    ReplyReader reader = new ReplyReader(in);
    List<Object> read = new ArrayList<>();
    int from = 0;
    while (true) {
      try {
        Reply reply = reader.read();
        read.add(reply);
        if (compares) {
          from = compare(reply, input, from);
        }
      } catch (ProtocolException | EOFException declared) {
        read.add(declared.getClass());
        read.add(String.valueOf(declared.getMessage()));
        return read;
      }
    }
  }

  /** Compares a reply with the bytes it was read from; returns where those end. */
  private static int compare(Reply reply, byte[] input, int from) {
    int lineEnd = from;
    while (input[lineEnd] != '\r') {
      lineEnd++;
    }
    String line = new String(input, from, lineEnd - from, UTF_8);
    int end = lineEnd + END.length();
    String text = reply.text();
    if (line.length() > ReplyReader.KEPT_LINE_BYTES) {
      return end; // of which only the beginning is kept
    }
    switch (reply.kind()) {
      case STATUS -> assertThat(line).isEqualTo("+" + text);
      case NUMBER -> assertThat(line).isEqualTo(":" + text);
      case ERROR ->
          assertThat(line).isIn("-" + reply.code() + " " + text, "-" + reply.code() + text);
      case BULK -> {
        if (text == null) {
          assertThat(line).isEqualTo("$-1");
        } else {
          int length = Integer.parseInt(line.substring(1));
          assertThat(text).isEqualTo(new String(input, end, length, UTF_8));
          end += length + END.length();
        }
      }
    }
    return end;
  }

  /** Gives at most so many bytes at a time. */
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
  }
}
