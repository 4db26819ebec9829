package dev.logweir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SpeedReportTest {
  @Test
  void aims_areMetOrNot() {
    List<SpeedRow> rows =
        List.of(
            row("floorCount", 10, 10),
            row("LOGWEIR", 30, 31),
            row("PIPE", 90, 62),
            row("LOGBACK", 400, 309));

    List<String> aims = SpeedAims.of(rows, List.of(), List.of());

    assertThat(aims)
        .containsExactly(
            "| writer's time at most 3 × the floor | 3.00× (≤ 3.00) | met |",
            "| CPU of all threads at most 3 × the floor | 3.10× (≤ 3.00) | **not met** |",
            "| 0 B a line in steady state | 0.17 B (≤ 0.50) | met |",
            "| CPU at least 10 × less than Logback AsyncAppender | 9.97× (≥ 10.0) | **not met** |",
            "| CPU at least 2 × less than BufferedReader.lines over a pipe | 2.00× (≥ 2.00) | met |");
  }

  @Test
  void latency_isHeldAgainstLogback() {
    List<ForkedRun> runs =
        List.of(
            new ForkedRun("latency", Peer.LOGWEIR, Map.of("calm p50 ms", 0.2, "calm p99 ms", 2.5)),
            new ForkedRun("latency", Peer.LOGBACK, Map.of("calm p50 ms", 0.2, "calm p99 ms", 2.6)));

    assertThat(SpeedAims.of(List.of(), List.of(), runs))
        .containsExactly(
            "| write to send, calm, p50 at most Logback's | 0.20 ms (≤ 0.20) | met |",
            "| write to send, calm, p99 at most Logback's | 2.50 ms (≤ 2.60) | met |",
            "| write to send, calm, p99 under 2 ms | 2.50 ms (≤ 2.00) | **not met** |");
  }

  @Test
  void writes_areHeldAgainstCopies() {
    List<OtherRow> others =
        List.of(
            other("WriteBenchmark.copyAndCount", "line=100", 100),
            other("WriteBenchmark.toBuffer", "line=10", 100),
            other("WriteBenchmark.toBuffer", "line=100", 140),
            other("LifeCycleBenchmark.silent", "", 12));

    assertThat(SpeedAims.of(List.of(), others, List.of()))
        .containsExactly(
            "| a write of 4 KiB to a buffer at most 1.3 × copy and scan | 1.40× (≤ 1.30) | **not met** |",
            "| a job without output under 20 µs | 12.0 µs (≤ 20.0) | met |");
  }

  @Test
  void failedRun_showsAsMissing() throws Exception {
    SpeedReport report =
        new SpeedReport(List.of(), List.of(new ForkedRun("latency", Peer.PIPE, Map.of())), true);

    assertThat(report.markdown()).contains("| " + Peer.PIPE.title + " | – | – |");
    assertThat(report.json()).contains("\"peer\" : \"PIPE\"");
  }

  private static SpeedRow row(String name, double time, double cpu) {
    return new SpeedRow(name, "100", "4096", time, 1, cpu, 1, 0.17);
  }

  private static OtherRow other(String name, String parameters, double score) {
    return new OtherRow(name, parameters, score, 1, "ns/op", 0, 0);
  }
}
