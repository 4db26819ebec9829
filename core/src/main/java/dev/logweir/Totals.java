package dev.logweir;

/**
 * What all jobs together have shipped and dropped; read by the meters, so that no job ever calls a
 * meter.
 */
final class Totals {
  private final Sum[] droppedLines = adders(DropReason.ALL.length);
  private final Sum[] droppedBytes = adders(DropReason.ALL.length);
  final Sum shippedLines = new Sum();
  final Sum shippedBytes = new Sum();
  final Sum filteredBytes = new Sum();
  final Sum sentBytes = new Sum();
  final Sum batches = new Sum();

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

  private static Sum[] adders(int count) {
    Sum[] adders = new Sum[count];
    for (int i = 0; i < count; i++) {
      adders[i] = new Sum();
    }
    return adders;
  }
}
