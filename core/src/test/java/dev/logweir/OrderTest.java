package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OrderTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private final LogweirEngine engine = LogweirEngine.builder().build();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  @Test
  void lineThatIsEndedWhereNoMarkFits_keepsItsPlace() {
    // Of some of these lengths the segment is full to the byte.
    for (int length = 880; length < 940; length++) {
      List<String> arrived = new CopyOnWriteArrayList<>();
      LogStreamer log =
          LogStreamer.builder(arrived::addAll)
              .engine(engine)
              .maxSize(4 << 10)
              .processor(line -> {})
              .start();
      String open = "y".repeat(length);
      write(log.stderr(), "a\n");
      write(log.stdout(), "b\n");
      write(log.stderr(), "c\n" + open);
      write(log.stdout(), "d\n");
      log.stderr().endLine();
      write(log.stdout(), "e\n");
      LogReport report = log.finish(TIMEOUT);

      assertThat(report.isComplete()).isTrue();
      assertThat(arrived).as("%s bytes", length).containsExactly("a", "b", "c", "d", open, "e");
      assertThat(report.sink().accepted()).isEqualTo(Tally.of(6, 10 + length));
    }
  }

  private static void write(SafeBuffer stream, String text) {
    stream.write(text.getBytes(UTF_8));
  }
}
