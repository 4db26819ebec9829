package dev.logweir.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class PlainPortTest {
  private static final Duration TICK = Duration.ofMillis(1);
  private static final int MAX_SIZE = 16 << 10;

  @ParameterizedTest
  @ValueSource(strings = {"1", "10", "100", "1024", "mixed"})
  void paced_deliversEveryByteInOrder(String line) throws Exception {
    Workload workload = Workload.of(line);
    Delivery delivery = Delivery.everyByte();

    PlainPort port = new PlainPort(MAX_SIZE, TICK, false, lines -> lines.forEach(delivery::line));
    for (int pass = 0; pass < 3; pass++) {
      for (int at = 0; at < workload.bytes().length; at += Workload.CHUNK) {
        port.stdout().awaitRoom(Workload.CHUNK);
        port.stdout().write(workload.bytes(), at, Workload.CHUNK);
      }
    }
    port.finish();

    assertThat(delivery.sum()).isEqualTo(Delivery.expected(workload, 3, true));
    assertThat(port.stdout().dropped()).isZero();
  }

  @Test
  void finish_deliversTheLastLineWithoutLineEnd() throws Exception {
    List<String> delivered = new ArrayList<>();

    PlainPort port = new PlainPort(MAX_SIZE, TICK, false, delivered::addAll);
    port.stdout().write("one\ntwo".getBytes(UTF_8));
    port.finish();

    assertThat(delivered).containsExactly("one", "two");
  }

  @Test
  void unpaced_dropsWhatDoesNotFit() throws Exception {
    CountDownLatch stalled = new CountDownLatch(1);
    PlainPort port =
        new PlainPort(
            MAX_SIZE,
            TICK,
            false,
            lines -> {
              try {
                stalled.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    byte[] chunk = new byte[MAX_SIZE];
    for (int write = 0; write < 10; write++) {
      port.stdout().write(chunk, 0, chunk.length);
    }

    assertThat(port.stdout().dropped()).isEqualTo(9 * MAX_SIZE);
    stalled.countDown();
    port.finish();
  }
}
