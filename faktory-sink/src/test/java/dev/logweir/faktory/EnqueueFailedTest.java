package dev.logweir.faktory;

import static dev.logweir.faktory.FakeFaktory.say;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.JobOutcome;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Counted is each job that is not known to have got into Faktory, and no other. */
@Timeout(60)
class EnqueueFailedTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private FakeFaktory server;
  private FaktoryClient client;

  @BeforeEach
  void start() throws IOException {
    server = new FakeFaktory();
    FaktoryClient.Builder builder =
        server.client().metrics(FaktoryMetrics.register(meters)).attempts(2);
    builder.pauses =
        (call, pause) -> {
          throw new IllegalStateException("a fault within this process");
        };
    client = builder.build();
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    server.close();
  }

  @Test
  void jobAccepted_isNotCounted() throws Exception {
    server.enterprise = true;

    client.sender("1").send(List.of("line"));
    client.sender("1", "b").send(List.of("line"));
    client.sender("1", "b").reportOutcome(JobOutcome.SUCCESS, Map.of());

    assertCounted(0, 0);
  }

  @Test
  void jobTooLarge_isCounted() {
    List<String> lines = Collections.nCopies(100, "x".repeat(1_000));

    assertThat(failureOf(client.sender("1"), lines)).hasMessageContaining("at most 65536 bytes");
    assertCounted(1, 0);
    assertThat(failureOf(client.sender("1", "b"), lines)).isNotNull();
    assertCounted(2, 1);
    assertThat(server.connections()).isZero();
  }

  @Test
  void jobThatAnUndeclaredExceptionEnds_isCounted() {
    server.then(say("-ERR 1"));

    assertThat(failureOf(client.sender("1"), List.of("line")))
        .isInstanceOf(IllegalStateException.class);

    assertCounted(1, 0);
  }

  @Test
  void jobRefused_isCounted() {
    server.then(say("-THROTTLED"));

    assertThat(failureOf(client.sender("1"), List.of("line"))).isNotNull();

    assertCounted(1, 0);
  }

  @Test
  void jobAcceptedWhoseBatchIsNotCommitted_isNotCounted() {
    server.enterprise = true;
    server.onBatch =
        (call, command) -> {
          if (command.startsWith("BATCH COMMIT")) {
            call.send("-DENIED");
            return true;
          }
          return false;
        };

    assertThat(failureOf(client.sender("1", "b"), List.of("line"))).hasMessageContaining("-DENIED");

    assertThat(server.pushed).hasSize(1);
    assertCounted(0, 0);
  }

  @Test
  void jobOfABatchThatCannotBeOpened_isCountedForTheBatchToo() {
    assertThat(failureOf(client.sender("1", "b"), List.of("line"))).isNotNull();

    assertCounted(1, 1);
  }

  private static Throwable failureOf(FaktorySender sender, List<String> lines) {
    return catchThrowable(() -> sender.send(lines));
  }

  private void assertCounted(int jobs, int ofBatches) {
    assertThat(meters.get("logweir.faktory.enqueue.failed").functionCounter().count())
        .isEqualTo(jobs);
    assertThat(meters.get("logweir.faktory.enqueue.batch.failed").functionCounter().count())
        .isEqualTo(ofBatches);
  }
}
