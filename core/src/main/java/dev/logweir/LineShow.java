package dev.logweir;

import dev.logweir.Markers.Mark;
import org.jspecify.annotations.Nullable;

/**
 * Shows the lines of one stream to its processors, or without any to the sinks: whole or in
 * fragments, each with its number. There is one view of all lines, lent for a call. Used by one
 * thread at a time.
 */
final class LineShow {
  /** Room for a mark, the line end and its count, and what does not fit at a segment's end. */
  static final int EXTRA_BYTES = Mark.CONTINUED.length() + 2 * LineCounts.MAX_TRAILER;

  private static final int GROWTH = 3;

  private final DrainContext drain;
  private final LogSource source;
  private final @Nullable StageChain chain;
  private final LineFanOut target;
  private final int maxLine;

  private @Nullable LogLine line;

  /** The number of the line of which fragments have gone out, 0 if none. */
  private long openLine;

  /** Whether the last piece was the kept beginning of a line. */
  private boolean cutLine;

  /**
   * @param chain null if there are no processors
   * @param maxLine from how many bytes on a line is shown in fragments
   */
  LineShow(
      DrainContext drain,
      LogSource source,
      @Nullable StageChain chain,
      LineFanOut target,
      int maxLine) {
    this.drain = drain;
    this.source = source;
    this.chain = chain;
    this.target = target;
    this.maxLine = maxLine;
  }

  /** Whether fragments of a line have gone out, and its last one has not. */
  boolean isMidLine() {
    return openLine != 0;
  }

  /** Whether the next line has nothing to do with what came before it. */
  boolean isBetweenLines() {
    return openLine == 0 && target.markerBytes() == 0 && (chain == null || chain.isBetweenLines());
  }

  /** Returns the room for what a line of a length usually becomes. */
  int usualBytes(int length) {
    int bytes = length + EXTRA_BYTES;
    if (chain != null) {
      int growth = Math.min(GROWTH * length, drain.job.settings.maxSize / 8);
      bytes = Math.min(bytes + growth, maxLine + EXTRA_BYTES) + Scratch.PREFIX_BYTES;
    }
    return bytes;
  }

  // ---- a line that is shown ----

  /**
   * Returns the view of the next line or fragment, with its place; its content is to be set.
   *
   * @param last whether it ends the line
   * @param cut whether the rest of the line was dropped
   */
  LogLine next(boolean last, boolean cut, long millis) {
    LogLine shown = line;
    if (shown == null) {
      shown = new LogLine(source);
      line = shown;
    }
    boolean first = openLine == 0;
    long number = first ? drain.nextNumber() : openLine;
    openLine = last ? 0 : number;
    cutLine = cut;
    shown.setPosition(number, millis);
    shown.setPart(first, last, cut);
    return shown;
  }

  /** Sends it through the processors to the sinks. */
  void deliver(LogLine shown) {
    if (chain == null) {
      target.accept(shown);
    } else {
      chain.accept(shown);
    }
    drain.takeInterrupt();
  }

  /** The view keeps nothing alive of the bytes that it has shown. */
  void endPass() {
    if (line != null) {
      line.setContent(Segment.NO_BYTES, 0, 0);
    }
  }

  // ---- lines that are not shown, and have their numbers ----

  /** Whole lines went past the processors. */
  void passWhole(int lines) {
    drain.skipNumbers(lines);
    cutLine = false;
  }

  /** Lines were dropped: one that was cut has its number, and is one of them. */
  void passDropped(long lines) {
    drain.skipNumbers(cutLine && lines > 0 ? lines - 1 : lines);
    cutLine &= lines == 0;
  }
}
