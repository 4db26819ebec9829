package dev.logweir.opslevel;

import static dev.logweir.opslevel.FakeOpsLevel.answer;
import static dev.logweir.opslevel.FakeOpsLevel.status;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.logweir.JobOutcome;
import dev.logweir.LogBatch;
import dev.logweir.SendException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a job is bounded by its deadline and by nothing that was before. */
@Timeout(60)
class EndTest {
  private static final Duration TIME = Duration.ofSeconds(50);

  private final LogBatch raw = LogBatch.ofBytes(List.of(new byte[] {1}));
  private final List<Duration> pauses = new ArrayList<>();
  private final AtomicLong nanos = new AtomicLong();
  private FakeOpsLevel server;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
  }

  @Test
  void send_goesOnWhenTheEndBeginsAfterMostOfItsAttempts() throws Exception {
    for (int i = 0; i < 8; i++) {
      server.then(status(503));
    }
    try (OpsLevelClient client = client(3)) {
      client.sender(FakeOpsLevel.JOB).send(raw);
    }

    assertThat(server.requests).hasSize(9);
    assertThat(pauses).hasSize(8);
    assertThat(pauses.subList(1, 8)).allMatch(pause -> pause.compareTo(TIME.dividedBy(8)) <= 0);
  }

  @Test
  void send_isNotRepeatedAtTheEndWhenItNeverIs() throws Exception {
    raw.call().beginEnd(TIME);
    server.otherwise(status(503));
    try (OpsLevelClient client = client(1)) {
      assertThatThrownBy(() -> client.sender(FakeOpsLevel.JOB).send(raw))
          .isInstanceOf(SendException.class);
    }

    assertThat(server.requests).hasSize(1);
  }

  @Test
  void send_hasItsAttemptsAtTheEndForWhatTheServerFailsAt() throws Exception {
    raw.call().beginEnd(TIME);
    server.otherwise(answer("{\"errors\":[{\"message\":\"no\"}]}"));
    try (OpsLevelClient client = client(3)) {
      assertThatThrownBy(() -> client.sender(FakeOpsLevel.JOB).send(raw))
          .isInstanceOf(SendException.class);
    }

    assertThat(server.requests).hasSize(3);
  }

  @Test
  void reportOutcome_triesAsLongAsItHasTimeButDoesNotFillItWithAttempts() throws Exception {
    server.otherwise(status(503));
    try (OpsLevelClient client = client(3)) {
      SendException e =
          catchThrowableOfType(
              SendException.class,
              () ->
                  client
                      .sender(FakeOpsLevel.JOB)
                      .reportOutcome(JobOutcome.SUCCESS, Map.of(), Duration.ofSeconds(10)));

      assertThat(e).hasMessageContaining("503");
    }

    assertThat(Duration.ofNanos(nanos.get()))
        .isBetween(Duration.ofMillis(9_900), Duration.ofSeconds(10));
    assertThat(server.requests).hasSizeBetween(10, 60);
  }

  /** The end begins within the first pause. */
  private OpsLevelClient client(int attempts) {
    OpsLevelClient.Builder builder = server.client().attempts(attempts);
    builder.nanoTime = nanos::get;
    builder.pauses =
        (call, pause) -> {
          pauses.add(pause);
          nanos.addAndGet(pause.toNanos());
          raw.call().beginEnd(TIME);
        };
    return builder.build();
  }
}
