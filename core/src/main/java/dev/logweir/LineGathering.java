package dev.logweir;

/**
 * Shows whole lines of a segment one after the other, with room for all of them made at once, and
 * adds unchanged ones together. A line that is changed, removed or fails ends that. Used by one
 * thread at a time.
 *
 * <p>Lines that were shown and not added yet are lost if the next call never returns. So only
 * processors that were quick for a while get several lines before they are added.
 */
final class LineGathering {
  /** The most lines that are shown before they are added, and of how many quick ones in a row. */
  private static final int MOST_AT_ONCE = 64;

  private static final int QUICK_SHARE = 16;

  /** For so many lines a processor that changes each is not asked whether it goes on to. */
  private static final byte LINES_ALONE = 16;

  private static final long QUICK_NANOS = 1_000_000L;

  /** Of the count behind a line of a segment, and a little more. */
  private static final int COUNT_BYTES = 4;

  private final DrainContext drain;
  private final LineShow show;
  private final LineFanOut target;

  /** How many lines were shown in no time worth mentioning, up to a bound. */
  private short quickLines;

  /** How many lines are taken by themselves, as the last ones were changed. */
  private byte linesAlone;

  LineGathering(DrainContext drain, LineShow show, LineFanOut target) {
    this.drain = drain;
    this.show = show;
    this.target = target;
  }

  /**
   * Takes lines of the run that comes next.
   *
   * @param run to gather them in
   * @param view to show them to listeners
   * @return whether it did; if not, the next line must be taken by itself
   */
  boolean take(StreamCursor cursor, LineRun run, LogLine view) {
    if (linesAlone > 0) {
      linesAlone--;
      return false;
    }
    if (!show.isBetweenLines()) {
      return false;
    }
    byte[] bytes = cursor.segment().bytes;
    int from = cursor.segment().start;
    int end = cursor.runEnd();
    int most = Math.max(1, quickLines / QUICK_SHARE);
    int lineEnd = Newlines.first(bytes, from, end);
    int first = show.usualBytes(lineEnd - from);
    // A change between lines with counts and without leaves the rest of a segment unused.
    int spare = 2 * target.capacity();
    int room = target.reserveLines(first, first + end - from + most * COUNT_BYTES + spare);
    if (room == 0) {
      return false;
    }
    int left = room - spare;
    long begun = drain.job.engine.time.nanoTime();
    int line = from;
    int count = 0;
    boolean all = false;
    target.gather(run, bytes, view);
    try {
      boolean goesOn = true;
      while (goesOn) {
        int length = lineEnd - line;
        LogLine shown = show.next(true, false, cursor.millis());
        shown.setContent(bytes, line, length);
        shown.setTally(length + 1L, 1);
        show.deliver(shown);
        line = lineEnd + 1;
        count++;
        left -= length + 1 + COUNT_BYTES;
        boolean changed = !target.isGathering();
        linesAlone = changed && count <= 2 ? LINES_ALONE : 0;
        goesOn = !changed && count < most && line < end && !drain.isGivenUp();
        if (goesOn) {
          lineEnd = Newlines.first(bytes, line, end);
          goesOn = show.usualBytes(lineEnd - line) <= left;
        }
      }
      target.addGathered();
      all = true;
    } finally {
      // Where memory ended, those that were not added are shown again.
      boolean some = all || !target.isGathering();
      target.stopGathering();
      run.clear();
      if (some) {
        cursor.takeLines(line, count);
      }
    }
    boolean quick = drain.job.engine.time.nanoTime() - begun < QUICK_NANOS;
    quickLines = (short) (quick ? Math.min(quickLines + count, MOST_AT_ONCE * QUICK_SHARE) : 0);
    return true;
  }
}
