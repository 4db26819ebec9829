package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
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

  private LogStreamer.Builder job() {
    return LogStreamer.builder(arrived::addAll).whenFull(WhenFull.WAIT);
  }

  private void assertOrdered(LogStreamer.Builder job) throws Exception {
    Random random = new Random(7);
    try (LogStreamer log = job.start()) {
      log.stdout().waiting(); // sinks drop nothing
      for (int i = 0; i < LINES; i++) {
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
    List<String> expected = new ArrayList<>(LINES);
    for (int i = 0; i < LINES; i++) {
      expected.add("line " + i);
    }
    assertThat(arrived).isEqualTo(expected);
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
}
