package dev.logweir;

import java.util.concurrent.atomic.LongAdder;

/**
 * What all jobs together have shipped and lost; read by the meters, so that no job ever calls a
 * meter.
 */
final class Totals {
  private final LongAdder[] droppedLines = adders(DropReason.ALL.length);
  private final LongAdder[] droppedBytes = adders(DropReason.ALL.length);
  final LongAdder shippedLines = new LongAdder();
  final LongAdder shippedBytes = new LongAdder();
  final LongAdder filteredBytes = new LongAdder();
  final LongAdder sentBytes = new LongAdder();
  final LongAdder batches = new LongAdder();

  void dropped(DropReason reason, long lines, long bytes) {
    droppedLines[reason.ordinal()].add(lines);
    droppedBytes[reason.ordinal()].add(bytes);
  }

  long droppedLines(DropReason reason) {
    return droppedLines[reason.ordinal()].sum();
  }

  long droppedBytes(DropReason reason) {
    return droppedBytes[reason.ordinal()].sum();
  }

  private static LongAdder[] adders(int count) {
    LongAdder[] adders = new LongAdder[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new LongAdder();
    }
    return adders;
  }
}
