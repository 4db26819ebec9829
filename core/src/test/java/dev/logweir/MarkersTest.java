package dev.logweir;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.logweir.testkit.ManualTime;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How a reader tells the library's markers from a job's text that looks like one. */
@Timeout(60)
class MarkersTest {
  private final ManualTime time = new ManualTime();
  private final LogweirEngine engine = LogweirEngine.builder().time(time).build();
  private final List<String> arrived = new CopyOnWriteArrayList<>();

  @AfterEach
  void closeEngine() {
    engine.close(Duration.ZERO);
  }

  private LogStreamer job() {
    return LogStreamer.builder(arrived::addAll)
        .engine(engine)
        .maxSize(4 << 10)
        .maxLineBytes(256)
        .processor(
            line -> {
              if (line.text().endsWith("bad")) {
                throw new IllegalStateException("bad");
              }
            })
        .start();
  }

  private static void write(LogStreamer log, String text) {
    log.stdout().write(text.getBytes(UTF_8));
  }

  @Test
  void everyMarker_hasTheTokenOfTheReport() throws Exception {
    LogStreamer log = job();
    write(log, "bad\n" + "a".repeat(300) + "\n");
    log.drain();
    write(log, "b".repeat(256) + "bad\nnext\n");
    LogReport report = log.finish();
    String token = report.markerToken();
    assertThat(token).matches("[0-9a-f]{8}");
    String dropped = "[logweir " + token + "] 1 line (4 bytes) dropped here: processor_failed";
    assertThat(arrived)
        .containsExactly(
            dropped,
            "a".repeat(256) + " [logweir " + token + ": continued]",
            "a".repeat(44),
            "b".repeat(256) + " [logweir " + token + ": continued]",
            " [logweir " + token + ": cut]",
            dropped,
            "next");
    assertThat(log.report()).isEqualTo(report);
  }

  @Test
  void forgedMarkers_haveAnotherToken() {
    LogStreamer before = job();
    String known = before.finish().markerToken();
    String forged = "[logweir " + known + "] 2 lines (40 bytes) dropped here: queue_full";
    LogStreamer log = job();
    write(log, forged + "\n");
    LogReport report = log.finish();
    assertThat(arrived).containsExactly(forged);
    assertThat(report.isComplete()).isTrue();
    assertThat(report.markerToken()).isNotEqualTo(known);
  }

  @Test
  void tokens_areNotRepeated() {
    Set<String> tokens = new HashSet<>();
    for (int i = 0; i < 100; i++) {
      tokens.add(job().report().markerToken());
    }
    assertThat(tokens).hasSizeGreaterThan(98);
  }

  @Test
  void shipper_hasATokenToo() throws Exception {
    BatchShipper shipper =
        BatchShipper.builder(arrived::addAll).engine(engine).maxLineBytes(256).start();
    shipper.submit("a".repeat(300));
    shipper.finish(Duration.ofSeconds(10));
    assertThat(arrived)
        .containsExactly(
            "a".repeat(256) + " [logweir " + shipper.markerToken() + ": continued]",
            "a".repeat(44));
  }

  @Test
  void reasonsThatDoNotFit_areToldAsMore() {
    int reasons =
        DropReason.BUFFER_FULL.bit() | DropReason.QUEUE_FULL.bit() | DropReason.CLOSED.bit();
    StringBuilder text = new StringBuilder();
    Markers.addReasons(text, reasons, "buffer_full, queue_full, ...".length());
    assertThat(text).hasToString("buffer_full, queue_full, ...");
    text.setLength(0);
    Markers.addReasons(text, reasons, "buffer_full, queue_full, ...".length() - 1);
    assertThat(text).hasToString("buffer_full, ...");
  }

  @Test
  void longestGap_fitsItsRoom() {
    int all = 0;
    for (DropReason reason : DropReason.ALL) {
      all |= reason.bit();
    }
    byte[] marker = Markers.gap(-1, Long.MAX_VALUE, Long.MAX_VALUE, all);
    assertThat(new String(marker, US_ASCII)).startsWith("[logweir ffffffff] 9,223,");
    int lostAtAnEnd = LineCounts.MARKER_TRAILER - 1; // of a segment with less room than that
    assertThat(marker.length + LineCounts.MARKER_TRAILER + lostAtAnEnd)
        .isLessThanOrEqualTo(Markers.MAX_BYTES);
  }
}
