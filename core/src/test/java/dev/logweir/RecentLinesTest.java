package dev.logweir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecentLinesTest {
  private final LogweirEngine engine = LogweirEngine.builder().build();

  @AfterEach
  void closeEngine() {
    engine.close();
  }

  private LogStreamer.Builder job() {
    return LogStreamer.builder(lines -> {}).engine(engine);
  }

  private static void write(LogStreamer log, String text) throws InterruptedException {
    log.stdout().write(text.getBytes(UTF_8));
    log.drain();
  }

  private static List<String> lines(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(i -> "line " + i).toList();
  }

  @Test
  void lastTwentyLines_areKeptAsShipped() throws Exception {
    LogStreamer log = job().processor(line -> line.replace(line.text().trim())).start();
    for (int i = 1; i <= 5; i++) {
      write(log, "  line " + i + "  \n");
    }
    assertThat(log.recentLines()).isEqualTo(lines(1, 5));
    for (int i = 6; i <= 100; i++) {
      write(log, " line " + i + "\n");
    }
    assertThat(log.recentLines()).isEqualTo(lines(81, 100));
    log.finish();
    assertThat(log.recentLines()).isEqualTo(lines(81, 100));
  }

  @Test
  void linesOfManyBatches_areJoined() throws Exception {
    LogStreamer log = job().maxInterval(java.time.Duration.ZERO).start();
    for (int i = 1; i <= 50; i++) {
      write(log, "line " + i + "\n");
    }
    log.finish();
    assertThat(log.recentLines()).isEqualTo(lines(31, 50));
  }

  @Test
  void bytes_areBounded() throws Exception {
    LogStreamer log = job().recentLineBytes(1_000).start();
    for (int i = 0; i < 50; i++) {
      write(log, "x".repeat(190) + "\n");
    }
    log.finish();
    List<String> kept = log.recentLines();
    assertThat(kept).hasSizeBetween(4, 5).allMatch(line -> line.equals("x".repeat(190)));
  }

  @Test
  void longLine_isNotPassedOver() throws Exception {
    LogStreamer log = job().recentLineBytes(1_000).start();
    write(log, "before\n" + "y".repeat(20_000) + "\n");
    log.finish();
    List<String> kept = log.recentLines();
    assertThat(kept.isEmpty() || kept.get(kept.size() - 1).startsWith("y")).isTrue();
  }

  @Test
  void none_areKeptWithoutRoom() throws Exception {
    for (int bytes : new int[] {0, 1, 24, 25, 26}) {
      LogStreamer log = job().recentLineBytes(bytes).start();
      write(log, "line 1\nline 2\n");
      log.finish();
      assertThat(log.recentLines()).hasSizeLessThanOrEqualTo(1);
    }
  }
}
