package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** An answer is read in whatever pieces it comes, with whatever stands before it and in it. */
class AnswerProperties {
  private static FakeOpsLevel server;
  private static OpsLevelClient client;

  @BeforeContainer
  static void start() throws Exception {
    server = new FakeOpsLevel();
    client = server.client().attempts(1).build();
  }

  @AfterContainer
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  @Property
  void answer_isReadInAnyPieces(
      @ForAll @Size(max = 5) List<@IntRange(min = 100, max = 199) Integer> interim,
      @ForAll("headers") List<String> headers,
      @ForAll @Size(min = 1, max = 8) List<@IntRange(min = 1, max = 20) Integer> chunks,
      @ForAll boolean chunked,
      @ForAll boolean crlf,
      @ForAll @Size(max = 6) List<@IntRange(min = 0, max = 400) Integer> cuts)
      throws Exception {
    StringBuilder text = new StringBuilder();
    for (int status : interim) {
      text.append("HTTP/1.1 ").append(status).append(" \r\n");
      headers.forEach(header -> text.append(header).append("\r\n"));
      text.append("\r\n");
    }
    text.append("HTTP/1.1 200\r\n");
    headers.forEach(header -> text.append(header).append("\r\n"));
    if (chunked) {
      text.append("transfer-encoding: chunked\r\n\r\n");
      appendChunks(text, chunks);
    } else {
      text.append("CONTENT-LENGTH:")
          .append(FakeOpsLevel.ACCEPTED.length())
          .append("\r\n\r\n")
          .append(FakeOpsLevel.ACCEPTED);
    }
    String answer = crlf ? text.toString() : text.toString().replace("\r\n", "\n");
    int connections = Math.max(1, server.connections());
    server.then(
        call -> {
          call.read();
          byte[] bytes = answer.getBytes(ISO_8859_1);
          int from = 0;
          for (int cut : cuts.stream().sorted().toList()) {
            int to = Math.min(Math.max(from, cut), bytes.length);
            call.out.write(bytes, from, to - from);
            from = to;
          }
          call.out.write(bytes, from, bytes.length - from);
        });

    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(server.connections()).isEqualTo(connections);
  }

  private static void appendChunks(StringBuilder text, List<Integer> chunks) {
    String rest = FakeOpsLevel.ACCEPTED;
    for (int i = 0; !rest.isEmpty(); i++) {
      int length = Math.min(chunks.get(i % chunks.size()), rest.length());
      text.append(Integer.toHexString(length)).append("\r\n");
      text.append(rest, 0, length).append("\r\n");
      rest = rest.substring(length);
    }
    text.append("0\r\n\r\n");
  }

  @Provide
  Arbitrary<List<String>> headers() {
    return Arbitraries.of("X: y", "A:", "Set-Cookie: a=\u00e4; b", "date:  Mon ", "Via: 1.1 x")
        .list()
        .ofMaxSize(30);
  }
}
