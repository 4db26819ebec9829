package dev.logweir.opslevel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.logweir.LogBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A balancer of connections whose server is away: it takes each connection, and ends it at once. A
 * request written to such a one may seem to have been taken, and was not.
 */
@Timeout(60)
class BalancerTest {
  private static final int ENDED = 20;

  private FakeOpsLevel server;
  private OpsLevelClient client;

  @BeforeEach
  void start() throws Exception {
    server = new FakeOpsLevel();
    OpsLevelClient.Builder builder = server.client();
    AtomicLong now = new AtomicLong();
    builder.nanoTime = now::get;
    builder.pauses = (call, pause) -> now.addAndGet(pause.toNanos());
    builder.lookTime = Duration.ofSeconds(2);
    client = builder.build();
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
  }

  enum End {
    RESET {
      @Override
      void end(FakeOpsLevel.Call call) throws IOException {
        call.reset();
      }
    },
    CLOSED {
      @Override
      void end(FakeOpsLevel.Call call) throws IOException {
        call.socket.close();
      }
    };

    abstract void end(FakeOpsLevel.Call call) throws IOException;
  }

  @ParameterizedTest
  @EnumSource
  void batch_isKeptUntilTheServerIsBack(End end) throws Exception {
    endConnections(end);

    client.sender(FakeOpsLevel.JOB).send(List.of("line"));

    assertThat(server.lines()).containsExactly("line".getBytes(UTF_8));
    assertThat(server.connections()).isEqualTo(ENDED + 1);
  }

  /** Two that are lost within a body of this size running would be taken for one too large. */
  @ParameterizedTest
  @EnumSource
  void longLine_isNotTakenForOneTooLarge(End end) throws Exception {
    endConnections(end);
    byte[] line = new byte[2_000_000];

    client.sender(FakeOpsLevel.JOB).send(LogBatch.ofBytes(List.of(line)));

    assertThat(server.lines()).hasSize(1);
    assertThat(Arrays.equals(server.lines().get(0), line)).isTrue();
  }

  /** Of a server that takes requests and gives no answer, as many times as there are attempts. */
  @Test
  void serverThatEndsEachRequest_isTriedAsOftenAsBefore() {
    server.otherwise(
        call -> {
          call.read();
          call.reset();
        });

    assertThat(catchThrowable(() -> client.sender(FakeOpsLevel.JOB).send(List.of("line"))))
        .hasMessageContaining("the connection was lost before the answer");

    assertThat(server.requests).hasSize(5);
  }

  private void endConnections(End end) {
    for (int i = 0; i < ENDED; i++) {
      server.onConnection(end::end);
    }
  }
}
