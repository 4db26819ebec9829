package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Any bytes in lines and any text in ids come out of a server as they went in, be it the real one
 * or the one of the tests.
 */
class EncodingProperties {
  private static final int MAX_JOB_BYTES = 1 << 20;

  private static List<Side> sides = List.of();

  /** A server, and both ends of the way through it. */
  private record Side(TestServer server, FaktoryClient client, Receiver receiver) {
    static Side of(TestServer server) throws IOException {
      FaktoryClient client = server.client().maxJobBytes(MAX_JOB_BYTES).build();
      return new Side(server, client, server.receiver());
    }

    void close() throws IOException {
      receiver.close();
      client.close();
      server.close();
    }
  }

  @BeforeContainer
  static void start() throws IOException {
    List<Side> started = new ArrayList<>();
    started.add(Side.of(new FakeFaktory()));
    if (RealFaktory.isThere()) {
      started.add(Side.of(RealFaktory.start()));
    }
    sides = started;
  }

  @AfterContainer
  static void stop() throws IOException {
    for (Side side : sides) {
      side.close();
    }
  }

  @Property
  void send_carriesAnyBytesInOrder(@ForAll("lines") List<byte[]> lines) throws Exception {
    for (Side side : sides) {
      side.client.sender("1").send(LogBatch.ofBytes(lines));

      List<byte[]> arrived = side.receiver.takeLines();
      assertThat(arrived).hasSameSizeAs(lines);
      for (int i = 0; i < lines.size(); i++) {
        assertThat(arrived.get(i)).isEqualTo(lines.get(i));
      }
    }
  }

  @Property
  void reportOutcome_carriesAnyText(
      @ForAll("ids") String id, @ForAll("texts") String key, @ForAll("texts") String value)
      throws Exception {
    for (Side side : sides) {
      side.client.sender(id).reportOutcome(JobOutcome.FAILED, Map.of(key, value));

      assertThat(side.receiver.takeAll("app").get(0).input())
          .containsEntry("runnerJobId", id)
          .containsEntry("outcomeVariables", List.of(Map.of("key", key, "value", value)));
    }
  }

  @Property
  void encodedBytes_andWhatIsTakenOffForTheRestAreWhatAJobHas(
      @ForAll("lines") List<byte[]> lines, @ForAll("ids") String id) throws Exception {
    FaktoryClient client = sides.get(0).client;
    FaktorySender sender = client.sender(id);
    long stated = (long) MAX_JOB_BYTES - sender.maxBatchBytes();
    for (byte[] line : lines) {
      stated += sender.encodedBytes(line.length);
    }
    ByteArrayOutputStream job = new ByteArrayOutputStream();
    client.jobs().writeLog(job, client.jobs().head(id, null), LogBatch.ofBytes(lines));

    // Two times may be shorter than they can get, and the first line has no comma.
    assertThat((long) job.size() + "PUSH \r\n".length()).isBetween(stated - 15, stated);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .ofMinLength(1)
        .ofMaxLength(200)
        .filter(text -> !text.isBlank() && text.equals(new String(text.getBytes(UTF_8), UTF_8)));
  }

  @Provide
  Arbitrary<String> ids() {
    return texts()
        .map(text -> text.replaceAll("[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}]", ""))
        .filter(text -> !text.isBlank());
  }

  @Provide
  Arbitrary<List<byte[]>> lines() {
    Arbitrary<byte[]> small =
        Arbitraries.bytes().filter(b -> b != '\n').array(byte[].class).ofMaxSize(200);
    // Around the sizes of the buffers that a line goes through.
    Arbitrary<byte[]> large =
        Arbitraries.of(2_000, 6_000, 8_000, 8_192, 40_000)
            .flatMap(
                size ->
                    Arbitraries.integers()
                        .between(-3, 3)
                        .flatMap(near -> Arbitraries.bytes().map(seed -> line(size + near, seed))));
    return Arbitraries.frequencyOf(Tuple.of(20, small), Tuple.of(1, large)).list().ofMaxSize(60);
  }

  private static byte[] line(int size, byte seed) {
    byte[] line = new byte[size];
    for (int i = 0; i < line.length; i++) {
      byte b = (byte) (seed + i * 31 + i / 256);
      line[i] = b == '\n' ? 0 : b;
    }
    return line;
  }
}
