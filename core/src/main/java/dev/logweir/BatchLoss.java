package dev.logweir;

/**
 * What was lost of a batch, and what its lost markers were to tell. Made before there is one, as
 * counting must not want for memory.
 */
final class BatchLoss {
  long lines;
  long bytes;

  /** Bytes of lines that stand for nothing of the job. */
  long added;

  /** What the markers that are lost were to tell of. */
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

  /** Hands what was lost, and what was to be told, on to where the next batch tells it. */
  void handOn(DropReason reason, GapTally target) {
    target.add(gaps);
    if ((lines | bytes) != 0 || added > 0) {
      target.add(lines, bytes, reason.bit());
    }
  }
}
