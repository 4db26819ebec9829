package dev.logweir;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * A marker in jobs whose lines are dropped, masked, cut into fragments, and written in any pieces.
 */
class ExitMarkerProperties {
  private static final String SECRET = "hunter2-hunter2";

  private final ExitMarker marker = ExitMarker.random();

  private static final class Collected implements BatchSender {
    private final List<String> lines = new ArrayList<>();
    private final boolean fails;

    Collected(boolean fails) {
      this.fails = fails;
    }

    @Override
    public synchronized void send(List<String> batch) throws SendException {
      if (fails && lines.size() % 2 == 1) {
        lines.add("");
        throw SendException.failed("no", null);
      }
      lines.addAll(List.copyOf(batch));
    }

    synchronized List<String> lines() {
      return List.copyOf(lines);
    }
  }

  @Property
  void aMarker_isSeenAndNeverInTheLog(
      @ForAll @Size(max = 30) List<@IntRange(min = 0, max = 6_000) Integer> lengths,
      @ForAll @Size(min = 1, max = 10) List<@IntRange(min = 1, max = 700) Integer> cuts,
      @ForAll @IntRange(max = 255) int code,
      @ForAll boolean fails,
      @ForAll boolean waits,
      @ForAll boolean masked)
      throws Exception {
    String mark = new String(marker.begin(), StandardCharsets.US_ASCII) + code + "\n";
    StringBuilder text = new StringBuilder();
    for (int length : lengths) {
      text.append("\u001e".repeat(length % 3)).append("x".repeat(length)).append(SECRET);
      text.append(length % 2 == 0 ? "\n" : "");
    }
    byte[] bytes = (text + mark).getBytes(StandardCharsets.US_ASCII);
    Collected sent = new Collected(fails);
    LogStreamer.Builder builder =
        LogStreamer.builder(sent)
            .maxSize(4 << 10)
            .maxLineBytes(256)
            .exitMarker(marker)
            .whenFull(waits ? WhenFull.WAIT : WhenFull.DROP);
    if (masked) {
      builder.processor(SecretMasker.of(List.of(SECRET, mark.substring(1, 33))));
    }
    try (LogStreamer log = builder.start()) {
      for (int from = 0, piece = 0; from < bytes.length; piece++) {
        int length = Math.min(bytes.length - from, cuts.get(piece % cuts.size()));
        OutputStream stdout = waits ? log.stdout().waiting() : log.stdout();
        OutputStream stderr = waits ? log.stderr().waiting() : log.stderr();
        stdout.write(bytes, from, length);
        stderr.write(bytes, 0, Math.min(length, text.length()));
        from += length;
      }
      assertThat(log.end()).isEqualTo(LogEnd.exited(code));
      LogReport report = log.finish();

      assertThat(report.end()).isEqualTo(LogEnd.exited(code));
      SinkReport sink = report.sink();
      assertThat(sink.filtered()).isEqualTo(new Tally(1, mark.length()));
      assertThat(sink.shipped().bytes() + sink.droppedTotal().bytes() + sink.filtered().bytes())
          .isEqualTo(sink.accepted().bytes());
      assertThat(sink.shipped().lines() + sink.droppedTotal().lines() + sink.filtered().lines())
          .isEqualTo(sink.accepted().lines());
      assertThat(String.join("\n", sent.lines())).doesNotContain(mark.substring(1, 33));
      if (waits && !fails) {
        assertThat(report.isComplete()).as(report.toString()).isTrue();
      }
    }
  }
}
