package dev.logweir;

/**
 * The account of one stream, as the job wrote it: what was accepted, what of it was dropped before
 * any sink, and the gap that is still to be marked. Guarded by its store's lock.
 */
final class StreamLedger {
  private final Totals totals;
  private long acceptedLines;
  private long acceptedBytes;

  /** What was dropped here, by reason. */
  private final DropTallies dropped = new DropTallies();

  /** The part of it since lines were kept last. */
  private final GapTally gap = new GapTally();

  /** The place of that gap in the order of both streams: where it began. */
  private int gapTurn;

  /** Whether the last byte dropped is not a line end. */
  private boolean droppedMidLine;

  /** Whether the gap is only the rest of a line whose beginning was marked as dropped. */
  private boolean isRest;

  private DropReason lastReason = DropReason.BUFFER_FULL;

  private boolean reported;

  StreamLedger(Totals totals) {
    this.totals = totals;
  }

  /** From now on drops count in the meters only. */
  void markReported() {
    reported = true;
  }

  /** Counts what came after the end. */
  void closed(byte[] bytes, int from, int end) {
    if (reported) {
      totals.dropped(DropReason.CLOSED, Newlines.count(bytes, from, end), end - from);
    } else {
      accept(0, end - from);
      drop(bytes, from, end, DropReason.CLOSED);
    }
  }

  void accept(long lines, long bytes) {
    acceptedLines += lines;
    acceptedBytes += bytes;
  }

  /** Counts bytes that were accepted as dropped, and the lines that end in them. */
  void drop(byte[] bytes, int from, int end, DropReason reason) {
    if (from >= end) {
      return;
    }
    int lines = Newlines.count(bytes, from, end);
    acceptedLines += lines;
    totals.dropped(dropped.add(reason, lines, end - from), lines, end - from);
    if (reason != DropReason.CLOSED) {
      droppedMidLine = bytes[end - 1] != '\n';
      isRest &= lines == 0;
      lastReason = reason;
      gap.add(lines, end - from, reason.bit());
    }
  }

  /** Whether what is dropped next begins a gap. */
  boolean beginsGap() {
    return gap.isEmpty();
  }

  void beginGap(int turn) {
    gapTurn = turn;
  }

  int gapTurn() {
    return gapTurn;
  }

  /** Whether the line dropped last has not ended. */
  boolean isDroppedMidLine() {
    return droppedMidLine;
  }

  /** Ends and counts the line that was dropped last, of which no more comes. */
  void dropLineEnd() {
    acceptedLines++;
    totals.dropped(dropped.add(lastReason, 1, 0), 1, 0);
    gap.add(1, 0, lastReason.bit());
    droppedMidLine = false;
    isRest = false;
  }

  /** Returns for what reason lines were dropped last. */
  DropReason lastReason() {
    return lastReason;
  }

  /** Whether there is a gap to be marked, of lines that have ended. */
  boolean hasWholeGap() {
    return !gap.isEmpty() && !droppedMidLine;
  }

  /**
   * Whether there is a gap that no line written later may pass. If its last line has not ended, it
   * is marked without that line's end; then the rest of the line waits for its end.
   */
  boolean hasGap() {
    return !gap.isEmpty() && !isRest;
  }

  /** Moves the gap into the record in front of a segment. */
  void moveGapTo(Segment segment) {
    if (!gap.isEmpty()) { // else the drain has marked it
      RunMarks.setGap(segment, gap, gapTurn);
    }
    gap.clear();
  }

  void moveGapTo(GapTally target) {
    target.add(gap);
    gap.clear();
    isRest = droppedMidLine;
  }

  /** Takes back a gap that could not be marked, with its place. */
  void putGapBack(GapTally taken, int turn) {
    gap.add(taken);
    gapTurn = turn;
    isRest = false;
  }

  /** Returns the lines accepted and not dropped. */
  long keptLines() {
    return acceptedLines - dropped.lines();
  }

  /** Returns the bytes accepted and not dropped. */
  long keptBytes() {
    return acceptedBytes - dropped.bytes();
  }

  Tally accepted() {
    return new Tally(acceptedLines, acceptedBytes);
  }

  DropTallies dropped() {
    return dropped;
  }
}
