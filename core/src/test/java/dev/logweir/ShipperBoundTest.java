package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A shipper whose sender is asked what each line costs of its server's bound. */
@Timeout(60)
class ShipperBoundTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();
  private final List<String> arrived = new CopyOnWriteArrayList<>();
  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch open = new CountDownLatch(1);
  private volatile IntToLongFunction cost = bytes -> bytes + 1L;

  private final BatchShipper shipper =
      BatchShipper.builder(
              new BatchSender() {
                @Override
                public void send(List<String> lines) {
                  arrived.addAll(lines);
                }

                @Override
                public int maxBatchBytes() {
                  return 2_000;
                }

                @Override
                public long encodedBytes(int lineBytes) {
                  return cost.applyAsLong(lineBytes);
                }
              })
          .engine(engine)
          .maxSize(64 << 10)
          .maxLineBytes(256)
          .start();

  @AfterEach
  void closeEngine() {
    open.countDown();
    engine.close();
  }

  private long hangAt(int hanging, int bytes) {
    if (bytes == hanging) {
      asked.countDown();
      try {
        open.await();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
    return bytes + 1L;
  }

  @Test
  void costThatIsNeverTold_holdsUpItsOwnCallAlone() throws Exception {
    cost = bytes -> hangAt(7, bytes);
    Elsewhere<Boolean> hung = Elsewhere.call(() -> shipper.submit("a first\nhanging\nmore"));
    asked.await();
    assertThat(Elsewhere.call(() -> shipper.submit("other")).get()).isTrue();
    assertThat(Elsewhere.call(() -> shipper.flush(Duration.ofSeconds(30))).get()).isTrue();
    assertThat(arrived).containsExactly("other");
    assertThat(Elsewhere.call(shipper::retainedBytes).get()).isZero();
    SinkReport report = Elsewhere.call(() -> shipper.finish(Duration.ofSeconds(30))).get();
    assertThat(report.shipped()).isEqualTo(new Tally(1, 6));
    assertThat(report.isComplete()).isTrue();
    assertThat(hung.isDone()).isFalse();
    open.countDown();
    assertThat(hung.get()).isFalse();
    assertThat(engine.totals.droppedBytes(DropReason.CLOSED)).isEqualTo(8 + 8 + 5);
  }

  @Test
  void costThatIsNotTold_isThatOfTheTextAndKeepsItsPlace() {
    cost =
        bytes -> {
          if (bytes == 5) {
            throw new StackOverflowError("encodedBytes");
          }
          return bytes + 1L;
        };
    assertThat(shipper.submit("one")).isTrue();
    assertThat(shipper.submit("three\nfour")).isTrue();
    assertThat(shipper.submit("x".repeat(256 + 5))).isTrue();
    assertThat(shipper.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    assertThat(Tokenless.lines(arrived))
        .containsExactly(
            "one", "three", "four", "x".repeat(256) + " [logweir: continued]", "x".repeat(5));
  }

  @Test
  void linesOfOneCall_areWeighedEachForItself() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      lines.add(i + "x".repeat(i));
    }
    List<Integer> weighed = new CopyOnWriteArrayList<>();
    cost =
        bytes -> {
          weighed.add(bytes);
          return bytes + 1L;
        };
    assertThat(shipper.submit(String.join("\n", lines))).isTrue();
    assertThat(shipper.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    assertThat(arrived).isEqualTo(lines);
    assertThat(weighed).isEqualTo(lines.stream().map(String::length).toList());
  }

  @Test
  void longLinesOfSeveralThreads_stayWhole() throws Exception {
    List<Elsewhere<Integer>> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      String name = String.valueOf((char) ('a' + t));
      threads.add(
          Elsewhere.call(
              () -> {
                for (int i = 0; i < 20; i++) {
                  shipper.submit(name.repeat(600) + "\n" + name.repeat(20));
                  shipper.flush(Duration.ofSeconds(30));
                }
                return 1;
              }));
    }
    for (Elsewhere<Integer> thread : threads) {
      thread.get();
    }
    assertThat(shipper.finish(Duration.ofSeconds(30)).isComplete()).isTrue();
    List<String> all = Tokenless.lines(arrived);
    assertThat(all).hasSize(4 * 20 * 4);
    for (int i = 0; i < all.size(); i += 4) {
      String name = all.get(i).substring(0, 1);
      assertThat(all.subList(i, i + 4))
          .containsExactly(
              name.repeat(256) + " [logweir: continued]",
              name.repeat(256) + " [logweir: continued]",
              name.repeat(88),
              name.repeat(20));
    }
  }
}
