package dev.logweir.testkit;

import dev.logweir.LineReader;
import dev.logweir.LogBatch;
import dev.logweir.LogSource;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** What docs/writing-a-sender.md shows of a line's stream and time. */
final class LabelledLines {
  /** Returns lines such as {@code 2026-11-23T22:57:01.250Z stderr disk full}. */
  static List<String> of(List<String> lines) {
    List<String> labelled = new ArrayList<>();
    LineReader reader = LogBatch.of(lines).reader();
    while (reader.next()) {
      byte[] line = new byte[reader.length()];
      reader.read(line, 0, line.length);
      String time = reader.arrivalTime().map(Instant::toString).orElse("-");
      String stream =
          reader.source().map(s -> s == LogSource.STDERR ? "stderr" : "stdout").orElse("-");
      labelled.add(time + " " + stream + " " + new String(line, StandardCharsets.UTF_8));
    }
    return labelled;
  }
}
