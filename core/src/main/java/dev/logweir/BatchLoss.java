package dev.logweir;

/**
 * What was lost of a batch, and what its lost markers were to report. Made before there is a loss,
 * as counting must not need memory.
 */
final class BatchLoss {
  long lines;
  long bytes;

  /** Bytes of lines that stand for nothing of the job. */
  long added;

  /** What the lost markers were to report. */
  final GapTally gaps = new GapTally();

  void set(long lostLines, long lostBytes, long lostAdded) {
    lines = lostLines;
    bytes = lostBytes;
    added = lostAdded;
  }

  void add(long moreLines, long moreBytes, long moreAdded) {
    lines += moreLines;
    bytes += moreBytes;
    added += moreAdded;
  }

  /** Hands what was lost, and what was to be reported, on to the next batch's marker. */
  void handOn(DropReason reason, GapTally target) {
    target.add(gaps);
    if ((lines | bytes) != 0 || added > 0) {
      target.add(lines, bytes, reason.bit());
    }
  }
}
