package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The order of both streams while a thread drains and another sends, beside the one that writes.
 */
@Timeout(60)
class OrderThreadsTest {
  private static final int LINES = 60_000;

  /** Fewer wait than there may be marks for, at any time. */
  private static final int WAITING = 1_000;

  private final List<String> arrived = Collections.synchronizedList(new ArrayList<>());

  /** What may be written beside what has not arrived. */
  private final Semaphore window = new Semaphore(WAITING);

  private LogStreamer.Builder job() {
    return LogStreamer.builder(this::take).whenFull(WhenFull.WAIT).maxInterval(Duration.ZERO);
  }

  private void take(List<String> lines) {
    arrived.addAll(lines);
    window.release(lines.size());
  }

  private void assertOrdered(LogStreamer.Builder job) throws Exception {
    Random random = new Random(7);
    try (LogStreamer log = job.start()) {
      log.stdout().waiting(); // sinks drop nothing
      for (int i = 0; i < LINES; i++) {
        window.acquire();
        SafeBuffer stream = random.nextBoolean() ? log.stdout() : log.stderr();
        byte[] line = ("line " + i + "\n").getBytes(UTF_8);
        int cut = random.nextInt(line.length);
        stream.write(line, 0, cut);
        stream.write(line, cut, line.length - cut);
        if (i % WAITING == 0) {
          log.drain();
        }
      }
      assertThat(log.finish().isComplete()).isTrue();
    }
    assertArrivedInOrder();
  }

  private void assertArrivedInOrder() {
    for (int i = 0; i < arrived.size(); i++) {
      List<String> around =
          arrived.subList(Math.max(0, i - 2), Math.min(arrived.size(), i + 3)); // not all lines
      assertThat(arrived.get(i)).as("in %s", around).isEqualTo("line " + i);
    }
    assertThat(arrived).hasSize(LINES);
  }

  @Test
  void linesPastTheBuffer_keepTheOrder() throws Exception {
    assertOrdered(job());
  }

  @Test
  void linesThroughAMasker_keepTheOrder() throws Exception {
    assertOrdered(job().processor(SecretMasker.of(List.of("line 77"))).processor(this::unmask));
  }

  /** So that they can be compared. */
  private void unmask(LogLine line) {
    if (line.text().startsWith("*")) {
      line.replace("line 77" + line.text().substring("**********".length()));
    }
  }

  @Test
  void linesToTwoSinks_keepTheOrder() throws Exception {
    assertOrdered(job().sink(lines -> {}));
  }

  /**
   * Two threads, each with its stream: what a line says is taken in one lock with the write that
   * ends it, and so the order is known. The line may have begun before, beside the other thread.
   */
  private void assertOrderedOfTwoThreads(LogStreamer.Builder job) throws Exception {
    int[] number = {0};
    ReentrantLock order = new ReentrantLock();
    try (LogStreamer log = job.start()) {
      log.stdout().waiting(); // sinks drop nothing
      List<Elsewhere<Boolean>> writers = new ArrayList<>();
      for (SafeBuffer stream : List.of(log.stdout(), log.stderr())) {
        Random random = new Random(7 + writers.size());
        writers.add(
            Elsewhere.call(
                () -> {
                  for (int i = 0; i < LINES / 2; i++) {
                    window.acquire();
                    if (random.nextBoolean()) {
                      stream.write("li".getBytes(UTF_8));
                      writeEnd(stream, "ne ", order, number);
                    } else {
                      writeEnd(stream, "line ", order, number);
                    }
                    if (i % WAITING == 0) {
                      log.drain();
                    }
                  }
                  return true;
                }));
      }
      for (Elsewhere<Boolean> writer : writers) {
        assertThat(writer.get()).isTrue();
      }
      assertThat(log.finish().isComplete()).isTrue();
    }
    assertArrivedInOrder();
  }

  private static void writeEnd(SafeBuffer stream, String text, ReentrantLock order, int[] number) {
    order.lock();
    try {
      stream.write((text + number[0] + "\n").getBytes(UTF_8));
      number[0]++;
    } finally {
      order.unlock();
    }
  }

  @Test
  void linesOfTwoThreadsPastTheBuffer_keepTheOrder() throws Exception {
    assertOrderedOfTwoThreads(job());
  }

  @Test
  void linesOfTwoThreadsThroughAMasker_keepTheOrder() throws Exception {
    assertOrderedOfTwoThreads(job().processor(SecretMasker.of(List.of("never there"))));
  }

  @Test
  void linesOfTwoThreadsToTwoSinks_keepTheOrder() throws Exception {
    assertOrderedOfTwoThreads(job().sink(lines -> {}));
  }
}
