package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Whatever a server says: replies, or one of two declared failures, and an end. */
class ReplyReaderProperties {
  @Property(shrinking = ShrinkingMode.BOUNDED)
  void anyBytesEndInAReplyOrADeclaredFailure(@ForAll("noise") byte[] input) {
    readAll(input, input.length);
  }

  @Property
  void brokenRepliesEndInAReplyOrADeclaredFailure(
      @ForAll("replies") @Size(max = 4) List<Reply> replies,
      @ForAll @IntRange(max = 1_000) int place,
      @ForAll byte change,
      @ForAll @IntRange(max = 3) int kind) {
    byte[] right = encode(replies);
    int at = right.length == 0 ? 0 : place % right.length;
    ByteArrayOutputStream broken = new ByteArrayOutputStream();
    broken.write(right, 0, at);
    if (kind == 1) {
      broken.write(change);
    }
    if (kind == 2 && at < right.length) {
      broken.write(change);
      at++;
    }
    if (kind < 3) {
      broken.write(right, at, right.length - at);
    }
    readAll(broken.toByteArray(), broken.size());
  }

  @Property
  void repliesAreReadAsWrittenHoweverTheyComeIn(
      @ForAll("replies") List<Reply> replies, @ForAll @IntRange(min = 1, max = 50) int piece)
      throws IOException {
    ReplyReader reader = new ReplyReader(new Pieces(encode(replies), piece));
    List<Reply> read = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      read.add(reader.read());
    }

    assertThat(read).isEqualTo(replies);
    assertThat(reader.hasMore()).isFalse();
  }

  /** Each reply takes three bytes at least, so that so many are read at most. */
  private static void readAll(byte[] input, int bytes) {
    ReplyReader reader = new ReplyReader(new ByteArrayInputStream(input));
    try {
      for (int replies = 0; replies <= bytes / 3; replies++) {
        assertThat(reader.read()).isNotNull();
      }
      throw new AssertionError("more replies than bytes");
    } catch (ProtocolException | EOFException declared) {
      // as it should be
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] encode(List<Reply> replies) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Reply reply : replies) {
      String text = reply.text();
      String line =
          switch (reply.kind()) {
            case STATUS -> "+" + text;
            case ERROR -> "-" + reply.code() + " " + text;
            case NUMBER -> ":" + text;
            case BULK -> text == null ? "$-1" : "$" + text.getBytes(UTF_8).length + "\r\n" + text;
          };
      bytes.writeBytes((line + "\r\n").getBytes(UTF_8));
    }
    return bytes.toByteArray();
  }

  @Provide
  Arbitrary<byte[]> noise() {
    // Mostly of the bytes that mean something, so that the reader comes far.
    Arbitrary<Byte> telling =
        Arbitraries.of('+', '-', ':', '$', '\r', '\n', '0', '1', '2', '9', ' ', 'O', 'K')
            .map(c -> (byte) (char) c);
    return Arbitraries.frequencyOf(Tuple.of(9, telling), Tuple.of(1, Arbitraries.bytes()))
        .array(byte[].class)
        .ofMaxSize(80);
  }

  @Provide
  Arbitrary<List<Reply>> replies() {
    Arbitrary<String> line =
        Arbitraries.strings()
            .ofMaxLength(40)
            .filter(s -> s.indexOf('\r') < 0 && isText(s))
            .map(s -> s.replace("\n", ""));
    Arbitrary<String> code = Arbitraries.strings().withCharRange('!', '~').ofMinLength(1);
    return Arbitraries.oneOf(
            line.map(text -> new Reply(Reply.Kind.STATUS, text, "")),
            code.flatMap(c -> line.map(text -> new Reply(Reply.Kind.ERROR, text, c))),
            Arbitraries.longs().map(n -> new Reply(Reply.Kind.NUMBER, Long.toString(n), "")),
            Arbitraries.strings()
                .ofMaxLength(3_000)
                .filter(ReplyReaderProperties::isText)
                .injectNull(0.1)
                .map(text -> new Reply(Reply.Kind.BULK, text, "")))
        .list()
        .ofMaxSize(10);
  }

  private static boolean isText(String s) {
    return new String(s.getBytes(UTF_8), UTF_8).equals(s);
  }

  /** Gives so many bytes at a time. */
  private static final class Pieces extends InputStream {
    private final InputStream in;
    private final int piece;

    Pieces(byte[] bytes, int piece) {
      in = new ByteArrayInputStream(bytes);
      this.piece = piece;
    }

    @Override
    public int read() throws IOException {
      return in.read();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return in.read(target, offset, Math.min(piece, length));
    }
  }
}
