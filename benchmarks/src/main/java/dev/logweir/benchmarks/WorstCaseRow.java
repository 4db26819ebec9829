package dev.logweir.benchmarks;

import java.util.ArrayList;
import java.util.List;

/**
 * One case of {@link WorstCaseMemoryBenchmark}.
 *
 * @param maxSize of the jobs, in bytes
 * @param line what they write, as in {@link MemoryText#of}
 * @param sender what their servers do
 * @param processors whether each has a masker of {@value MemoryText#SECRETS} secrets and a prefix
 * @param sinks how many sinks each job has, 1 or 2
 */
record WorstCaseRow(
    int maxSize, String line, MemorySender.Kind sender, boolean processors, int sinks) {
  private static final int[] SIZES = {64 << 10, 256 << 10, 1 << 20};
  private static final List<String> LINES =
      List.of("1", "10", "100", "65536", "endless", "multibyte", "random");

  /** Returns every combination. */
  static List<WorstCaseRow> all() {
    List<WorstCaseRow> rows = new ArrayList<>();
    for (int maxSize : SIZES) {
      for (String line : LINES) {
        for (MemorySender.Kind sender : MemorySender.Kind.values()) {
          for (boolean processors : new boolean[] {false, true}) {
            for (int sinks = 1; sinks <= 2; sinks++) {
              rows.add(new WorstCaseRow(maxSize, line, sender, processors, sinks));
            }
          }
        }
      }
    }
    return rows;
  }

  /**
   * Returns 24 of them: of each line the stalled sender with all combinations of the rest dealt
   * out, and every other sender once with each size.
   */
  static List<WorstCaseRow> few() {
    List<WorstCaseRow> rows = new ArrayList<>();
    int turn = 0;
    for (String line : LINES) {
      rows.add(few(turn, line, MemorySender.Kind.STALLED, false));
      rows.add(few(turn + 1, line, MemorySender.Kind.STALLED, true));
      turn++;
    }
    for (MemorySender.Kind sender :
        List.of(MemorySender.Kind.FAILING, MemorySender.Kind.SLOW, MemorySender.Kind.HEALTHY)) {
      for (int i = 0; i < SIZES.length; i++) {
        rows.add(few(turn, LINES.get(turn % LINES.size()), sender, turn % 2 == 0));
        turn++;
      }
    }
    rows.add(new WorstCaseRow(SIZES[1], "1", MemorySender.Kind.HEALTHY, true, 2));
    return rows;
  }

  private static WorstCaseRow few(
      int turn, String line, MemorySender.Kind sender, boolean processors) {
    return new WorstCaseRow(SIZES[turn % SIZES.length], line, sender, processors, 1 + turn / 2 % 2);
  }

  @Override
  public String toString() {
    return "maxSize=%d line=%s sender=%s processors=%s sinks=%d"
        .formatted(maxSize, line, sender, processors, sinks);
  }
}
