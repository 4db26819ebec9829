package dev.logweir;

import org.jspecify.annotations.Nullable;

/**
 * The way of a write's whole lines past the buffer, straight into the open batch: for a job with
 * one sink, and nobody who looks at lines or weighs them. One per stream.
 */
final class DirectPath {
  /*
   *   1. begin moves the drain's loop from IDLE to DIRECT, under the buffer's lock. If that fails,
   *      somebody drains or will, and the lines must queue behind what that thread takes: the write
   *      goes through the buffer.
   *   2. take copies lines into the open batch, under the buffer's lock and then the sink's, as long
   *      as the buffer holds nothing but the beginning of the first of them, which goes in front.
   *   3. What the sink has no room for, and the beginning of a line at the end, goes into the buffer.
   *   4. end, after the lock, starts the send that is due, and gives the loop back. It asks for a
   *      pass if the buffer has more than the beginning of a line, or if the send is to go to an
   *      executor of the user, whose code no write runs.
   *
   * Between begin and end the write owns what a pass owns: the StreamDrain's place, and the run,
   * which both streams share. Nobody else drains, so that the order in the batch is that of the
   * writes. A request meanwhile is not lost: end finds it, and hands the drain over.
   */

  private final DrainLoop loop;
  private final StreamDrain drain;
  private final Sink sink;
  private final LineRun run;
  private final int maxLine;

  /** Whether sends go to an executor of the user. */
  private final boolean foreignSends;

  /**
   * @param run lent to the write that owns the loop
   * @param foreignSends whether sends go to an executor of the user
   */
  DirectPath(DrainLoop loop, StreamDrain drain, Sink sink, LineRun run, boolean foreignSends) {
    this.loop = loop;
    this.drain = drain;
    this.sink = sink;
    this.run = run;
    this.foreignSends = foreignSends;
    maxLine = drain.maxLine();
  }

  /** Takes the place of the drain; false if one is asked for or under way. */
  boolean begin() {
    return loop.beginDirect();
  }

  /**
   * Gives whole lines to the sink, as long as nothing waits before them but the beginning of the
   * first, and the sink has room; takes note of them in the ledger. Under the buffer's lock.
   *
   * @return where those end that it took
   */
  int take(SegmentChain begun, StreamLedger ledger, byte[] bytes, int offset, int end) {
    int from = offset;
    boolean goesOn = begun.holdsNoLine();
    while (goesOn && from < end) {
      int cut = Newlines.last(bytes, from, Math.min(end, from + maxLine)) + 1;
      int taken = cut > from ? takeRun(begun.tail(), bytes, from, cut) : 0;
      goesOn = taken > 0;
      if (goesOn) {
        ledger.accept(run.lines, taken);
        from += taken;
        Segment used = begun.tail();
        if (used != null) {
          used.clear();
        }
      }
    }
    run.clear(); // keeps no array of the writer alive
    return from;
  }

  private int takeRun(@Nullable Segment begun, byte[] bytes, int from, int cut) {
    int before = begun == null ? 0 : begun.end - begun.start;
    int firstEnd = Newlines.first(bytes, from, cut) + 1;
    if (!drain.isBetweenLines() || before + firstEnd - from > maxLine) {
      return 0;
    }
    run.begin(bytes, from, firstEnd, cut);
    run.lines = firstEnd == cut ? 1 : Newlines.count(bytes, firstEnd, cut) + 1;
    if (!sink.addDirect(begun, run)) {
      return 0;
    }
    int taken = run.end - from;
    drain.tookDirect(before + taken);
    return taken;
  }

  /**
   * Gives the place of the drain back; without the buffer's lock.
   *
   * @param ask whether there is something left to drain
   */
  void end(boolean ask) {
    boolean due = sink.hasClaim();
    try {
      if (due && !foreignSends) {
        sink.startIfClaimed();
      }
    } finally {
      loop.endDirect(ask || (due && foreignSends));
    }
  }
}
