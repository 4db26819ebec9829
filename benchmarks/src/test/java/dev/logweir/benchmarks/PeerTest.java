package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(60)
class PeerTest {
  private static final int PASSES = 2;

  static Stream<Arguments> peersAndLines() {
    return Stream.of(Peer.values())
        .flatMap(
            peer ->
                Stream.of("10", "100", "1024", "mixed", "build")
                    .map(line -> Arguments.of(peer, line)));
  }

  @ParameterizedTest
  @MethodSource("peersAndLines")
  void lossless_deliversEveryByteInOrder(Peer peer, String line) throws Exception {
    Workload workload = Workload.of(line);
    Delivery delivery = Delivery.everyByte();

    Pipeline pipeline = peer.open(peer.asWritten(delivery), Mode.LOSSLESS);
    write(workload, workload.chunkEnds(), pipeline);
    write(workload, workload.lineEnds(), pipeline);
    pipeline.finish();

    assertThat(delivery.sum()).isEqualTo(Delivery.expected(workload, PASSES, true));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_ALL, names = ".*_(MASKED|ALL)")
  void secretsInLines_areMasked(Peer peer) throws Exception {
    Workload workload = Workload.of("100/10");
    Delivery delivery = Delivery.everyByte();

    Pipeline pipeline = peer.open(peer.asWritten(delivery), Mode.LOSSLESS);
    write(workload, workload.chunkEnds(), pipeline);
    pipeline.finish();

    assertThat(workload.masked()).isNotEqualTo(workload.bytes());
    assertThat(delivery.sum()).isEqualTo(Delivery.expected(workload, 1, true));
  }

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {
        "LOGWEIR_ONE_THREAD",
        "LOGWEIR_BY_LINE",
        "LOGWEIR_MASKED",
        "LOGWEIR_ENCODED",
        "LOGWEIR_PREFIXED",
        "LOGWEIR_ALL",
        "LOGWEIR_OWN"
      })
  void prompt_deliversAFewLines(Peer peer) throws Exception {
    Lines lines = new Lines(3);

    Pipeline pipeline = peer.open(lines, Mode.PROMPT);
    byte[] text = "one\n\"two\\\"\u001b[m\nthree – ü\n".getBytes(UTF_8);
    pipeline.write(text, 0, 6);
    pipeline.write(text, 6, text.length - 6);
    lines.await();
    pipeline.stop();

    assertThat(lines.lines()).containsExactly("one", "\"two\\\"\u001b[m", "three – ü");
  }

  private static void write(Workload workload, int[] ends, Pipeline pipeline) throws Exception {
    int from = 0;
    for (int end : ends) {
      pipeline.write(workload.bytes(), from, end - from);
      from = end;
    }
  }
}
