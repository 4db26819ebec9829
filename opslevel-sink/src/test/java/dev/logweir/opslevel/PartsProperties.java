package dev.logweir.opslevel;

import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

class PartsProperties {
  private static FakeOpsLevel server;
  private static OpsLevelClient client;

  @BeforeContainer
  static void start() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder = server.client().attempts(50);
    builder.pauses = (call, pause) -> {};
    client = builder.build();
  }

  @AfterContainer
  static void stop() throws Exception {
    client.close();
    server.close();
  }

  /** Whatever the server's bound, and however often it fails now and then. */
  @Property
  void send_deliversEachLineOnceInOrderOrNamesIt(
      @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 300) Integer> lengths,
      @ForAll @IntRange(min = 500, max = 5_000) int maxBytes,
      @ForAll @IntRange(max = 40) int failurePercent,
      @ForAll long seed)
      throws Exception {
    Random random = new Random(seed);
    List<byte[]> lines = new ArrayList<>();
    for (int length : lengths) {
      byte[] line = new byte[length];
      random.nextBytes(line);
      for (int i = 0; i < length; i++) {
        line[i] = line[i] == '\n' ? 7 : line[i];
      }
      lines.add(line);
    }
    server.requests.clear();
    List<byte[]> accepted = new CopyOnWriteArrayList<>();
    List<Integer> single = new CopyOnWriteArrayList<>();
    server.otherwise(
        call -> {
          FakeOpsLevel.Request request = call.read();
          if (request.body().length() > maxBytes) {
            if (request.lines().size() == 1) {
              single.add(request.lines().get(0).length);
            }
            call.respond(413, "");
          } else if (random.nextInt(100) < failurePercent) {
            call.respond(503, "");
          } else {
            accepted.addAll(request.lines());
            call.respond(200, FakeOpsLevel.ACCEPTED);
          }
        });

    List<byte[]> expected = new ArrayList<>(lines);
    try {
      client.sender(FakeOpsLevel.JOB).send(LogBatch.ofBytes(lines));
    } catch (SendException e) {
      assertThat(e.kind()).isEqualTo(SendException.Kind.REFUSED);
      expected.clear();
      List<Integer> left = new ArrayList<>();
      for (int i = 0; i < lines.size(); i++) {
        if (e.isUndelivered(i)) {
          left.add(lines.get(i).length);
        } else {
          expected.add(lines.get(i));
        }
      }
      assertThat(left).isNotEmpty();
      assertThat(single).isEqualTo(shorterThanAllBefore(left));
    }

    assertThat(server.complaints).isEmpty();
    assertThat(accepted.toArray(byte[][]::new)).isDeepEqualTo(expected.toArray(byte[][]::new));
  }

  /**
   * Returns the lengths of lines that are worth a request of their own, once others were refused.
   */
  private static List<Integer> shorterThanAllBefore(List<Integer> lengths) {
    List<Integer> found = new ArrayList<>();
    int least = Integer.MAX_VALUE;
    for (int length : lengths) {
      int groups = (length + 2) / 3; // of Base64
      if (groups < least) {
        found.add(length);
        least = groups;
      }
    }
    return found;
  }
}
