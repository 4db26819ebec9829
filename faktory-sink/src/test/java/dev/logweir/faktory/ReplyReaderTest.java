package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyReaderTest {
  @Test
  void read_takesEachKindOfReply() throws IOException {
    ReplyReader reader =
        reader(
            String.join(
                "\r\n",
                "+OK",
                "+",
                "-ERR no such thing",
                "-SHUTDOWN",
                ":1",
                ":-20",
                ":0",
                "$5",
                "a",
                "bc",
                "$0",
                "",
                "$-1",
                ""));

    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.STATUS, "OK", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.STATUS, "", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.ERROR, "no such thing", "ERR"));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.ERROR, "", "SHUTDOWN"));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.NUMBER, "1", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.NUMBER, "-20", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.NUMBER, "0", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.BULK, "a\r\nbc", ""));
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.BULK, "", ""));
    assertThat(reader.hasMore()).isTrue();
    assertThat(reader.read()).isEqualTo(new Reply(Reply.Kind.BULK, null, ""));
    assertThat(reader.hasMore()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "OK\r\n",
        "\r\n",
        " +OK\r\n",
        "*1\r\n$1\r\na\r\n",
        "HTTP/1.1 400 Bad Request\r\n\r\n",
        "\u0015\u0003\u0001",
        "+OK\n",
        "+O\rK\r\n",
        "-\r\n",
        "- ERR\r\n",
        "-\u0001 x\r\n",
        ":\r\n",
        ":1a\r\n",
        ":--1\r\n",
        ":01\r\n",
        ":123456789012345678901\r\n",
        "$\r\n",
        "$-2\r\n",
        "$1x\r\n",
        "$01\r\na\r\n",
        "$16385\r\n",
        "$99999999999\r\n",
        "$+1\r\na\r\n",
        "$3\r\nab\r\n\r\n",
        "$1\r\nab\r\n",
        "$1\r\na\n\r"
      })
  void read_refusesAllElse(String input) {
    assertThatThrownBy(() -> reader(input).read()).isInstanceOf(ProtocolException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "+", "+OK", "+OK\r", ":1", "$", "$3\r\nab", "$3\r\nabc", "$3\r\nabc\r"})
  void read_saysWhereTheStreamEnds(String input) {
    assertThatThrownBy(() -> reader(input).read()).isInstanceOf(EOFException.class);
  }

  @Test
  void line_isBounded() throws IOException {
    String longest = "x".repeat(ReplyReader.MAX_LINE_BYTES);

    assertThat(reader("+" + longest + "\r\n").read().text()).hasSize(ReplyReader.KEPT_LINE_BYTES);
    assertThatThrownBy(() -> reader("+" + longest + "x\r\n").read())
        .isInstanceOf(ProtocolException.class)
        .hasMessageContaining("at most 65536 bytes");
  }

  @Test
  void line_withoutEndIsReadNoFurtherThanItsBound() {
    Endless endless = new Endless();

    assertThatThrownBy(() -> new ReplyReader(endless).read()).isInstanceOf(ProtocolException.class);
    assertThat(endless.read).isLessThan(ReplyReader.MAX_LINE_BYTES + 2_048);
  }

  @Test
  void bulk_isBounded() throws IOException {
    String largest = "x".repeat(ReplyReader.MAX_BULK_BYTES);

    assertThat(reader("$16384\r\n" + largest + "\r\n").read().text()).isEqualTo(largest);
  }

  private static ReplyReader reader(String input) {
    return new ReplyReader(new ByteArrayInputStream(input.getBytes(ISO_8859_1)));
  }

  private static final class Endless extends InputStream {
    private long read;

    @Override
    public int read() {
      read++;
      return '+';
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      read += length;
      Arrays.fill(target, offset, offset + length, (byte) '+');
      return length;
    }
  }
}
