package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class OpsLevelSenderProperties {
  /** Sizes of the buffers of the encoder. */
  private static final int SOURCE_BYTES = 3 * 1024;

  private static final int TEXT_BYTES = 4 * 1024;

  private static FakeOpsLevel server;
  private static OpsLevelClient client;

  @BeforeContainer
  static void start() throws Exception {
    server = new FakeOpsLevel();
    client = server.client().build();
  }

  @AfterContainer
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  @Property
  void send_carriesAnyBytesInOrder(@ForAll("lines") List<byte[]> lines) throws Exception {
    server.requests.clear();

    client.sender(FakeOpsLevel.JOB).send(LogBatch.ofBytes(lines));

    assertThat(server.complaints).isEmpty();
    assertThat(server.lines()).hasSameSizeAs(lines);
    for (int i = 0; i < lines.size(); i++) {
      assertThat(server.lines().get(i)).isEqualTo(lines.get(i));
    }
  }

  /** With none, one or two bytes of the room for lengths left where a long one has none. */
  @Property(generation = GenerationMode.EXHAUSTIVE)
  void send_carriesMoreLinesThanLengthsAreKept(@ForAll @IntRange(max = 2) int shift)
      throws Exception {
    server.requests.clear();
    List<byte[]> lines = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      byte[] line = new byte[i < shift ? 126 : 127 + i % 200];
      Arrays.fill(line, (byte) (' ' + i % 90));
      lines.add(line);
    }

    client.sender(FakeOpsLevel.JOB).send(LogBatch.ofBytes(lines));

    assertThat(server.complaints).isEmpty();
    assertThat(server.lines()).hasSize(lines.size());
    for (int i = 0; i < lines.size(); i++) {
      assertThat(server.lines().get(i)).isEqualTo(lines.get(i));
    }
  }

  @Provide
  Arbitrary<List<byte[]>> lines() {
    Arbitrary<Byte> bytes = Arbitraries.bytes().filter(b -> b != '\n');
    Arbitrary<byte[]> small = bytes.array(byte[].class).ofMaxSize(200);
    // Around the sizes of the buffers that a line goes through.
    Arbitrary<byte[]> large =
        Arbitraries.integers()
            .between(-3, 3)
            .flatMap(
                near ->
                    Arbitraries.of(
                            SOURCE_BYTES, 2 * TEXT_BYTES, TEXT_BYTES, 2 * SOURCE_BYTES, 40_000)
                        .flatMap(
                            size ->
                                Arbitraries.bytes()
                                    .map(
                                        seed -> {
                                          byte[] line = new byte[size + near];
                                          for (int i = 0; i < line.length; i++) {
                                            byte b = (byte) (seed + i * 31 + i / 256);
                                            line[i] = b == '\n' ? 0 : b;
                                          }
                                          return line;
                                        })));
    return Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(20, small), net.jqwik.api.Tuple.of(1, large))
        .list()
        .ofMaxSize(300);
  }
}
