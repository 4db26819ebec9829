package dev.logweir.faktory;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.LogStreamer;
import dev.logweir.LogweirEngine;
import dev.logweir.testkit.Eventually;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Jobs live through a time in which nobody answers, with room for what they write. */
@Timeout(60)
class AwayServerTest {
  /** Of each job in the middle: twice as often as the attempts that there are by default. */
  private static final int RESETS_A_JOB = 10;

  /** Longer than any pause of one that may probe. */
  private static final Duration PROBE = Duration.ofSeconds(10);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 200})
  void outage_costsNothingWhileThereIsRoom(int count) throws Exception {
    FakeFaktory.Script[] resets = new FakeFaktory.Script[RESETS_A_JOB * count];
    Arrays.fill(resets, (FakeFaktory.Script) FakeFaktory.Call::reset);
    List<LogStreamer> jobs = new ArrayList<>();
    try (FakeFaktory server = new FakeFaktory().greet(resets);
        FaktoryClient client = client(server);
        LogweirEngine engine = LogweirEngine.builder().build()) {
      for (int i = 0; i < count; i++) {
        LogStreamer job = LogStreamer.builder(client.sender("job-" + i)).engine(engine).start();
        job.stdout().write(("line of " + i + "\n").getBytes(US_ASCII));
        jobs.add(job);
      }
      Eventually.until(() -> server.lines().size() >= count);
      for (LogStreamer job : jobs) {
        assertThat(job.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
      }

      assertThat(server.connections()).isGreaterThan(RESETS_A_JOB * count);
      assertThat(server.lines()).hasSize(count);
    }
  }

  /** Its pauses pass at once, but for the waiting for another's probe, which ends with that. */
  private static FaktoryClient client(FakeFaktory server) {
    FaktoryClient.Builder builder = server.client();
    PassedTime time = PassedTime.of(builder);
    builder.pauses =
        (call, pause) -> {
          if (pause.compareTo(PROBE) > 0) {
            call.pause(Duration.ofSeconds(1));
          } else {
            time.pass(pause);
            call.pause(Duration.ofMillis(1));
          }
        };
    return builder.build();
  }
}
